package kerniaredis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kernia-go/kernia/ports"
)

const (
	slack  = time.Minute // how much longer Redis keeps what has expired
	maxTTL = 1 << 50     // milliseconds, 35,000 years: Redis refuses more than fits its own clock
)

// A KV is a [ports.LinkedKV] in Redis. It is safe for concurrent use.
//
// A Take whose answer is lost is not sent again: it ends with [ports.ErrUnavailable], never with "not found".
// An Add whose answer is lost may be sent again by the client and then counts twice. Neither is ever undone.
type KV struct {
	client redis.UniversalClient
	owned  bool
	prefix string
	clock  ports.Clock
	script scripts
}

var _ ports.LinkedKV = (*KV)(nil)

// Options are the settings of a [KV]. The zero Options are recommended.
type Options struct {
	Prefix string      // begins every key; "": "kernia:"
	Clock  ports.Clock // judges what has expired; nil: the system's
}

// Open connects to the server that url names (redis://, rediss:// or unix://; see redis.ParseURL) and returns
// once it answered. It takes at most one Options. The caller closes the KV.
func Open(ctx context.Context, url string, o ...Options) (*KV, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("kerniaredis: open: %w: not a Redis URL", ports.ErrInvalid) // the cause may tell the password
	}
	options.ContextTimeoutEnabled = true
	kv := New(redis.NewClient(options), o...)
	kv.owned = true
	if err := kv.Ping(ctx); err != nil {
		_ = kv.Close()
		return nil, err
	}
	return kv, nil
}

// New returns a KV on the application's client. It takes at most one Options, and sends nothing. The client should
// have ContextTimeoutEnabled, so that a call that is given up also gives up its connection.
func New(client redis.UniversalClient, o ...Options) *KV {
	k := &KV{client: client, prefix: "kernia:", clock: ports.SystemClock{}, script: newScripts()}
	if len(o) > 0 && o[0].Prefix != "" {
		k.prefix = o[0].Prefix
	}
	if len(o) > 0 && o[0].Clock != nil {
		k.clock = o[0].Clock
	}
	return k
}

// Ping reports whether the server answers: nil, [ports.ErrUnavailable] or the context's error.
func (k *KV) Ping(ctx context.Context) error {
	_, err := do(ctx, "ping", func() (string, error) { return k.client.Ping(ctx).Result() })
	return err
}

// Close ends the KV, which must not be used afterwards. It closes the client that [Open] made, and leaves the one that
// [New] was given open.
func (k *KV) Close() error {
	if !k.owned {
		return nil
	}
	if err := k.client.Close(); err != nil {
		return fmt.Errorf("kerniaredis: close: %w", err)
	}
	return nil
}

// Find implements [ports.KV].
func (k *KV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	if err := checkKeys("find", key); err != nil {
		return ports.Entry{}, false, err
	}
	raw, err := do(ctx, "find", func() (string, error) { return k.client.Get(ctx, k.entry(key)).Result() })
	return k.decode("find", raw, err)
}

// Take implements [ports.KV].
func (k *KV) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	if err := checkKeys("take", key); err != nil {
		return ports.Entry{}, false, err
	}
	raw, err := do(ctx, "take", func() (string, error) {
		cmd := once{redis.NewStringCmd(ctx, "getdel", k.entry(key))}
		_ = k.client.Process(ctx, cmd) // the command carries the error
		return cmd.Result()
	})
	return k.decode("take", raw, err)
}

// once is a command that is sent at most once: sent again after its answer was lost, a Take would report as
// missing what it had removed.
type once struct{ *redis.StringCmd }

// NoRetry tells the client so.
func (once) NoRetry() bool { return true }

// Put implements [ports.KV].
func (k *KV) Put(ctx context.Context, key string, e ports.Entry) error {
	if err := checkEntry("put", key, e); err != nil {
		return err
	}
	ttl := k.ttl(e.Expires)
	_, err := do(ctx, "put", func() (struct{}, error) {
		if ttl == 0 {
			return struct{}{}, k.client.Del(ctx, k.entry(key)).Err()
		}
		return struct{}{}, k.client.Do(ctx, "set", k.entry(key), encode(e), "px", ttl).Err()
	})
	return err
}

// Replace implements [ports.KV].
func (k *KV) Replace(ctx context.Context, key string, e ports.Entry) (bool, error) {
	if err := checkEntry("replace", key, e); err != nil {
		return false, err
	}
	now, ttl := k.now(), k.ttl(e.Expires)
	n, err := do(ctx, "replace", func() (int, error) {
		return k.script.replace.Run(ctx, k.client, []string{k.entry(key)}, now, encode(e), ttl).Int()
	})
	return n == 1, err
}

