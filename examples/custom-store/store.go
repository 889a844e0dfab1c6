package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync/atomic"

	"github.com/kernia-go/kernia/ports"
)

// A Store keeps everything in maps, one call after the other. It rolls back; ids are text or UUIDs.
type Store struct {
	turn chan struct{}    // held by whoever reads or writes, by a transaction for as long as it lasts
	now  map[string]table // by name; neither it nor what it holds is changed in place, so that an older one is what to go back to
}

type table struct {
	columns row // their defaults
	unique  [][]string
	rows    map[string]row // by id
}

type row map[string]ports.Value // by column

// New returns an empty Store.
func New() *Store { return &Store{turn: make(chan struct{}, 1), now: map[string]table{}} }

type txKey struct{ s *Store }

// Tx implements [ports.Store].
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if over, ok := ctx.Value(txKey{s}).(*atomic.Bool); !ok {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
		over = new(atomic.Bool)
		defer over.Store(true)
		ctx = context.WithValue(ctx, txKey{s}, over)
	} else if over.Load() {
		return fmt.Errorf("%w: the transaction is over", ports.ErrInvalid)
	}
	before, kept := s.now, false
	defer func() {
		if !kept { // after a panic too
			s.now = before
		}
	}()
	err := f(ctx)
	if err == nil {
		err = ctx.Err()
	}
	kept = err == nil
	return err
}

// Migrate implements [ports.Store]. There are no indexes to add.
func (s *Store) Migrate(ctx context.Context, models []*ports.Model, apply bool) (plan ports.Plan, err error) {
	err = s.Tx(ctx, func(context.Context) error {
		before := s.now
		for _, m := range models {
			if err := s.migrate(m, &plan); err != nil {
				return err
			}
		}
		if !apply {
			s.now = before
		}
		return nil
	})
	return plan, err
}

func (s *Store) migrate(m *ports.Model, plan *ports.Plan) error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.ID.Stored() {
		return fmt.Errorf("%w: this store makes no ids", ports.ErrInvalid)
	}
	old := s.now[m.TableName()]
	t := table{row{}, slices.Clone(old.unique), map[string]row{}}
	maps.Copy(t.columns, old.columns)
	add := func(kind ports.StepKind, what string) {
		plan.Steps = append(plan.Steps, ports.Step{Kind: kind, Summary: "add " + what, Statement: m.TableName() + " += " + what})
	}
	if old.rows == nil {
		add(ports.AddTable, "table "+m.TableName())
	}
	for _, f := range m.Fields {
		if _, there := t.columns[f.ColumnName()]; !there {
			add(ports.AddColumn, "column "+f.ColumnName())
			t.columns[f.ColumnName()] = f.Default
		}
	}
	for id, r := range old.rows {
		t.rows[id] = maps.Clone(t.columns)
		maps.Copy(t.rows[id], r)
	}
	for _, k := range m.Unique {
		columns := m.Columns(k)
		if slices.ContainsFunc(t.unique, func(u []string) bool { return slices.Equal(u, columns) }) {
			continue
		}
		if groups, ids := t.duplicates(columns); groups > 0 {
			plan.Duplicates = append(plan.Duplicates, ports.Duplicate{Model: m.Name, Key: k, Groups: groups, IDs: ids[:min(20, len(ids))]})
			continue
		}
		add(ports.AddUnique, "unique key "+k.String())
		t.unique = append(t.unique, columns)
	}
	s.put(m, t)
	return nil
}

// duplicates returns the ids of the rows that agree in the columns, and how many groups they make.
func (t table) duplicates(columns []string) (groups int64, ids []string) {
	same := map[string][]string{}
	for id, r := range t.rows {
		if at, ok := r.key(columns); ok {
			same[at] = append(same[at], id)
		}
	}
	for _, group := range same {
		if len(group) > 1 {
			groups, ids = groups+1, append(ids, group...)
		}
	}
	return groups, ids
}

func (s *Store) put(m *ports.Model, t table) {
	s.now = maps.Clone(s.now)
	s.now[m.TableName()] = t
}

// key returns what tells rows apart by the columns; a row with a null there is like no other.
func (r row) key(columns []string) (key string, ok bool) {
	for _, c := range columns {
		if r[c].IsNull() {
			return "", false
		}
		key += fmt.Sprintf("%q", r[c].AppendJSON(nil))
	}
	return key, true
}

// save stores r under its id, unless another record has one of its unique keys.
func (s *Store) save(m *ports.Model, r ports.Record) error {
	t, id := s.now[m.TableName()], r[0].AsString()
	next := maps.Clone(t.columns)
	maps.Copy(next, t.rows[id])
	for i, f := range m.Fields {
		if !fits(m, i, r[i]) {
			return &ports.RefusedError{Model: m.Name, Field: f.Name}
		}
		next[f.ColumnName()] = r[i]
	}
	for _, columns := range t.unique {
		key, ok := next.key(columns)
		for other, there := range t.rows {
			if at, _ := there.key(columns); ok && at == key && other != id {
				return conflict(m, columns)
			}
		}
	}
	t.rows = maps.Clone(t.rows)
	t.rows[id] = next
	s.put(m, t)
	return nil
}

func conflict(m *ports.Model, columns []string) error {
	for _, k := range m.Unique {
		if slices.Equal(m.Columns(k), columns) {
			return &ports.ConflictError{Model: m.Name, Key: k.String()}
		}
	}
	return &ports.ConflictError{Model: m.Name}
}

