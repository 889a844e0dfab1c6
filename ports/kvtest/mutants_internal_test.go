package kvtest // its own test: it needs the table of promises, which no user does

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A mutant is package memory's KV with some of its methods broken; nil fields are whole.
type mutant struct {
	*memory.KV
	clock   *memory.Clock
	find    func(ctx context.Context, key string) (ports.Entry, bool, error)
	put     func(ctx context.Context, key string, e ports.Entry) error
	replace func(ctx context.Context, key string, e ports.Entry) (bool, error)
	take    func(ctx context.Context, key string) (ports.Entry, bool, error)
	add     func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error)
	reset   func(ctx context.Context, key string) error
	del     func(ctx context.Context, keys ...string) error
	swap    func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error)
	follow  func(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error)
}

func (m *mutant) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	if m.find != nil {
		return m.find(ctx, key)
	}
	return m.KV.Find(ctx, key)
}

func (m *mutant) Put(ctx context.Context, key string, e ports.Entry) error {
	if m.put != nil {
		return m.put(ctx, key, e)
	}
	return m.KV.Put(ctx, key, e)
}

func (m *mutant) Replace(ctx context.Context, key string, e ports.Entry) (bool, error) {
	if m.replace != nil {
		return m.replace(ctx, key, e)
	}
	return m.KV.Replace(ctx, key, e)
}

func (m *mutant) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	if m.take != nil {
		return m.take(ctx, key)
	}
	return m.KV.Take(ctx, key)
}

func (m *mutant) Add(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
	if m.add != nil {
		return m.add(ctx, key, l)
	}
	return m.KV.Add(ctx, key, l)
}

func (m *mutant) Reset(ctx context.Context, key string) error {
	if m.reset != nil {
		return m.reset(ctx, key)
	}
	return m.KV.Reset(ctx, key)
}

func (m *mutant) Delete(ctx context.Context, keys ...string) error {
	if m.del != nil {
		return m.del(ctx, keys...)
	}
	return m.KV.Delete(ctx, keys...)
}

func (m *mutant) Swap(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
	if m.swap != nil {
		return m.swap(ctx, key, old, e)
	}
	return m.KV.Swap(ctx, key, old, e)
}

func (m *mutant) Follow(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error) {
	if m.follow != nil {
		return m.follow(ctx, key)
	}
	return m.KV.Follow(ctx, key)
}

// A recorder stands in for testing.T and remembers what failed.
type recorder struct {
	ctx     context.Context //nolint:containedctx // it is what testing.T is
	errors  chan string
	skipped bool
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	select {
	case r.errors <- fmt.Sprintf(format, args...):
	default: // a hundred are enough
	}
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skipf(string, ...any) {
	r.skipped = true
	runtime.Goexit()
}

// check runs one promise against what build makes of one shared memory and returns what failed.
func check(t *testing.T, c promise, build func(shared *memory.KV, clock *memory.Clock) ports.KV) (errors []string, skipped bool) {
	t.Helper()
	r := &recorder{ctx: t.Context(), errors: make(chan string, 100)}
	clock := newClock()
	shared := memory.NewKV(memory.KVOptions{Clock: clock})
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.check(&probe{tb: r, clock: clock, open: func() ports.KV { return build(shared, clock) }})
	}()
	<-done
	close(r.errors)
	for e := range r.errors {
		errors = append(errors, e)
	}
	return errors, r.skipped
}

func whole(shared *memory.KV, _ *memory.Clock) ports.KV { return shared }

func TestPromises(t *testing.T) {
	names := map[string]bool{}
	for _, c := range promises() {
		if names[c.name] {
			t.Errorf("two promises are called %s", c.name)
		}
		names[c.name] = true
	}
	t.Run("HoldForTheReference", func(t *testing.T) {
		for _, c := range promises() {
			if errors, skipped := check(t, c, whole); len(errors) > 0 || skipped {
				t.Errorf("%s fails for package memory: %q", c.name, errors)
			}
		}
	})
	t.Run("OfLinksAreSkippedWithoutThem", func(t *testing.T) {
		for _, c := range promises() {
			errors, skipped := check(t, c, func(shared *memory.KV, _ *memory.Clock) ports.KV { return struct{ ports.KV }{shared} })
			ofLinks := slices.ContainsFunc(linkPromises(), func(l promise) bool { return l.name == c.name })
			if len(errors) > 0 || skipped != ofLinks {
				t.Errorf("%s: skipped %t, want %t; %q", c.name, skipped, ofLinks, errors)
			}
		}
	})
}

func TestMutants(t *testing.T) {
	broken := map[string]bool{}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			for _, name := range m.breaks {
				i := slices.IndexFunc(promises(), func(c promise) bool { return c.name == name })
				if i < 0 {
					t.Fatalf("no promise is called %s", name)
				}
				errors, _ := check(t, promises()[i], m.build)
				if len(errors) == 0 {
					t.Errorf("%s holds for a KV that breaks it", name)
					continue
				}
				broken[name] = true
			}
		})
	}
	for _, c := range promises() {
		if !broken[c.name] {
			t.Errorf("no mutant breaks %s: nothing shows that it can fail", c.name)
		}
	}
}
