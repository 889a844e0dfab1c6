package memory

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// A Store is a [ports.Store] in process memory. It rolls back, makes serial and object ids, and enforces all
// unique keys. A model must be migrated before it is used, as in any other store.
//
// A transaction has the whole Store for itself: until it ends, calls outside it wait, a call that its own
// function makes with another context included, so such a call should have a deadline.
// The zero Store is not usable; take one from [New].
type Store struct {
	lock   lock
	tables map[string]*table // by name
	views  sync.Map          // *ports.Model to *view, of models that are migrated
}

// New returns an empty Store.
func New() *Store {
	return &Store{lock: newLock(), tables: map[string]*table{}}
}

var _ ports.Store = (*Store)(nil)

// Create stores r and returns it as stored. See [ports.Store].
func (s *Store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	t, leave, err := s.enter(ctx, readers)
	if err != nil {
		return nil, failed("create", m, err)
	}
	defer leave()
	v, err := s.view(m)
	if err == nil {
		err = m.CheckRecord(r)
	}
	for i := range r {
		if err == nil {
			err = checkValue(m, i, r[i])
		}
	}
	if err != nil {
		return nil, failed("create", m, err)
	}
	row := v.row(r)
	if m.ID.Stored() {
		v.table.made++
		row[v.cols[0]] = ports.String(makeID(m.ID, v.table.made))
	}
	id := row[v.cols[0]].AsString()
	if v.table.rows[id] != nil {
		return nil, failed("create", m, &ports.ConflictError{Model: m.Name, Key: "id"})
	}
	if k := v.table.conflict(id, row); k != nil {
		return nil, failed("create", m, v.conflict(k.cols))
	}
	t.set(v.table, id, row)
	return v.record(row, 0), nil
}

// Find returns the records that q describes. See [ports.Store].
func (s *Store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	_, leave, err := s.enter(ctx, 1)
	if err != nil {
		return nil, failed("find", q.Model, err)
	}
	defer leave()
	found, err := s.find(q, q, args)
	if err != nil {
		return nil, failed("find", q.Model, err)
	}
	found.sort(q)
	limit, offset := q.Page(args)
	rows := found.rows[min(offset, int64(len(found.rows))):]
	rows = rows[:min(limit, int64(len(rows)))]
	records := make([]ports.Record, len(rows))
	for i, row := range rows {
		if found.followed == nil {
			records[i] = found.own.record(row.own, 0)
			continue
		}
		records[i] = append(found.own.record(row.own, len(found.followed.cols)), found.followed.record(row.followed, 0)...)
	}
	return records, nil
}

// Count returns how many records satisfy the conditions of q. See [ports.Store].
func (s *Store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	_, leave, err := s.enter(ctx, 1)
	if err != nil {
		return 0, failed("count", q.Model, err)
	}
	defer leave()
	whole := *q
	whole.Paged = false
	found, err := s.find(q, &whole, args)
	if err != nil {
		return 0, failed("count", q.Model, err)
	}
	return int64(len(found.rows)), nil
}

// Update changes the record that u addresses if its conditions hold. See [ports.Store].
func (s *Store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	t, leave, err := s.enter(ctx, readers)
	if err != nil {
		return nil, false, failed("update", u.Model, err)
	}
	defer leave()
	v, ids, err := s.addressed(u, u.Model, u.Key, u.Conditions(), args)
	if err != nil {
		return nil, false, failed("update", u.Model, err)
	}
	values := args[len(args)-len(u.Set):]
	for i, c := range u.Set {
		if err := checkValue(u.Model, u.Model.Field(c.Field), values[i]); err != nil {
			return nil, false, failed("update", u.Model, err)
		}
	}
	if len(ids) == 0 {
		return nil, false, nil
	}
	row := slices.Clone(v.table.rows[ids[0]])
	for i, c := range u.Set {
		if err := change(&row[v.cols[u.Model.Field(c.Field)]], c.Add, values[i]); err != nil {
			return nil, false, failed("update", u.Model, err)
		}
	}
	if k := v.table.conflict(ids[0], row); k != nil {
		return nil, false, failed("update", u.Model, v.conflict(k.cols))
	}
	t.set(v.table, ids[0], row)
	return v.record(row, 0), true, nil
}

func change(at *ports.Value, add bool, v ports.Value) error {
	if !add {
		*at = v
		return nil
	}
	n, by := at.AsInt(), v.AsInt()
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return fmt.Errorf("%w: a sum out of range", ports.ErrInvalid)
	}
	*at = ports.Int(n + by)
	return nil
}

// Delete removes every record that satisfies the conditions, and what refers to it. See [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	t, leave, err := s.enter(ctx, readers)
	if err != nil {
		return 0, failed("delete", d.Model, err)
	}
	defer leave()
	v, ids, err := s.addressed(d, d.Model, nil, d.Where, args)
	var n int64
	if err == nil {
		n, err = s.remove(t, v, ids)
	}
	if err != nil {
		return 0, failed("delete", d.Model, err)
	}
	return n, nil
}

// Take removes the record that k addresses if its conditions hold, and what refers to it. See [ports.Store].
func (s *Store) Take(ctx context.Context, k *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	t, leave, err := s.enter(ctx, readers)
	if err != nil {
		return nil, false, failed("take", k.Model, err)
	}
	defer leave()
	v, ids, err := s.addressed(k, k.Model, k.Key, k.Where, args)
	if err != nil {
		return nil, false, failed("take", k.Model, err)
	}
	if len(ids) == 0 {
		return nil, false, nil
	}
	r := v.record(v.table.rows[ids[0]], 0)
	if _, err := s.remove(t, v, ids[:1]); err != nil {
		return nil, false, failed("take", k.Model, err)
	}
	return r, true, nil
}

