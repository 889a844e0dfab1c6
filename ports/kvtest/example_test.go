package kvtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// A KV of one's own is right when the kit passes: this is the whole test file.
func Example() {
	_ = func(t *testing.T) { // func TestKV(t *testing.T)
		servers := map[string]ports.KV{}
		kvtest.Run(t, func(_ *testing.T, name string, clock ports.Clock) ports.KV {
			if servers[name] == nil {
				servers[name] = memory.NewKV(memory.KVOptions{Clock: clock})
			}
			return servers[name]
		})
	}

	ctx, kv := context.Background(), memory.NewKV(memory.KVOptions{})
	_ = kv.Put(ctx, "state", ports.Entry{Value: "once", Expires: time.Now().Add(time.Minute)})
	for range 2 {
		e, ok, err := kv.Take(ctx, "state")
		fmt.Printf("%q %t %v\n", e.Value, ok, err)
	}
	// Output:
	// "once" true <nil>
	// "" false <nil>
}
