package kerniaredis_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// BenchmarkKV runs each call beside the bare client doing the same.
func BenchmarkKV(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background()) // as a request has one
	defer cancel()
	kv, c, p := open(b, nil)
	value := strings.Repeat("x", 500)
	e := ports.Entry{Value: value, Expires: time.Now().Add(time.Hour)}
	put(b, kv, "key", value, e.Expires)
	for _, bench := range []struct {
		name string
		call func() error
	}{
		{"Find", func() error { _, _, err := kv.Find(ctx, "key"); return err }},
		{"Find/raw", func() error { return c.Get(ctx, p+"v:key").Err() }},
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