// A call is an update, a delete or a take.
type call interface {
	Check() error
	CheckArgs(args []ports.Value) error
}

// addressed checks a call and returns the ids of the rows that its key and conditions describe, the smallest first.
func (s *Store) addressed(c call, m *ports.Model, key ports.Key, where []ports.Condition, args []ports.Value) (*view, []string, error) {
	if err := c.Check(); err != nil {
		return nil, nil, err
	}
	if err := c.CheckArgs(args); err != nil {
		return nil, nil, err
	}
	v, err := s.view(m)
	if err != nil {
		return nil, nil, err
	}
	all := make([]ports.Condition, 0, len(key)+len(where))
	for _, name := range key {
		all = append(all, ports.Condition{Field: name})
	}
	f := v.filter(append(all, where...), args, false)
	ids := slices.DeleteFunc(v.near(f), func(id string) bool { return !f.holds(v.table.rows[id]) })
	slices.SortFunc(ids, func(a, b string) int { return compareIDs(v.ID, a, b) })
	return v, ids, nil
}

// near returns ids of rows that exist, among them all that satisfy f.
func (v *view) near(f filter) []string {
	ids, ok := v.candidates(f)
	if ok {
		return slices.DeleteFunc(ids, func(id string) bool { return v.table.rows[id] == nil })
	}
	for id := range v.table.rows {
		ids = append(ids, id)
	}
	return ids
}

// remove deletes the rows under ids after all that refer to them, and returns how many rows of their table went.
func (s *Store) remove(t *tx, v *view, ids []string) (n int64, err error) {
	going := victims{seen: map[victim]bool{}}
	if err := going.collect(s, v, ids); err != nil {
		return 0, err
	}
	for _, g := range going.list {
		t.set(g.table, g.id, nil)
		if g.table == v.table {
			n++
		}
	}
	return n, nil
}

type victim struct {
	table *table
	id    string
}

type victims struct {
	list []victim // what refers to another before the other
	seen map[victim]bool
}

// collect adds the rows of v under ids, after those that refer to them.
func (g *victims) collect(s *Store, v *view, ids []string) error {
	for _, id := range ids {
		row := victim{v.table, id}
		if g.seen[row] {
			continue
		}
		g.seen[row] = true
		for _, r := range v.Dependents {
			from, err := s.view(r.Model)
			if err != nil {
				return err
			}
			f := from.filter([]ports.Condition{{Field: r.Field}}, []ports.Value{ports.String(id)}, false)
			referring := slices.DeleteFunc(from.near(f), func(id string) bool { return !f.holds(from.table.rows[id]) })
			if err := g.collect(s, from, referring); err != nil {
				return err
			}
		}
		g.list = append(g.list, row)
	}
	return nil
}

// found are the rows that satisfy a query, each with the one it refers to where the query follows.
type found struct {
	own, followed *view
	rows          []joined
}

type joined struct{ own, followed []ports.Value }

// find returns the rows that satisfy the conditions of q; the arguments are those of as.
func (s *Store) find(q, as *ports.Query, args []ports.Value) (*found, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	if err := as.CheckArgs(args); err != nil {
		return nil, err
	}
	v, err := s.view(q.Model)
	if err != nil {
		return nil, err
	}
	r := &found{own: v}
	own := v.filter(q.Where, args, false)
	if q.Follow == "" {
		for _, id := range v.near(own) {
			if row := v.table.rows[id]; own.holds(row) {
				r.rows = append(r.rows, joined{own: row})
			}
		}
		return r, nil
	}
	if r.followed, err = s.view(q.Followed()); err != nil {
		return nil, err
	}
	other := r.followed.filter(q.Where, args, true)
	ref := v.cols[v.Field(q.Follow)]
	for _, id := range r.near(own, other, ref) {
		row := v.table.rows[id]
		to := r.followed.table.rows[row[ref].AsString()]
		if own.holds(row) && to != nil && !row[ref].IsNull() && other.holds(to) {
			r.rows = append(r.rows, joined{row, to})
		}
	}
	return r, nil
}

// near returns ids of own rows, among them all that satisfy both filters: by own keys, or else backwards from the
// keys of the followed rows.
func (r *found) near(own, other filter, ref int) []string {
	if _, ok := r.own.candidates(own); ok {
		return r.own.near(own)
	}
	if to, ok := r.followed.candidates(other); ok && len(to) > 0 {
		in := test{Condition: ports.Condition{Op: ports.In}, col: ref}
		for _, id := range to {
			in.args = append(in.args, ports.String(id))
		}
		return r.own.near(append(slices.Clone(own), in))
	}
	return r.own.near(own)
}

func (r *found) sort(q *ports.Query) {
	order := q.Sort()
	slices.SortFunc(r.rows, func(a, b joined) int {
		for _, o := range order {
			i := q.Model.Field(o.Field)
			if c := r.own.compare(i, a.own, b.own); c != 0 {
				return turned(c, o.Desc)
			}
		}
		return 0
	})
}

// compare orders two rows by field i.
func (v *view) compare(i int, a, b []ports.Value) int {
	x, y := a[v.cols[i]], b[v.cols[i]]
	if kind, ok := v.IDKind(i); ok && !x.IsNull() && !y.IsNull() {
		return compareIDs(kind, x.AsString(), y.AsString())
	}
	return cmp.Compare(x.Compare(y), 0)
}

func turned(c int, down bool) int {
	if down {
		return -c
	}
	return c
}

// failed says what the Store was doing, and never with which values.
func failed(verb string, m *ports.Model, err error) error {
	if m == nil {
		return fmt.Errorf("memory: %s: %w", verb, err)
	}
	return fmt.Errorf("memory: %s %q: %w", verb, m.Name, err)
}
