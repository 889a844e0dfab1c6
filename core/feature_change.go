package kernia

import (
	"context"
	"fmt"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// A Step is one atomic change or removal of a single record: declare it once, by [Table.Change] or [Table.Consume],
// and keep it. It is safe for concurrent use.
type Step[T any] struct {
	table   *Table[T]
	key     ports.Key
	where   where
	set     []ports.Change
	takes   bool // it removes the record
	changes plans[ports.Update]
	removes plans[ports.Take]
}

// Change declares a step that changes the record under key if the conditions, as those of [Table.Where], hold: to
// compare and set. The key is "id" or the fields of a declared unique key, as "team,slug". Set and Add say which
// fields it changes. New fails where the step does not fit the table.
//
//	spend := keys.Change("id", "remaining >").Add("remaining").Set("usedAt")
//	key, err := spend.Do(ctx, id, 0, -1, now) // nil where there is no such key or nothing remains
func (t *Table[T]) Change(key string, conditions ...string) *Step[T] {
	return t.step(&Step[T]{key: parseKey(key), where: parseWhere(conditions)})
}

// Consume declares a step that removes the record under key if the conditions hold, and gives it to one caller, of
// however many. Key and conditions are those of [Table.Change].
func (t *Table[T]) Consume(key string, conditions ...string) *Step[T] {
	return t.step(&Step[T]{key: parseKey(key), where: parseWhere(conditions), takes: true})
}

func (t *Table[T]) step(s *Step[T]) *Step[T] {
	s.table = t
	if t.sealed {
		s.where.err = errLate
		return s
	}
	t.checks = append(t.checks, s.check)
	return s
}

func parseKey(text string) ports.Key {
	k := ports.Key(strings.Split(text, ","))
	for i := range k {
		k[i] = strings.TrimSpace(k[i])
	}
	return k
}

// Set makes the step set the fields to their arguments, and returns s.
func (s *Step[T]) Set(fields ...string) *Step[T] { return s.changed(fields, false) }

// Add makes the step add their arguments to the fields, which hold numbers, and returns s.
func (s *Step[T]) Add(fields ...string) *Step[T] { return s.changed(fields, true) }

func (s *Step[T]) changed(fields []string, add bool) *Step[T] {
	for _, f := range fields {
		s.set = append(s.set, ports.Change{Field: f, Add: add})
	}
	if s.table.sealed {
		s.where.err = errLate
	}
	return s
}

func (s *Step[T]) check() error {
	if err := s.where.check(""); err != nil {
		return err
	}
	if s.takes && len(s.set) > 0 {
		return fmt.Errorf("%w: a step that removes a record sets nothing", ports.ErrInvalid)
	}
	if s.takes {
		k := ports.Take{Model: s.table.schema, Key: s.key, Where: s.where.list}
		return k.Check()
	}
	u := ports.Update{Model: s.table.schema, Key: s.key, Where: s.where.list, Set: s.set}
	return u.Check()
}

// Do takes the step and returns the record, changed or removed; nil where there is none or a condition does not hold.
// The arguments are those of the key, of the conditions, and of Set and Add, in this order, each as in [Lookup].
// Errors: ports.ErrInvalid for arguments that do not fit, a *ports.ConflictError that names the unique key, the
// store's own.
func (s *Step[T]) Do(ctx context.Context, args ...any) (*T, error) {
	if s == nil {
		return nil, errEarly
	}
	if err := s.table.usable(ctx); err != nil {
		return nil, err
	}
	if s.where.err != nil {
		return nil, s.where.err
	}
	b, err := s.bind(args)
	if err != nil {
		return nil, err
	}
	store, m := s.table.auth.config.Store, s.table.schema
	var r ports.Record
	var ok bool
	if s.takes {
		k := s.removes.of(b.key, func() ports.Take { return ports.Take{Model: m, Key: s.key, Where: b.where} })
		r, ok, err = store.Take(ctx, k, b.values)
	} else {
		u := s.changes.of(b.key, func() ports.Update { return ports.Update{Model: m, Key: s.key, Where: b.where, Set: s.set} })
		r, ok, err = store.Update(ctx, u, b.values)
	}
	if err != nil || !ok {
		return nil, err
	}
	v := s.table.value(r)
	return &v, nil
}

// bind takes the arguments of the key, of the conditions and of the changes.
func (s *Step[T]) bind(args []any) (bound, error) {
	m := s.table.schema
	key := bound{rest: args}
	if err := key.take(m, s.key); err != nil {
		return key, err
	}
	b, err := s.where.bind(m, nil, key.rest)
	if err != nil {
		return b, err
	}
	b.values = append(key.values, b.values...)
	fields := make([]string, len(s.set))
	for i, c := range s.set {
		fields[i] = c.Field
	}
	if err := b.take(m, fields); err != nil {
		return b, err
	}
	return b, b.done(m)
}

// take takes one argument for each of the fields.
func (b *bound) take(m *ports.Model, fields []string) error {
	for _, name := range fields {
		if len(b.rest) == 0 {
			return fmt.Errorf("%w: no argument for %q.%q", ports.ErrInvalid, m.Name, name)
		}
		v, err := valueFor(m, m.Field(name), b.rest[0])
		if err != nil {
			return err
		}
		b.values, b.rest = append(b.values, v), b.rest[1:]
	}
	return nil
}
