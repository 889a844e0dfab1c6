package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func comparing() []promise {
	return []promise{{name: "OperationsEndAsInMemory", prove: compareSeeds}}
}

// Fuzz compares the stores that open returns with package memory over random operations, for as long as the
// fuzzing goes on. Call it from a fuzz test of your own; with -fuzzminimizetime 10x little of the time is spent on
// making inputs shorter. open and opts are those of [Run].
func Fuzz(f *testing.F, open func(t *testing.T, name string) ports.Store, opts ...Option) {
	for seed := range uint64(4) {
		f.Add(program(seed, 200))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		k := newKit(t, newOptions(opts), func(name string) ports.Store { return open(t, name) })
		newTwin(k).run(program)
	})
}

// compareSeeds runs programs that are always the same.
func compareSeeds(k *kit) {
	w := newTwin(k)
	for seed := range uint64(12) {
		w.run(program(seed, 1200))
	}
}

// program returns bytes that stand for operations.
func program(seed uint64, size int) []byte {
	b := make([]byte, size)
	_, _ = memory.NewPredictableRandom(seed).Read(b) // never fails
	return b
}

// A twin is two stores that are to agree: the one on trial and the oracle.
type twin struct {
	*kit
	trial, oracle ports.Store
	rest          []byte
	trace         []string
}

func newTwin(k *kit) *twin {
	oracle := memory.New()
	if _, err := oracle.Migrate(k.ctx, k.all(), true); err != nil {
		k.Fatalf("Migrate of the oracle: %v", err)
	}
	w := &twin{kit: k, trial: k.store(), oracle: oracle}
	if _, err := w.trial.Create(k.ctx, k.session, k.record(k.session, nil)); errors.Is(err, ports.ErrInvalid) {
		w.oracle = insisting{oracle} // the trial refuses what refers to nothing
	}
	if _, err := w.trial.Delete(k.ctx, deleted(k.session), nil); err != nil {
		k.Fatalf("Delete of every session: %v", err)
	}
	return w
}

// insisting refuses records that refer to nothing by a field that the other model's Dependents name, as a database with
// foreign keys does.
type insisting struct{ ports.Store }

// Create is the store's, undone where the record refers to nothing.
func (s insisting) Create(ctx context.Context, m *ports.Model, r ports.Record) (got ports.Record, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if got, err = s.Store.Create(ctx, m, r); err != nil {
			return err
		}
		return s.check(ctx, m, got)
	})
	return got, err
}

// Update is the store's, undone where the record then refers to nothing.
func (s insisting) Update(ctx context.Context, u *ports.Update, args []ports.Value) (got ports.Record, ok bool, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		if got, ok, err = s.Store.Update(ctx, u, args); err != nil || !ok {
			return err
		}
		return s.check(ctx, u.Model, got)
	})
	return got, ok && err == nil, err
}

func (s insisting) check(ctx context.Context, m *ports.Model, r ports.Record) error {
	for i := range m.Fields {
		to := m.Fields[i].References
		if to == nil || r[i].IsNull() || !slices.Contains(to.Dependents, ports.Dependent{Model: m, Field: m.Fields[i].Name}) {
			continue
		}
		found, err := s.Find(ctx, query(to, cond("id", ports.Eq)), []ports.Value{r[i]})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ports.ErrInvalid
		}
	}
	return nil
}

// run empties both stores and runs a program on them.
func (w *twin) run(program []byte) {
	w.Helper()
	w.rest, w.trace = program, nil
	for _, m := range w.all() {
		w.both(w.ctx, w.ctx, "clear "+m.Name, func(ctx context.Context, s ports.Store) (any, error) {
			return s.Delete(ctx, deleted(m), nil)
		})
	}
	for len(w.rest) > 0 {
		w.step(w.ctx, w.ctx, 0)
	}
}

// pick returns a number below n from the program.
func (w *twin) pick(n int) int {
	if len(w.rest) == 0 {
		return 0
	}
	b := w.rest[0]
	w.rest = w.rest[1:]
	return int(b) % n
}

