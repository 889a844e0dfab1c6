package kernia_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// vault is a feature with one-time values of two purposes.
type vault struct{ values, others *kernia.OneTime[int] }

func (v *vault) Declare(d *kernia.Declaration) {
	d.Name("vault")
	v.values, v.others = kernia.OneTimeOf[int](d, "vault", time.Minute), kernia.OneTimeOf[int](d, "vault-others", time.Minute)
}

// everyKV runs a test over the table and over a key-value store.
func everyKV(t *testing.T, run func(t *testing.T, v *vault, clock *memory.Clock)) {
	for _, name := range []string{"table", "kv"} {
		t.Run(name, func(t *testing.T) {
			clock := memory.NewClock(time.UnixMilli(1_700_000_000_000))
			cfg := kernia.Config{Clock: clock}
			if name == "kv" {
				cfg.KV = memory.NewKV(memory.KVOptions{Clock: clock})
			}
			v := &vault{}
			kerniatest.New(t, cfg, v)
			run(t, v, clock)
		})
	}
}

func TestOneTime_Try(t *testing.T) {
	everyKV(t, func(t *testing.T, v *vault, clock *memory.Clock) {
		ctx, values := t.Context(), v.values
		token, err := values.Issue(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		again := func(n *int) (bool, error) {
			if _, ok, err := values.Find(ctx, token); ok || err != nil {
				t.Errorf("while it is tried Find = %v, %v", ok, err)
			}
			*n++
			return *n < 3, nil
		}
		clock.Advance(50 * time.Second)
		failed := errors.New("failed")
		if ok, err := values.Try(ctx, token, func(*int) (bool, error) { return true, failed }); !ok || !errors.Is(err, failed) {
			t.Errorf("Try = %v, %v, want the error of check", ok, err)
		}
		for i := range 4 {
			if ok, err := values.Try(ctx, token, again); err != nil || ok != (i < 3) {
				t.Errorf("Try %d = %v, %v", i+1, ok, err)
			}
		}
		if token, err = values.Issue(ctx, 0); err != nil {
			t.Fatal(err)
		}
		clock.Advance(59 * time.Second)
		if ok, err := values.Try(ctx, token, func(*int) (bool, error) { return true, nil }); !ok || err != nil {
			t.Errorf("Try = %v, %v", ok, err)
		}
		clock.Advance(time.Second)
		if _, ok, err := values.Find(ctx, token); ok || err != nil {
			t.Errorf("trying made the value live longer: %v, %v", ok, err)
		}
	})
}

// TestE06_OnePurposeIsNoOther: a token of one purpose is worth nothing for another, and what is done with it there does
// not use it up.
func TestE06_OnePurposeIsNoOther(t *testing.T) {
	everyKV(t, func(t *testing.T, v *vault, _ *memory.Clock) {
		ctx := t.Context()
		token, err := v.values.Issue(ctx, 7)
		if err != nil {
			t.Fatal(err)
		}
		if n, ok, err := v.others.Find(ctx, token); ok || err != nil {
			t.Errorf("Find for another purpose = %d, %v, %v", n, ok, err)
		}
		if n, ok, err := v.others.Take(ctx, token); ok || err != nil {
			t.Errorf("Take for another purpose = %d, %v, %v", n, ok, err)
		}
		if ok, err := v.others.Try(ctx, token, func(*int) (bool, error) { return false, nil }); ok || err != nil {
			t.Errorf("Try for another purpose = %v, %v", ok, err)
		}
		if err := v.others.Put(ctx, token, 8); err != nil {
			t.Fatal(err)
		}
		if err := v.others.Delete(ctx, token); err != nil {
			t.Fatal(err)
		}
		if n, ok, err := v.values.Take(ctx, token); n != 7 || !ok || err != nil {
			t.Errorf("Take = %d, %v, %v, want what was issued", n, ok, err)
		}
		for _, values := range []*kernia.OneTime[int]{v.values, v.others} {
			if first, err := values.Claim(ctx, "code"); !first || err != nil {
				t.Errorf("Claim = %v, %v, want the first of its purpose", first, err)
			}
		}
	})
}

// TestE08_ANewerValueReplacesTheOlder: once it is used, the older one is not there either.
func TestE08_ANewerValueReplacesTheOlder(t *testing.T) {
	everyKV(t, func(t *testing.T, v *vault, clock *memory.Clock) {
		ctx := t.Context()
		for n := 1; n <= 3; n++ {
			if err := v.values.Put(ctx, "ann", n); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Second)
		}
		if n, ok, err := v.values.Take(ctx, "ann"); n != 3 || !ok || err != nil {
			t.Errorf("Take = %d, %v, %v, want the newest", n, ok, err)
		}
		if n, ok, err := v.values.Take(ctx, "ann"); ok || err != nil {
			t.Errorf("a second Take = %d, %v, %v, want none", n, ok, err)
		}
	})
}

