package kernia_test

import (
	"context"
	"sync"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestTableKV: values in the table verification and counts in the table rateLimit are as good as a server of their
// own.
func TestTableKV(t *testing.T) {
	var mu sync.Mutex
	stores := map[string]*memory.Store{}
	kvtest.Run(t, func(t *testing.T, name string, clock ports.Clock) ports.KV {
		mu.Lock()
		if stores[name] == nil {
			stores[name] = memory.New()
		}
		store := stores[name]
		mu.Unlock()
		return kerniatest.New(t, kernia.Config{Store: yieldingStore{store}, Clock: clock, RateLimit: kernia.RateLimitConfig{InStore: true}}).KV()
	})
}

// betweenStore lets another caller in after a Create or a Find.
type betweenStore struct {
	ports.Store
	created, found func()
}

func (b *betweenStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	stored, err := b.Store.Create(ctx, m, r)
	if f := b.created; f != nil {
		b.created = nil
		f()
	}
	return stored, err
}

func (b *betweenStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	found, err := b.Store.Find(ctx, q, args)
	if f := b.found; f != nil {
		b.found = nil
		f()
	}
	return found, err
}

// TestTableKVAtOnce: a value that was put is lost to nobody but who takes it.
func TestTableKVAtOnce(t *testing.T) {
	between := &betweenStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: between})
	kv, expires := s.auth.KV(), s.clock.Now().Add(time.Hour)
	put := func(value string) {
		if err := kv.Put(t.Context(), "otp:a", ports.Entry{Value: value, Expires: expires}); err != nil {
			t.Error(err)
		}
	}
	between.created = func() { put("2") }
	put("1")
	if e, ok, err := kv.Find(t.Context(), "otp:a"); !ok || err != nil {
		t.Errorf("two Puts at once left %+v, %v, %v", e, ok, err)
	}
	if e, ok, err := kv.Take(t.Context(), "otp:a"); !ok || err != nil {
		t.Errorf("Take = %+v, %v, %v", e, ok, err)
	}
	if e, ok, err := kv.Take(t.Context(), "otp:a"); ok || err != nil {
		t.Errorf("a sibling outlives the Take: %+v, %v", e, err)
	}
	put("3")
	between.found = func() { s.clock.Advance(time.Second); put("4") }
	first, took, err := kv.Take(t.Context(), "otp:a")
	if err != nil || took && first.Value != "3" && first.Value != "4" {
		t.Errorf("Take = %+v, %v", first, err)
	}
	if e, ok, err := kv.Find(t.Context(), "otp:a"); !ok && first.Value != "4" || err != nil {
		t.Errorf("the value put during a Take is lost: %+v, %v, %v", e, ok, err)
	}
}
