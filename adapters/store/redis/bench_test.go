package kerniaredis_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kernia-go/kernia/ports"
)

// BenchmarkKV runs each call beside the bare client doing the same.
func BenchmarkKV(b *testing.B) {
	ctx := b.Context() // one that can be cancelled, as a request's
	kv, c, p := open(b, nil)
	value := strings.Repeat("x", 500)
	e := ports.Entry{Value: value, Expires: time.Now().Add(time.Hour)}
	put(b, kv, "key", value, e.Expires)
	put(b, kv, "link", "key\n"+value, e.Expires)
	for _, bench := range []struct {
		name string
		call func() error
	}{
		{"Find", func() error { _, _, err := kv.Find(ctx, "key"); return err }},
		{"Find/raw", func() error { return c.Get(ctx, p+"v:key").Err() }},
		{"Follow", func() error { _, _, _, err := kv.Follow(ctx, "link"); return err }},
		{"Follow/raw", func() error { // two round trips
			return errors.Join(c.Get(ctx, p+"v:link").Err(), c.Get(ctx, p+"v:key").Err())
		}},
		{"Put", func() error { return kv.Put(ctx, "key", e) }},
		{"Put/raw", func() error { return c.Set(ctx, p+"v:raw", value, time.Hour).Err() }},
		{"Add", func() error { _, err := kv.Add(ctx, "key", ports.Limit{Bound: 1 << 40, Window: time.Hour}); return err }},
		{"Add/raw", func() error { // two commands and not atomic: what one would write without a script
			if err := c.Incr(ctx, p+"c:raw").Err(); err != nil {
				return err
			}
			return c.PExpire(ctx, p+"c:raw", time.Hour).Err()
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSession reads an entry of the size of a session and its user: through the store; by hand, with
// what the contract asks of a read, to mind the expiry that an entry carries and to end when the context is cancelled;
// and by the bare client, which notices no cancellation while it waits. All must find the same.
func BenchmarkSession(b *testing.B) {
	ctx := b.Context() // one that can be cancelled, as a request's
	kv, c, p := open(b, nil)
	want := ports.Entry{Value: strings.Repeat("x", 900), Expires: time.UnixMilli(time.Now().Add(time.Hour).UnixMilli()).UTC()}
	put(b, kv, "session", want.Value, want.Expires)
	store := func() (ports.Entry, bool, error) { return kv.Find(ctx, "session") }
	bare := func() (ports.Entry, bool, error) {
		raw, err := c.Get(ctx, p+"v:session").Result()
		if errors.Is(err, redis.Nil) {
			return ports.Entry{}, false, nil
		}
		if err != nil {
			return ports.Entry{}, false, err
		}
		until, value, _ := strings.Cut(raw, ":")
		ms, err := strconv.ParseInt(until, 10, 64)
		e := ports.Entry{Value: value, Expires: time.UnixMilli(ms).UTC()}
		return e, err == nil && time.Now().Before(e.Expires), err
	}
	hand := func() (ports.Entry, bool, error) {
		type answer struct {
			e   ports.Entry
			ok  bool
			err error
		}
		answers := make(chan answer, 1)
		go func() {
			e, ok, err := bare()
			answers <- answer{e, ok, err}
		}()
		select {
		case a := <-answers:
			return a.e, a.ok, a.err
		case <-ctx.Done():
			return ports.Entry{}, false, ctx.Err()
		}
	}
	all := [3]func() (ports.Entry, bool, error){store, hand, bare}
	call := func(b *testing.B, who int) {
		if e, ok, err := all[who](); !ok || err != nil || e.Value != want.Value || !e.Expires.Equal(want.Expires) {
			b.Fatal(e, ok, err)
		}
	}
	for who, name := range [3]string{"store", "hand", "bare"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call(b, who)
			}
		})
	}
	b.Run("turns", func(b *testing.B) { // so that a busy machine burdens both alike
		var spent [2][]time.Duration
		for i := 0; b.Loop(); i++ {
			for j := range 2 {
				who := (i + j) % 2
				start := time.Now()
				call(b, who)
				spent[who] = append(spent[who], time.Since(start))
			}
		}
		slices.Sort(spent[0])
		slices.Sort(spent[1])
		mine, theirs := spent[0][len(spent[0])/2], spent[1][len(spent[1])/2]
		b.ReportMetric(float64(mine), "store-ns")
		b.ReportMetric(float64(theirs), "hand-ns")
		b.ReportMetric(float64(mine)/float64(theirs), "store/hand")
	})
}