// TestOneTime_Claim: of many who claim a token at once one at most is first, and one who comes later never.
func TestOneTime_Claim(t *testing.T) {
	everyKV(t, func(t *testing.T, v *vault, clock *memory.Clock) {
		ctx, values := t.Context(), v.values
		var first atomic.Int32
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if ok, err := values.Claim(ctx, "code"); err != nil {
					t.Error(err)
				} else if ok {
					first.Add(1)
				}
			})
		}
		wg.Wait()
		if n := first.Load(); n > 1 {
			t.Errorf("%d were first", n)
		}
		claim := func(token string) bool {
			t.Helper()
			ok, err := values.Claim(ctx, token)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !claim("other") || claim("other") {
			t.Error("a token is not claimed once")
		}
		if _, ok, err := values.Take(ctx, "other"); ok || err != nil {
			t.Errorf("a claimed token holds a value: %v, %v", ok, err)
		}
		clock.Advance(time.Minute)
		if !claim("other") {
			t.Error("a claim outlives its time")
		}
	})
}

// lagging lets both callers create their row before either of them looks for others. Rows after these are a sweep's.
type lagging struct {
	*memory.Store
	created *sync.WaitGroup
	rows    *atomic.Int32
}

func (l lagging) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	stored, err := l.Store.Create(ctx, m, r)
	if m.Name == "verification" && l.rows.Add(1) <= 2 {
		l.created.Done()
		l.created.Wait()
	}
	return stored, err
}

func TestE03_ClaimedByOne(t *testing.T) {
	var created sync.WaitGroup
	created.Add(2)
	v := &vault{}
	kerniatest.New(t, kernia.Config{Store: lagging{memory.New(), &created, new(atomic.Int32)}}, v)
	var first atomic.Int32
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if ok, err := v.values.Claim(t.Context(), "code"); err == nil && ok {
				first.Add(1)
			}
		})
	}
	wg.Wait()
	if n := first.Load(); n > 1 {
		t.Errorf("%d were first", n)
	}
}

// TestOneTime_BelongsToItsPurpose: a token of one purpose is worth nothing for another, neither to read nor to delete,
// and the store learns no token and no sealed value.
func TestOneTime_BelongsToItsPurpose(t *testing.T) {
	clock := memory.NewClock(time.UnixMilli(1_700_000_000_000))
	for name, cfg := range map[string]kernia.Config{
		"table": {Clock: clock}, "kv": {Clock: clock, KV: memory.NewKV(memory.KVOptions{Clock: clock})},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			var one, other *kernia.OneTime[string]
			kerniatest.New(t, cfg, declared(func(d *kernia.Declaration) {
				one, other = kernia.OneTimeOf[string](d, "one", time.Minute), kernia.OneTimeOf[string](d, "other", time.Minute).Sealed(d)
			}))
			if err := one.Put(ctx, "token", "of one"); err != nil {
				t.Fatal(err)
			}
			if v, ok, err := other.Take(ctx, "token"); ok || err != nil {
				t.Errorf("for another purpose: %q, %v, %v", v, ok, err)
			}
			if err := other.Delete(ctx, "token"); err != nil {
				t.Fatal(err)
			}
			if first, err := other.Claim(ctx, "claimed"); !first || err != nil {
				t.Errorf("Claim = %v, %v", first, err)
			}
			if first, err := one.Claim(ctx, "claimed"); !first || err != nil {
				t.Errorf("Claim for another purpose = %v, %v", first, err)
			}
			clock.Advance(time.Minute - time.Millisecond)
			if v, ok, err := one.Find(ctx, "token"); v != "of one" || !ok || err != nil {
				t.Errorf("before its end: %q, %v, %v", v, ok, err)
			}
			clock.Advance(time.Millisecond)
			if v, ok, err := one.Find(ctx, "token"); ok || err != nil {
				t.Errorf("at its end: %q, %v, %v", v, ok, err)
			}
			for _, token := range []string{"", strings.Repeat("x", 257)} {
				if err := one.Put(ctx, token, "v"); err == nil {
					t.Errorf("Put takes a token of %d bytes", len(token))
				}
				if first, err := one.Claim(ctx, token); first || err != nil {
					t.Errorf("Claim of a token of %d bytes = %v, %v", len(token), first, err)
				}
			}
			if err := one.Put(ctx, strings.Repeat("x", 256), "v"); err != nil {
				t.Errorf("Put of a token of 256 bytes = %v", err)
			}
		})
	}
}

