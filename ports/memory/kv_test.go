package memory_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestKV(t *testing.T) {
	servers := map[string]ports.KV{}
	kvtest.Run(t, func(_ *testing.T, name string, clock ports.Clock) ports.KV {
		if servers[name] == nil {
			servers[name] = memory.NewKV(memory.KVOptions{Clock: clock})
		}
		return servers[name]
	})
}

func TestKVBounds(t *testing.T) {
	ctx := t.Context()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	open := func(o memory.KVOptions) (*memory.KV, *memory.Clock) {
		clock := memory.NewClock(start)
		o.Clock = clock
		return memory.NewKV(o), clock
	}

	t.Run("HoldsAMillionKeysInBoundedMemory_B10", func(t *testing.T) {
		kv, clock := open(memory.KVOptions{Limit: 10_000})
		before := heap()
		for i := range 1_000_000 {
			key := fmt.Sprintf("key %d", i)
			if i%2 == 0 {
				put(t, kv, key, "value", clock.Now().Add(time.Hour))
			} else {
				add(t, kv, key, ports.Limit{Bound: 5, Window: time.Hour})
			}
		}
		if got, want := kv.Len(), 20_000; got != want {
			t.Errorf("Len = %d, want %d", got, want)
		}
		if got, want := heap()-before, int64(16<<20); got > want {
			t.Errorf("a million keys hold %d bytes, want at most %d", got, want)
		}
		runtime.KeepAlive(kv)
	})

	t.Run("DropsWhatExpiredAsItWrites_B10", func(t *testing.T) {
		kv, clock := open(memory.KVOptions{})
		for i := range 1000 {
			key := fmt.Sprintf("key %d", i)
			put(t, kv, key, "value", start.Add(time.Minute))
			add(t, kv, key, ports.Limit{Bound: 5, Window: time.Minute})
		}
		clock.Set(start.Add(time.Minute))
		for range 200 {
			put(t, kv, "new", "value", start.Add(time.Hour))
		}
		if got := kv.Len(); got != 1 {
			t.Errorf("Len = %d, want 1: the new entry alone", got)
		}
	})

	t.Run("EvictsEntriesNearestToExpiry", func(t *testing.T) {
		kv, clock := open(memory.KVOptions{Limit: 3})
		put(t, kv, "session", "value", start.Add(time.Hour))
		put(t, kv, "expired", "value", start.Add(time.Second))
		put(t, kv, "state", "value", start.Add(time.Minute))
		clock.Set(start.Add(time.Second))
		put(t, kv, "one", "value", start.Add(2*time.Minute)) // in place of what expired
		want(t, kv, "session", "state", "one")
		put(t, kv, "two", "value", start.Add(2*time.Second)) // itself the next to expire, and kept all the same
		want(t, kv, "session", "one", "two")
		put(t, kv, "session", "changed", start.Add(time.Hour)) // not one more
		want(t, kv, "session", "one", "two")
	})

	t.Run("BoundsBytes", func(t *testing.T) {
		kv, _ := open(memory.KVOptions{Bytes: 4 << 20})
		big := strings.Repeat("x", 1<<20)
		for i := range 100 {
			put(t, kv, strconv.Itoa(i), big, start.Add(time.Minute+time.Duration(i)*time.Second))
		}
		if got := kv.Len(); got != 3 { // the keys count too
			t.Errorf("Len = %d, want 3", got)
		}
		if err := kv.Delete(ctx, "99", "98", "97"); err != nil {
			t.Error(err)
		}
		for i := range 1000 {
			put(t, kv, strconv.Itoa(i), "small", start.Add(time.Minute))
		}
		if got := kv.Len(); got != 1000 {
			t.Errorf("Len = %d, want 1000: deleted bytes are free again", got)
		}
	})
}

func TestKVFlood(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

	t.Run("NeverResetsACount_B10", func(t *testing.T) {
		clock := memory.NewClock(start)
		kv := memory.NewKV(memory.KVOptions{Clock: clock, Limit: 100})
		l := ports.Limit{Bound: 5, Window: time.Minute}
		for range 5 {
			add(t, kv, "victim", l)
		}
		for i := range 10_000 {
			put(t, kv, strconv.Itoa(i), "value", start.Add(time.Hour))
			add(t, kv, strconv.Itoa(i), l)
		}
		for range 3 {
			if got := add(t, kv, "victim", l); got.Allowed || got.Wait <= 0 {
				t.Errorf("Add after the flood = %+v, want it refused with a wait", got)
			}
		}
		clock.Set(start.Add(time.Minute))
		if got, want := add(t, kv, "victim", l), (ports.LimitResult{Allowed: true, Count: 1, Wait: time.Minute}); got != want {
			t.Errorf("Add after the window = %+v, want %+v", got, want)
		}
	})

	t.Run("LeavesOtherLimitsAlone", func(t *testing.T) {
		kv := memory.NewKV(memory.KVOptions{Clock: memory.NewClock(start), Limit: 100})
		for i := range 1000 {
			add(t, kv, strconv.Itoa(i), ports.Limit{Bound: 1, Window: time.Minute})
		}
		// Slots are picked by key and limit: one that holds this key's under another limit has no say here.
		allowed := 0
		for i := range 100 {
			if add(t, kv, fmt.Sprint("other ", i), ports.Limit{Bound: 1000, Window: time.Minute}).Allowed {
				allowed++
			}
		}
		if allowed != 100 {
			t.Errorf("%d of 100 under a wider limit were allowed, want all", allowed)
		}
	})
}

func TestKVClock(t *testing.T) {
	t.Run("IsTheSystemsByDefault", func(t *testing.T) {
		kv := memory.NewKV(memory.KVOptions{})
		put(t, kv, "past", "value", time.Now().Add(-time.Second))
		put(t, kv, "future", "value", time.Now().Add(time.Hour))
		want(t, kv, "future")
		if _, ok, _ := kv.Find(t.Context(), "past"); ok {
			t.Error("an entry of the past is found")
		}
	})
}

func BenchmarkKVAdd(b *testing.B) {
	kv, l := memory.NewKV(memory.KVOptions{Limit: 10_000}), ports.Limit{Bound: 5, Window: time.Minute}
	keys := make([]string, 20_000)
	for i := range keys {
		keys[i] = fmt.Sprint("key ", i)
	}
	i := 0
	for b.Loop() {
		if _, err := kv.Add(b.Context(), keys[i%len(keys)], l); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func put(t *testing.T, kv *memory.KV, key, value string, expires time.Time) {
	t.Helper()
	if err := kv.Put(t.Context(), key, ports.Entry{Value: value, Expires: expires}); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, kv *memory.KV, key string, l ports.Limit) ports.LimitResult {
	t.Helper()
	tally, err := kv.Add(t.Context(), key, l)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func want(t *testing.T, kv *memory.KV, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, ok, err := kv.Find(t.Context(), key); err != nil || !ok {
			t.Errorf("Find(%q) = %t, %v, want it there", key, ok, err)
		}
	}
}

// heap returns how many bytes live after a collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) // far below the limit
}
