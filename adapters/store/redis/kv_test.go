package kerniaredis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestKV(t *testing.T) {
	kvtest.Run(t, func(t *testing.T, name string, clock ports.Clock) ports.KV {
		c := client(t) // a connection pool of its own: two values are two programs
		sweep(t, c, prefix(name))
		return kerniaredis.New(c, kerniaredis.Options{Prefix: prefix(name), Clock: clock})
	})
}

func TestServer(t *testing.T) {
	ctx := t.Context()
	clock := memory.NewClock(time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC))
	at := func(d time.Duration) time.Time { return clock.Now().Add(d) }

	t.Run("ForgetsAMinuteAfterExpiry", func(t *testing.T) {
		kv, c, p := open(t, clock)
		put(t, kv, "entry", "value", at(time.Hour))
		if _, err := kv.Add(ctx, "count", ports.Limit{Bound: 1, Window: time.Hour}); err != nil {
			t.Error(err)
		}
		if ok, err := kv.Swap(ctx, "swapped", nil, ports.Entry{Value: "value", Expires: at(time.Hour)}); !ok || err != nil {
			t.Errorf("Swap = %t, %v, want true, nil", ok, err)
		}
		for _, key := range []string{"v:entry", "c:count", "v:swapped"} {
			if got, want := c.PTTL(ctx, p+key).Val(), time.Hour+time.Minute; got > want || got < want-20*time.Second {
				t.Errorf("PTTL(%s) = %v, want about %v", key, got, want)
			}
		}
		if ok, err := kv.Replace(ctx, "entry", ports.Entry{Value: "new", Expires: at(time.Minute)}); !ok || err != nil {
			t.Errorf("Replace = %t, %v, want true, nil", ok, err)
		}
		if got, want := c.PTTL(ctx, p+"v:entry").Val(), 2*time.Minute; got > want || got < want-20*time.Second {
			t.Errorf("PTTL after Replace = %v, want about %v", got, want)
		}
	})

	t.Run("KeepsPrefixesApart", func(t *testing.T) {
		one, c, p := open(t, clock)
		two := kerniaredis.New(c, kerniaredis.Options{Prefix: p + "two:", Clock: clock})
		put(t, one, "key", "value", at(time.Hour))
		if e, ok, err := two.Find(ctx, "key"); ok || err != nil {
			t.Errorf("Find under another prefix = %v, %t, %v, want nothing", e, ok, err)
		}
	})

	t.Run("SurvivesLostScripts", func(t *testing.T) {
		kv, c, _ := open(t, clock)
		put(t, kv, "key", "value", at(time.Hour))
		for n := range int64(3) {
			if err := c.ScriptFlush(ctx).Err(); err != nil {
				t.Fatal(err)
			}
			if got, err := kv.Add(ctx, "key", ports.Limit{Bound: 9, Window: time.Hour}); err != nil || got.Count != n+1 {
				t.Errorf("Add = %+v, %v, want count %d", got, err, n+1)
			}
		}
	})

	t.Run("TakesWhatIsForeignForAFailure", func(t *testing.T) {
		kv, c, p := open(t, clock)
		foreign := []error{
			c.Set(ctx, p+"v:text", "no expiry", time.Hour).Err(), c.LPush(ctx, p+"v:list", "x").Err(),
			c.Set(ctx, p+"c:text", "no count", time.Hour).Err(),
		}
		if err := errors.Join(foreign...); err != nil {
			t.Fatal(err)
		}
		_, ok, err := kv.Find(ctx, "text")
		unavailable(t, "Find", ok, err, "text", "no expiry")
		_, ok, err = kv.Find(ctx, "list")
		unavailable(t, "Find", ok, err, "list")
		tally, err := kv.Add(ctx, "text", ports.Limit{Bound: 1, Window: time.Hour})
		unavailable(t, "Add", tally.Allowed, err, "text", "no count")
		_, _, ok, err = kv.Follow(ctx, "text")
		unavailable(t, "Follow", ok, err, "text", "no expiry")
		for _, link := range []string{"text", "list"} {
			put(t, kv, "link", link+"\n", at(time.Hour))
			_, _, ok, err = kv.Follow(ctx, "link")
			unavailable(t, "Follow", ok, err, link, "no expiry")
		}
		ok, err = kv.Swap(ctx, "list", nil, ports.Entry{Value: "value", Expires: at(time.Hour)})
		unavailable(t, "Swap", ok, err, "list")
	})

	t.Run("IsTheSystemsClockByDefault", func(t *testing.T) {
		kv, _, _ := open(t, nil)
		put(t, kv, "past", "value", time.Now().Add(-time.Second))
		put(t, kv, "future", "value", time.Now().Add(time.Hour))
		if _, ok, err := kv.Find(ctx, "past"); ok || err != nil {
			t.Errorf("Find of the past = %t, %v, want false, nil", ok, err)
		}
		if _, ok, err := kv.Find(ctx, "future"); !ok || err != nil {
			t.Errorf("Find of the future = %t, %v, want true, nil", ok, err)
		}
	})
}