// watchedKV notes what is put.
type watchedKV struct {
	ports.LinkedKV
	seen []string
}

func (w *watchedKV) Put(ctx context.Context, key string, e ports.Entry) error {
	w.seen = append(w.seen, key, e.Value)
	return w.LinkedKV.Put(ctx, key, e)
}

// TestD08_OneTimeValuesHideTheirTokens: who reads the key-value store learns no token and no sealed value.
func TestD08_OneTimeValuesHideTheirTokens(t *testing.T) {
	kv := &watchedKV{LinkedKV: memory.NewKV(memory.KVOptions{})}
	var codes *kernia.OneTime[string]
	kerniatest.New(t, kernia.Config{KV: kv}, declared(func(d *kernia.Declaration) {
		codes = kernia.OneTimeOf[string](d, "code", time.Minute).Sealed(d)
	}))
	if err := codes.Put(t.Context(), "the-token", "the-value"); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(kv.seen, " "); len(kv.seen) != 2 || strings.Contains(all, "the-") {
		t.Errorf("the store sees %q", kv.seen)
	}
	if v, ok, err := codes.Take(t.Context(), "the-token"); v != "the-value" || !ok || err != nil {
		t.Errorf("Take = %q, %v, %v", v, ok, err)
	}
}

// lastingKV never lets a value expire, and counts what it is asked.
type lastingKV struct {
	ports.KV
	asked int
}

func (l *lastingKV) Put(ctx context.Context, key string, e ports.Entry) error {
	l.asked++
	e.Value, e.Expires = e.Expires.Format(time.RFC3339)+e.Value, e.Expires.AddDate(1, 0, 0)
	return l.KV.Put(ctx, key, e)
}

func (l *lastingKV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	l.asked++
	return l.own(l.KV.Find(ctx, key))
}

func (l *lastingKV) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	l.asked++
	return l.own(l.KV.Take(ctx, key))
}

func (*lastingKV) own(e ports.Entry, ok bool, err error) (ports.Entry, bool, error) {
	if ok {
		n := len("2006-01-02T15:04:05Z")
		e.Expires, _ = time.Parse(time.RFC3339, e.Value[:n])
		e.Value = e.Value[n:]
	}
	return e, ok, err
}

// TestOneTimeValuesEndByTheirOwnClock: a value has an end of its own, whatever the clock of the store's server says; and
// what is no token is not looked for.
func TestOneTimeValuesEndByTheirOwnClock(t *testing.T) {
	clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	kv := &lastingKV{KV: memory.NewKV(memory.KVOptions{Clock: clock})}
	var codes *kernia.OneTime[string]
	kerniatest.New(t, kernia.Config{KV: kv, Clock: clock}, declared(func(d *kernia.Declaration) {
		codes = kernia.OneTimeOf[string](d, "code", time.Minute)
	}))
	if err := codes.Put(t.Context(), "token", "value"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute - time.Second)
	if v, ok, err := codes.Find(t.Context(), "token"); v != "value" || !ok || err != nil {
		t.Errorf("a second before its end: %q, %v, %v", v, ok, err)
	}
	clock.Advance(time.Second)
	if v, ok, err := codes.Find(t.Context(), "token"); ok || err != nil {
		t.Errorf("Find at its end: %q, %v, %v", v, ok, err)
	}
	if v, ok, err := codes.Take(t.Context(), "token"); ok || err != nil {
		t.Errorf("Take at its end: %q, %v, %v", v, ok, err)
	}
	kv.asked = 0
	for _, odd := range []string{"", strings.Repeat("a", 257)} {
		if _, ok, err := codes.Take(t.Context(), odd); ok || err != nil {
			t.Errorf("Take of %d bytes: %v, %v", len(odd), ok, err)
		}
		if first, err := codes.Claim(t.Context(), odd); first || err != nil {
			t.Errorf("Claim of %d bytes: %v, %v", len(odd), first, err)
		}
		if err := codes.Put(t.Context(), odd, "value"); err == nil {
			t.Errorf("Put under %d bytes succeeds", len(odd))
		}
	}
	if kv.asked != 0 {
		t.Errorf("the store was asked %d times", kv.asked)
	}
}
