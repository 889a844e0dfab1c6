package tablekv_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestKV: values in the table verification and counts in the table rateLimit are as good as a server of their
// own.
func TestKV(t *testing.T) {
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

// yieldingStore lets others in after each read, as a round trip does.
type yieldingStore struct{ ports.Store }

func (y yieldingStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	defer runtime.Gosched()
	return y.Store.Find(ctx, q, args)
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

// TestKV_AtOnce: a value that was put is lost to nobody but who takes it.
func TestKV_AtOnce(t *testing.T) {
	between := &betweenStore{Store: memory.New()}
	clock := memory.NewClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	kv := kerniatest.New(t, kernia.Config{Store: between, Clock: clock}).KV()
	expires := clock.Now().Add(time.Hour)
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
	between.found = func() { clock.Advance(time.Second); put("4") }
	first, took, err := kv.Take(t.Context(), "otp:a")
	if err != nil || took && first.Value != "3" && first.Value != "4" {
		t.Errorf("Take = %+v, %v", first, err)
	}
	if e, ok, err := kv.Find(t.Context(), "otp:a"); !ok && first.Value != "4" || err != nil {
		t.Errorf("the value put during a Take is lost: %+v, %v, %v", e, ok, err)
	}
}

// writtenStore keeps the values' model and the identifiers of what is created.
type writtenStore struct {
	ports.Store
	values      *ports.Model
	identifiers []string
}

func (w *writtenStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if m.Name == "verification" {
		w.values = m
		w.identifiers = append(w.identifiers, r[m.Field("identifier")].AsString())
	}
	return w.Store.Create(ctx, m, r)
}

// TestHidesKeys_D08: the table has keys as hashes alone, those of claims too, one of which is for the sweep.
func TestHidesKeys_D08(t *testing.T) {
	store := &writtenStore{Store: memory.New()}
	var claims *kernia.OneTime[string]
	kv := kerniatest.New(t, kernia.Config{Store: store}, declaring(func(d *kernia.Declaration) {
		claims = kernia.OneTimeOf[string](d, "reset", time.Hour)
	})).KV()
	if err := kv.Put(t.Context(), "reset:the-token", ports.Entry{Value: "1", Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := claims.Put(t.Context(), "the-token", "2"); err != nil {
		t.Fatal(err)
	}
	if first, err := claims.Claim(t.Context(), "the-token"); !first || err != nil {
		t.Fatal(first, err)
	}
	if all := strings.Join(store.identifiers, " "); len(store.identifiers) != 4 || strings.Contains(all, "the-token") {
		t.Errorf("the table has %q", store.identifiers)
	}
}

// declaring is a feature that is only its declaration.
type declaring func(d *kernia.Declaration)

func (declare declaring) Declare(d *kernia.Declaration) {
	d.Name("declaring")
	declare(d)
}

// TestTakesTheNewestOfSiblings_E03: of rows that another program wrote under one key, plain or hashed, the newest is taken
// and no older one can be taken after it.
func TestTakesTheNewestOfSiblings_E03(t *testing.T) {
	store := &writtenStore{Store: memory.New()}
	clock := memory.NewClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	kv := kerniatest.New(t, kernia.Config{Store: store, Clock: clock}).KV()
	expires := clock.Now().Add(time.Hour)
	if err := kv.Put(t.Context(), "reset:a", ports.Entry{Value: "hashed", Expires: expires}); err != nil {
		t.Fatal(err)
	}
	for i, value := range []string{"older", "newest", "oldest"} {
		at := ports.Time(clock.Now().Add([]time.Duration{time.Second, 2 * time.Second, -time.Second}[i]))
		_, err := store.Store.Create(t.Context(), store.values, ports.Record{
			ports.String("sibling-" + value), ports.String("reset:a"), ports.String(value), ports.Time(expires), at, at,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if e, ok, err := kv.Take(t.Context(), "reset:a"); e.Value != "newest" || !ok || err != nil {
		t.Errorf("Take = %+v, %v, %v, want the newest", e, ok, err)
	}
	if e, ok, err := kv.Take(t.Context(), "reset:a"); ok || err != nil {
		t.Errorf("a second Take = %+v, %v, %v, want nothing", e, ok, err)
	}
}
