package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A mutant is a store that breaks the contract in one way, and the promises that must notice.
type mutant struct {
	name   string
	breaks string // names of promises, group/name, separated by spaces
	wrap   func(s ports.Store, shared *shared) *broken
}

// shared is what all Store values of a mutant on one database have in common.
type shared struct {
	busy atomic.Int32
	seen sync.Map
}

// A broken store does as the store within, but for the verbs that are set.
type broken struct {
	ports.Store
	migrate func(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error)
	create  func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error)
	find    func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error)
	count   func(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error)
	update  func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error)
	remove  func(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error)
	take    func(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error)
	tx      func(ctx context.Context, f func(ctx context.Context) error) error
	joined  func(ctx context.Context) bool
}

func (b *broken) Joined(ctx context.Context) bool {
	if b.joined != nil {
		return b.joined(ctx)
	}
	return ctx.Value(joinKey{}) != nil
}

func (b *broken) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	if b.migrate != nil {
		return b.migrate(ctx, models, apply)
	}
	return b.Store.Migrate(ctx, models, apply)
}

func (b *broken) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if b.create != nil {
		return b.create(ctx, m, r)
	}
	return b.Store.Create(ctx, m, r)
}

func (b *broken) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if b.find != nil {
		return b.find(ctx, q, args)
	}
	return b.Store.Find(ctx, q, args)
}

func (b *broken) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	if b.count != nil {
		return b.count(ctx, q, args)
	}
	return b.Store.Count(ctx, q, args)
}

func (b *broken) Update(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	if b.update != nil {
		return b.update(ctx, m, args)
	}
	return b.Store.Update(ctx, m, args)
}

func (b *broken) Delete(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
	if b.remove != nil {
		return b.remove(ctx, m, args)
	}
	return b.Store.Delete(ctx, m, args)
}

func (b *broken) Take(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	if b.take != nil {
		return b.take(ctx, m, args)
	}
	return b.Store.Take(ctx, m, args)
}

func (b *broken) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if b.tx != nil {
		return b.tx(ctx, f)
	}
	return b.Store.Tx(ctx, f)
}

// mutants returns every broken store.
func mutants() []mutant {
	return slices.Concat(createMutants(), findMutants(), operatorMutants(), followMutants(), updateMutants(), takeMutants(), deleteMutants(),
		uniqueMutants(), valueMutants(), idMutants(), nameMutants(), migrateMutants(), keyMutants(), txMutants(), joinMutants(), contextMutants(), errorMutants())
}

func promises() map[string]promise {
	all := map[string]promise{}
	for _, g := range groups() {
		for _, p := range g.promises {
			all[g.name+"/"+p.name] = p
		}
	}
	return all
}

// TestMutants shows that every mutant is rejected by the promises that it breaks, and every promise can be broken.
func TestMutants(t *testing.T) {
	all := promises()
	broken := map[string]bool{}
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			for name := range strings.FieldsSeq(m.breaks) {
				p, ok := all[name]
				if !ok {
					t.Errorf("%s is no promise", name)
					continue
				}
				broken[name] = true
				if failures := prove(t, name, p, m.wrap); len(failures) == 0 {
					t.Errorf("%s holds for a store with this defect: %s", name, m.name)
				} else if testing.Verbose() {
					t.Logf("%s: %s", name, failures[0])
				}
			}
		})
	}
	for name := range all {
		if !broken[name] {
			t.Errorf("no mutant breaks %s: the promise cannot fail", name)
		}
	}
}

// TestRecorder shows that what rejects mutants accepts the store within them.
func TestRecorder(t *testing.T) {
	for name, p := range promises() {
		whole := func(s ports.Store, _ *shared) *broken { return &broken{Store: s} }
		if failures := prove(t, name, p, whole); len(failures) > 0 {
			t.Errorf("%s fails for a store without a defect: %s", name, failures[0])
		}
	}
}

// TestNoRollback shows that a store that cannot roll back passes once it says so, and not before.
func TestNoRollback(t *testing.T) {
	for name, p := range promises() {
		o := newOptions([]Option{NoRollback, IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID)})
		if (p.rollback || p.join || p.explain) != (o.lacks(p) != "") {
			t.Errorf("%s: lacks %q", name, o.lacks(p))
		}
		if p.join || p.explain || o.lacks(p) != "" {
			continue
		}
		if failures := proveWith(t, o, name, p, noRollback); len(failures) > 0 {
			t.Errorf("%s fails for a store that only cannot roll back: %s", name, failures[0])
		}
	}
}