// TestCommands watches what is sent: a hook sees every command with its keys.
func TestCommands(t *testing.T) {
	ctx := t.Context()
	kv, c, p := open(t, nil)
	seen := &watcher{}
	c.AddHook(seen)
	until := time.Now().Add(time.Hour)
	for range 2 { // the first round also loads the scripts
		seen.commands = nil
		put(t, kv, "key", "value", until)
		_, _, _ = kv.Find(ctx, "key")
		_, _ = kv.Replace(ctx, "key", ports.Entry{Value: "value", Expires: until})
		_, _ = kv.Add(ctx, "key", ports.Limit{Bound: 1, Window: time.Hour})
		_, _ = kv.Swap(ctx, "key", nil, ports.Entry{Value: "key\n", Expires: until})
		_, _, _, _ = kv.Follow(ctx, "key")
		_, _, _ = kv.Take(ctx, "key")
		_ = kv.Delete(ctx, "key", "key2", "key3")
	}
	if got, want := len(seen.commands), 10; got != want {
		t.Errorf("%d commands for 8 calls, want %d: one each, and one a key to delete", got, want)
	}
	for _, command := range seen.commands {
		if got := strings.Count(command, p); got != 1 {
			t.Errorf("%q names %d keys, want 1", command, got)
		}
	}
}

type watcher struct{ commands []string }

func (w *watcher) DialHook(next redis.DialHook) redis.DialHook { return next }

func (w *watcher) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		w.commands = append(w.commands, fmt.Sprint(cmd.Args()...))
		return next(ctx, cmd)
	}
}

func (w *watcher) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			w.commands = append(w.commands, fmt.Sprint(cmd.Args()...))
		}
		return next(ctx, cmds)
	}
}

func TestOpen(t *testing.T) {
	t.Run("AnswersPing", func(t *testing.T) {
		kv, err := kerniaredis.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := kv.Ping(t.Context()); err != nil {
			t.Errorf("Ping = %v, want nil", err)
		}
		if err := kv.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
		if err := kv.Ping(t.Context()); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Ping after Close = %v, want ErrUnavailable", err)
		}
	})
	t.Run("LeavesTheApplicationsClientOpen", func(t *testing.T) {
		c := client(t)
		if err := kerniaredis.New(c).Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(t.Context()).Err(); err != nil {
			t.Errorf("Close closed the application's client: %v", err)
		}
	})
	t.Run("HidesTheURLThatItCannotRead", func(t *testing.T) {
		_, err := kerniaredis.Open(t.Context(), "redis://user:hunter2@[::1/0")
		if !errors.Is(err, ports.ErrInvalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open = %v, want ErrInvalid without the password", err)
		}
	})
	t.Run("FailsWhereNobodyListens", func(t *testing.T) {
		_, err := kerniaredis.Open(t.Context(), fmt.Sprintf("redis://127.0.0.1:%d/0", freePort()))
		if !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Open = %v, want ErrUnavailable", err)
		}
	})
}

func put(t testing.TB, kv ports.KV, key, value string, expires time.Time) {
	t.Helper()
	if err := kv.Put(t.Context(), key, ports.Entry{Value: value, Expires: expires}); err != nil {
		t.Fatalf("Put = %v, want nil", err)
	}
}

// unavailable checks that a call failed as a whole and that its error tells none of secrets.
func unavailable(t *testing.T, call string, ok bool, err error, secrets ...string) {
	t.Helper()
	if ok || !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("%s = %t, %v, want false, ErrUnavailable", call, ok, err)
		return
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%s = %v, which looks like the context's error and is not", call, err)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s = %v, which tells %q", call, err, secret)
		}
	}
}