// Delete implements [ports.KV]. Counts stay.
func (k *KV) Delete(ctx context.Context, keys ...string) error {
	if err := checkKeys("delete", keys...); err != nil {
		return err
	}
	const batch = 500
	for {
		some := keys[:min(len(keys), batch)]
		if _, err := do(ctx, "delete", func() (struct{}, error) { return struct{}{}, k.unlink(ctx, some) }); err != nil {
			return err
		}
		if keys = keys[len(some):]; len(keys) == 0 {
			return nil
		}
	}
}

// unlink sends one command a key: in a Cluster each may live on another server.
func (k *KV) unlink(ctx context.Context, keys []string) error {
	switch len(keys) {
	case 0:
		return nil
	case 1:
		return k.client.Unlink(ctx, k.entry(keys[0])).Err()
	}
	_, err := k.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, key := range keys {
			pipe.Unlink(ctx, k.entry(key))
		}
		return nil
	})
	return err
}

// Add implements [ports.KV].
func (k *KV) Add(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
	if err := checkKeys("add", key); err != nil {
		return ports.LimitResult{}, err
	}
	if l.Bound < 1 || l.Window < time.Millisecond {
		return ports.LimitResult{}, fmt.Errorf("kerniaredis: add: %w: a bound below 1 or a window below 1 ms", ports.ErrInvalid)
	}
	window := l.Window.Milliseconds()
	if l.Window%time.Millisecond > 0 {
		window++ // never too early
	}
	now := k.now()
	got, err := do(ctx, "add", func() ([]int64, error) {
		return k.script.add.Run(ctx, k.client, []string{k.count(key)}, now, l.Bound, window, slack.Milliseconds()).Int64Slice()
	})
	if err != nil {
		return ports.LimitResult{}, err
	}
	if len(got) != 3 {
		return ports.LimitResult{}, foreign("add")
	}
	return ports.LimitResult{Allowed: got[0] == 1, Count: got[1], Wait: time.Duration(got[2]-now) * time.Millisecond}, nil
}

// Reset implements [ports.KV].
func (k *KV) Reset(ctx context.Context, key string) error {
	if err := checkKeys("reset", key); err != nil {
		return err
	}
	_, err := do(ctx, "reset", func() (struct{}, error) { return struct{}{}, k.client.Unlink(ctx, k.count(key)).Err() })
	return err
}

func (k *KV) count(key string) string { return k.prefix + "c:" + key }

func (k *KV) entry(key string) string { return k.prefix + "v:" + key }

func (k *KV) now() int64 { return k.clock.Now().UnixMilli() }

// ttl returns for how many milliseconds Redis is to keep what expires then: 0 for what has expired.
func (k *KV) ttl(expires time.Time) int64 {
	ttl := expires.UnixMilli() - k.now()
	if ttl <= 0 {
		return 0
	}
	return min(ttl, maxTTL) + slack.Milliseconds()
}

// encode writes an entry as its expiry in milliseconds, a colon and the value.
func encode(e ports.Entry) string {
	return strconv.FormatInt(e.Expires.UnixMilli(), 10) + ":" + e.Value
}

// decode reads what encode wrote and hides what has expired.
func (k *KV) decode(verb, raw string, err error) (ports.Entry, bool, error) {
	if errors.Is(err, redis.Nil) {
		return ports.Entry{}, false, nil
	}
	if err != nil {
		return ports.Entry{}, false, err
	}
	until, value, ok := strings.Cut(raw, ":")
	ms, bad := strconv.ParseInt(until, 10, 64)
	if !ok || bad != nil {
		return ports.Entry{}, false, foreign(verb)
	}
	if ms <= k.now() {
		return ports.Entry{}, false, nil
	}
	return ports.Entry{Value: value, Expires: time.UnixMilli(ms).UTC()}, true, nil
}

func checkKeys(verb string, keys ...string) error {
	if err := ports.CheckKeys(keys...); err != nil {
		return fmt.Errorf("kerniaredis: %s: %w", verb, err)
	}
	return nil
}

func checkEntry(verb, key string, e ports.Entry) error {
	if err := checkKeys(verb, key); err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return fmt.Errorf("kerniaredis: %s: %w", verb, err)
	}
	return nil
}