func prove(t *testing.T, name string, p promise, wrap func(ports.Store, *shared) *broken) []string {
	t.Helper()
	return proveWith(t, newOptions(nil), name, p, wrap)
}

// proveWith runs one promise on a wrapped memory store and returns its failures.
func proveWith(t *testing.T, o options, name string, p promise, wrap func(ports.Store, *shared) *broken) []string {
	t.Helper()
	r := &recorder{ctx: t.Context(), name: name}
	stores, common := map[string]ports.Store{}, &shared{}
	if o.begin == nil {
		o.begin = func(ctx context.Context, name string) (context.Context, func(bool) error, error) {
			return begin(ctx, stores[name])
		}
	}
	o.explain = explain
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				r.Errorf("panic: %v", v)
			}
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		k := newKit(r, o, func(name string) ports.Store {
			if stores[name] == nil {
				stores[name] = &indexed{Store: memory.New()}
			}
			return wrap(stores[name], common)
		})
		k.wait = 300 * time.Millisecond
		p.prove(k)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s does not end", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

// A recorder is a tester that takes down failures.
type recorder struct {
	ctx      context.Context //nolint:containedctx // as testing.T
	name     string
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return r.name }
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// errBroken is an error without a kind.
var errBroken = errors.New("broken")

// pause lets others in where a broken store has a gap.
func pause() {
	for range 4 {
		runtime.Gosched()
	}
}

// address returns what an update has in common with a take, and the arguments of that and of the changes.
func address(u *ports.Update, args []ports.Value) (t *ports.Take, where, set []ports.Value) {
	n := len(args) - len(u.Set)
	return taken(u.Model, u.Key, u.Where...), args[:n], args[n:]
}

// keyed returns the conditions of a take with its key among them.
func keyed(t *ports.Take) *ports.Query {
	q := query(t.Model)
	for _, name := range t.Key {
		q.Where = append(q.Where, cond(name, ports.Eq))
	}
	q.Where = append(q.Where, t.Where...)
	return q
}

// onFind is a mutant whose find works otherwise.
func onFind(name, breaks string, find func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error)) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
			return find(s, ctx, q, args)
		}}
	}}
}

// onQuery is a mutant that finds by another query.
func onQuery(name, breaks string, edit func(q *ports.Query, args []ports.Value) []ports.Value) mutant {
	return onFind(name, breaks, func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
		c := *q
		c.Where, c.Order = slices.Clone(q.Where), slices.Clone(q.Order)
		args = edit(&c, slices.Clone(args))
		return s.Find(ctx, &c, args)
	})
}

// onRecords is a mutant that changes what was found.
func onRecords(name, breaks string, edit func(q *ports.Query, rs []ports.Record) []ports.Record) mutant {
	return onFind(name, breaks, func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
		rs, err := s.Find(ctx, q, args)
		return edit(q, rs), err
	})
}

// onCreate is a mutant whose create works otherwise.
func onCreate(name, breaks string, create func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error)) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
			return create(s, ctx, m, r)
		}}
	}}
}

// onValues is a mutant that stores other values than it is given.
func onValues(name, breaks string, edit func(v ports.Value) ports.Value) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		all := func(vs []ports.Value) []ports.Value {
			vs = slices.Clone(vs)
			for i := range vs {
				vs[i] = edit(vs[i])
			}
			return vs
		}
		return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
			return s.Create(ctx, m, all(r))
		}, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
			return s.Update(ctx, m, all(args))
		}}
	}}
}

// A changer is an update or a take.
type changer[T any] func(s ports.Store, ctx context.Context, m *T, args []ports.Value) (ports.Record, bool, error)

// onUpdate is a mutant whose update works otherwise.
func onUpdate(name, breaks string, update changer[ports.Update]) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
			return update(s, ctx, m, args)
		}}
	}}
}

// onTake is a mutant whose take works otherwise.
func onTake(name, breaks string, take changer[ports.Take]) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, take: func(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
			return take(s, ctx, m, args)
		}}
	}}
}

// onDelete is a mutant whose delete works otherwise.
func onDelete(name, breaks string, remove func(s ports.Store, ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error)) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, remove: func(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
			return remove(s, ctx, m, args)
		}}
	}}
}
