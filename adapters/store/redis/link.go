package kerniaredis

import (
	"context"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// Swap implements [ports.LinkedKV].
func (k *KV) Swap(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
	if err := checkEntry("swap", key, e); err != nil {
		return false, err
	}
	was := "" // no entry is kept as that
	if old != nil {
		was = encode(*old)
	}
	now, ttl := k.now(), k.ttl(e.Expires)
	n, err := do(ctx, "swap", func() (int, error) {
		return k.script.swap.Run(ctx, k.client, []string{k.entry(key)}, now, was, encode(e), ttl).Int()
	})
	return n == 1, err
}

// Follow implements [ports.LinkedKV]. It takes a second round trip if the server does not let a script read the key that
// it found: in a Cluster, unless both keys are on one server.
func (k *KV) Follow(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error) {
	if err := checkKeys("follow", key); err != nil {
		return e, linked, false, err
	}
	raw, err := do(ctx, "follow", func() ([]string, error) {
		return k.script.follow.Run(ctx, k.client, []string{k.entry(key)}, len(k.entry(""))).StringSlice()
	})
	if err != nil || len(raw) == 0 {
		return e, linked, false, err
	}
	if e, ok, err = k.decode("follow", raw[0], nil); err != nil || !ok {
		return e, linked, false, err
	}
	if len(raw) > 1 {
		linked, ok, err = k.decode("follow", raw[1], nil)
	} else if link, _, found := strings.Cut(e.Value, "\n"); found && ports.CheckKeys(link) == nil {
		linked, ok, err = k.Find(ctx, link)
	} else {
		ok = false
	}
	if err != nil || !ok {
		return ports.Entry{}, ports.Entry{}, false, err
	}
	return e, linked, true, nil
}