// Create implements [ports.Store].
func (s *Store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	r = slices.Clone(r)
	err := s.Tx(ctx, func(context.Context) error {
		if err := s.check(nil, m, func() error { return m.CheckRecord(r) }); err != nil {
			return err
		}
		if s.now[m.TableName()].rows[r[0].AsString()] != nil {
			return &ports.ConflictError{Model: m.Name, Key: "id"}
		}
		return s.save(m, r)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// check returns err, or else an error where m is not migrated, or else that of args, which may panic without both.
func (s *Store) check(err error, m *ports.Model, args func() error) error {
	switch {
	case err != nil:
		return err
	case s.now[m.TableName()].rows == nil:
		return fmt.Errorf("%w: no table for %q", ports.ErrUnavailable, m.Name)
	}
	return args()
}

// Find implements [ports.Store].
func (s *Store) Find(ctx context.Context, q *ports.Query, args []ports.Value) (found []ports.Record, err error) {
	err = s.Tx(ctx, func(context.Context) error {
		if err := s.check(q.Check(), q.Model, func() error { return q.CheckArgs(args) }); err != nil {
			return err
		}
		found = s.find(q.Model, q.Follow, q.Where, args)
		order := q.Sort()
		slices.SortFunc(found, func(a, b ports.Record) int {
			for _, o := range order {
				if c := a[q.Model.Field(o.Field)].Compare(b[q.Model.Field(o.Field)]); c != 0 && o.Desc {
					return -c
				} else if c != 0 {
					return c
				}
			}
			return 0
		})
		limit, offset := q.Page(args)
		found = found[min(offset, int64(len(found))):]
		found = found[:min(limit, int64(len(found)))]
		return nil
	})
	return found, err
}

// Count implements [ports.Store].
func (s *Store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (n int64, err error) {
	all := *q
	all.Paged = false // a count takes no page
	err = s.Tx(ctx, func(context.Context) error {
		err := s.check(q.Check(), q.Model, func() error { return all.CheckArgs(args) })
		if err == nil {
			n = int64(len(s.find(q.Model, q.Follow, q.Where, args)))
		}
		return err
	})
	return n, err
}

// A call is an update, a delete or a take.
type call interface {
	Check() error
	CheckArgs(args []ports.Value) error
}

// change runs f, in a transaction, with the records that a call addresses, if there are any.
func (s *Store) change(ctx context.Context, c call, at ports.Take, args []ports.Value, f func(found []ports.Record) error) error {
	return s.Tx(ctx, func(context.Context) error {
		if err := s.check(c.Check(), at.Model, func() error { return c.CheckArgs(args) }); err != nil {
			return err
		}
		var where []ports.Condition
		for _, name := range at.Key {
			where = append(where, ports.Condition{Field: name})
		}
		if found := s.find(at.Model, "", append(where, at.Where...), args); len(found) > 0 {
			return f(found)
		}
		return nil
	})
}

// Update implements [ports.Store].
func (s *Store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (r ports.Record, ok bool, err error) {
	for i, c := range u.Set {
		at, v := u.Model.Field(c.Field), len(args)-len(u.Set)+i
		if at >= 0 && v >= 0 && !fits(u.Model, at, args[v]) {
			return nil, false, &ports.RefusedError{Model: u.Model.Name, Field: c.Field}
		}
	}
	err = s.change(ctx, u, ports.Take{Model: u.Model, Key: u.Key, Where: u.Conditions()}, args, func(found []ports.Record) error {
		r, ok = found[0], true
		for i, v := range args[len(args)-len(u.Set):] {
			at := &r[u.Model.Field(u.Set[i].Field)]
			switch n, by := at.AsInt(), v.AsInt(); {
			case !u.Set[i].Add:
				*at = v
			case by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by:
				return fmt.Errorf("%w: a sum out of range", ports.ErrInvalid)
			default:
				*at = ports.Int(n + by)
			}
		}
		return s.save(u.Model, r)
	})
	if err != nil {
		return nil, false, err
	}
	return r, ok, nil
}

// Delete implements [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (n int64, err error) {
	err = s.change(ctx, d, ports.Take{Model: d.Model, Where: d.Where}, args, func(found []ports.Record) error {
		before := len(s.now[d.Model.TableName()].rows)
		err := s.remove(d.Model, found)
		n = int64(before - len(s.now[d.Model.TableName()].rows))
		return err
	})
	return n, err
}

// Take implements [ports.Store].
func (s *Store) Take(ctx context.Context, t *ports.Take, args []ports.Value) (r ports.Record, ok bool, err error) {
	err = s.change(ctx, t, *t, args, func(found []ports.Record) error {
		r, ok = found[0], true
		return s.remove(t.Model, found[:1])
	})
	return r, ok, err
}

// remove deletes records and what refers to them.
func (s *Store) remove(m *ports.Model, gone []ports.Record) error {
	t := s.now[m.TableName()]
	t.rows = maps.Clone(t.rows)
	for _, r := range gone {
		delete(t.rows, r[0].AsString())
	}
	s.put(m, t)
	for _, by := range m.Dependents {
		for _, r := range gone {
			if err := s.remove(by.Model, s.find(by.Model, "", []ports.Condition{{Field: by.Field}}, r[:1])); err != nil {
				return err
			}
		}
	}
	return nil
}