// both runs one operation on both stores and ends the test where they differ.
func (w *twin) both(trial, oracle context.Context, what string, f func(context.Context, ports.Store) (any, error)) {
	w.Helper()
	w.trace = append(w.trace, what)
	got, err := f(trial, w.trial)
	want, wantErr := f(oracle, w.oracle)
	if !sameOutcome(got, want) || class(err) != class(wantErr) {
		w.Fatalf("%s = %s, %v, want %s, %v, after %q", what, tell(got), err, tell(want), wantErr, w.trace[max(0, len(w.trace)-12):])
	}
}

func class(err error) string {
	var c *ports.ConflictError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &c):
		return "conflict on " + c.Model // of two keys that collide either may be named
	case errors.Is(err, ports.ErrInvalid):
		return "invalid"
	}
	return err.Error()
}

func sameOutcome(a, b any) bool {
	x, ok := a.([]ports.Record)
	if !ok {
		return a == b
	}
	y := b.([]ports.Record)
	for i := range x {
		if len(x) != len(y) || !sameRecord(x[i], y[i]) {
			return false
		}
	}
	return len(x) == len(y)
}

func tell(v any) string {
	rs, ok := v.([]ports.Record)
	if !ok {
		return fmt.Sprint(v)
	}
	var text strings.Builder
	for _, r := range rs {
		text.WriteString(show(r))
	}
	return text.String()
}

func one(r ports.Record, ok bool, err error) (any, error) {
	if !ok {
		return []ports.Record(nil), err
	}
	return []ports.Record{r}, err
}

// step runs the next operation of the program.
func (w *twin) step(trial, oracle context.Context, depth int) {
	w.Helper()
	m := []*ports.Model{w.user, w.session, w.note, w.account, w.sample}[w.pick(5)]
	switch w.pick(10) {
	case 0, 1, 2:
		r := make(ports.Record, len(m.Fields))
		for i := range r {
			r[i] = w.value(m, i, m.Fields[i].Null)
		}
		w.both(trial, oracle, "create "+m.Name+show(r), w.safe(func(ctx context.Context, s ports.Store) (any, error) {
			got, err := s.Create(ctx, m, r)
			return one(got, err == nil, err)
		}))
	case 3, 4:
		u := &ports.Update{Model: m, Key: byID(), Set: []ports.Change{{Field: m.Fields[1+w.pick(len(m.Fields)-1)].Name}}}
		i := m.Field(u.Set[0].Field)
		if m == w.session && w.pick(2) == 0 {
			u.Set, i = []ports.Change{{Field: "uses", Add: true}}, m.Field("uses")
		}
		if m == w.sample && w.pick(2) == 0 {
			u.Set, i = []ports.Change{{Field: "number", Add: true}}, m.Field("number")
		}
		args := []ports.Value{w.value(m, 0, true)}
		u.Where, args = w.where(m, args)
		args = append(args, w.value(m, i, m.Fields[i].Null && !u.Set[0].Add))
		w.both(trial, oracle, fmt.Sprint("update ", m.Name, u.Where, u.Set, show(args)), w.safe(func(ctx context.Context, s ports.Store) (any, error) {
			return one(s.Update(ctx, u, args))
		}))
	case 5:
		t := taken(m, byID())
		args := []ports.Value{w.value(m, 0, true)}
		t.Where, args = w.where(m, args)
		w.both(trial, oracle, fmt.Sprint("take ", m.Name, t.Where, show(args)), func(ctx context.Context, s ports.Store) (any, error) {
			return one(s.Take(ctx, t, args))
		})
	case 6:
		e := deleted(m)
		var args []ports.Value
		for len(e.Where) < 2 {
			c, more := w.condition(m)
			e.Where, args = append(e.Where, c), append(args, more...)
		}
		w.both(trial, oracle, fmt.Sprint("delete ", m.Name, e.Where, show(args)), func(ctx context.Context, s ports.Store) (any, error) {
			return s.Delete(ctx, e, args)
		})
	case 9:
		if depth < 3 && w.rollback {
			w.nest(trial, oracle, depth)
		}
	default:
		w.look(trial, oracle, m)
	}
}

// safe runs what may fail in a transaction of its own, so that one around it goes on.
func (w *twin) safe(f func(context.Context, ports.Store) (any, error)) func(context.Context, ports.Store) (any, error) {
	return func(ctx context.Context, s ports.Store) (v any, err error) {
		err = s.Tx(ctx, func(ctx context.Context) error {
			v, err = f(ctx, s)
			return err
		})
		return v, err
	}
}

// nest runs some operations in a transaction that commits or does not.
func (w *twin) nest(trial, oracle context.Context, depth int) {
	var end error
	if w.pick(2) == 0 {
		end = errUndo
	}
	w.trace = append(w.trace, fmt.Sprint("tx that ends in ", end))
	err := w.trial.Tx(trial, func(trial context.Context) error {
		return w.oracle.Tx(oracle, func(oracle context.Context) error {
			for range 1 + w.pick(5) {
				w.step(trial, oracle, depth+1)
			}
			return end
		})
	})
	if !errors.Is(err, end) {
		w.Fatalf("Tx = %v, want %v", err, end)
	}
	w.trace = append(w.trace, "end of tx")
}

// look finds and counts by a query.
func (w *twin) look(trial, oracle context.Context, m *ports.Model) {
	w.Helper()
	q := &ports.Query{Model: m, Limit: 1 + w.pick(12), Once: w.pick(2) == 0}
	if m == w.session && w.pick(2) == 0 {
		q.Follow = "userId"
	}
	var args []ports.Value
	q.Where, args = w.where(m, nil)
	if q.Follow != "" {
		c, more := w.condition(w.user)
		c.Followed = true
		q.Where, args = append(q.Where, c), append(args, more...)
	}
	counted := args
	for range w.pick(3) {
		f := m.Fields[w.pick(len(m.Fields))]
		if f.Type != ports.TypeJSON && f.Type != ports.TypeList {
			q.Order = append(q.Order, ports.Order{Field: f.Name, Desc: w.pick(2) == 0})
		}
	}
	if q.Paged = w.pick(3) == 0; q.Paged {
		args = append(slices.Clip(args), ports.Int(int64(1+w.pick(6))), ports.Int(int64(w.pick(6))))
	}
	w.both(trial, oracle, fmt.Sprintf("find %s %+v %s", m.Name, *q, show(args)), func(ctx context.Context, s ports.Store) (any, error) {
		return s.Find(ctx, q, args)
	})
	w.both(trial, oracle, "count "+m.Name, func(ctx context.Context, s ports.Store) (any, error) { return s.Count(ctx, q, counted) })
}

// where appends the arguments of up to two conditions.
func (w *twin) where(m *ports.Model, args []ports.Value) ([]ports.Condition, []ports.Value) {
	var list []ports.Condition
	for range w.pick(3) {
		c, more := w.condition(m)
		list, args = append(list, c), append(args, more...)
	}
	return list, args
}

// condition returns one that the model knows.
func (w *twin) condition(m *ports.Model) (ports.Condition, []ports.Value) {
	i := w.pick(len(m.Fields))
	c := ports.Condition{Field: m.Fields[i].Name, Op: ports.Op(w.pick(int(ports.EndsWith) + 1)), Count: 1 + w.pick(3)} //nolint:gosec // at most EndsWith
	if query(m, c).Check() != nil {
		c.Op = ports.NotNull
	}
	if c.Op != ports.In && c.Op != ports.NotIn {
		c.Count = 0
	}
	c.Fold = c.Op >= ports.Contains && w.pick(2) == 0
	args := make([]ports.Value, c.Args())
	for j := range args {
		args[j] = w.value(m, i, true)
	}
	return c, args
}

// value returns one of the few values of a field, so that records meet.
func (w *twin) value(m *ports.Model, i int, null bool) ports.Value {
	if null && w.pick(8) == 0 {
		return ports.Value{}
	}
	if _, ok := m.IDKind(i); ok {
		return ports.String([]string{"a", "b", "c", "A", "e"}[w.pick(5)])
	}
	switch m.Fields[i].Type {
	case ports.TypeBool:
		return ports.Bool(w.pick(2) == 0)
	case ports.TypeInt:
		return ports.Int(int64(w.pick(6)) - 2)
	case ports.TypeTime:
		return ports.Time(noon().Add(time.Duration(w.pick(5)-2) * time.Millisecond))
	case ports.TypeJSON:
		return ports.JSON([]string{"null", "{}", `{"a":[1,"x"]}`, `"é"`}[w.pick(4)])
	case ports.TypeList:
		return ports.List([][]string{nil, {""}, {"a", "b"}, {"é,"}}[w.pick(4)])
	}
	return ports.String([]string{"", "a", "A", "ab", "a%", "b_", "é", "z"}[w.pick(8)])
}
