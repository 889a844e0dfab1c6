package kernia

import (
	"context"
	"fmt"

	"github.com/kernia-go/kernia/ports"
)

// A Lookup finds the records of a table that satisfy some conditions: declare it once, by [Table.Where], and keep it.
// Its methods take the arguments of the conditions, one each, in their order: a string, a bool, an int or int64, a
// time.Time, a pointer to one of them, or nil; a slice where a condition says "in". A number of arguments that does
// not fit, or a type, is ports.ErrInvalid. It is safe for concurrent use.
type Lookup[T any] struct {
	table  *Table[T]
	where  where
	order  []ports.Order
	limit  int
	follow string // the reference that is followed, or ""
	fixed  bool   // Limit was called
	finds  plans[ports.Query]
	drops  plans[ports.Delete]
}

// Where declares a look-up. All conditions must hold; none at all finds every record. A condition is the name of a
// field, which must then equal its argument, or a name and a comparison:
//
//	"userId"                equals the argument
//	"userId !="             is not null and does not equal it
//	"createdAt <"           is smaller or earlier; also <=, > and >=
//	"state in"              is one of the values in a slice; also "not in"
//	"image is null"         is null; also "is not null"; neither takes an argument
//	"text contains"         has the argument as a part; also "starts with" and "ends with"
//	"text contains fold"    the same, where A to Z match in either case
//	"userId.email"          a field of the record that userId refers to, where [Follow] follows it
//
// A null field satisfies "is null" alone, and a null argument satisfies nothing. An id has no order and no parts.
// New fails where the conditions do not fit the table.
func (t *Table[T]) Where(conditions ...string) *Lookup[T] {
	l := &Lookup[T]{table: t, where: parseWhere(conditions), limit: maxList}
	if t.sealed {
		l.where.err = errLate
		return l
	}
	t.checks = append(t.checks, l.check)
	return l
}

// Asc sorts by the field, smallest first, nulls before all, and returns l. Further calls sort within equals.
func (l *Lookup[T]) Asc(field string) *Lookup[T] {
	l.order = append(l.order, ports.Order{Field: field})
	return l.declared()
}

// Desc sorts by the field, largest first, nulls last, and returns l. Further calls sort within equals.
func (l *Lookup[T]) Desc(field string) *Lookup[T] {
	l.order = append(l.order, ports.Order{Field: field, Desc: true})
	return l.declared()
}

// Limit sets how many records All, One and Page return at most, 1000 if it is not called, and returns l.
func (l *Lookup[T]) Limit(n int) *Lookup[T] {
	l.limit, l.fixed = n, true
	return l.declared()
}

// declared refuses to change a look-up that New has checked.
func (l *Lookup[T]) declared() *Lookup[T] {
	if l.table.sealed {
		l.where.err = errLate
	}
	return l
}

func (l *Lookup[T]) check() error {
	if err := l.where.check(l.follow); err != nil {
		return err
	}
	q := l.query(l.where.list, false)
	return q.Check()
}

func (l *Lookup[T]) query(where []ports.Condition, paged bool) ports.Query {
	return ports.Query{Model: l.table.schema, Where: where, Follow: l.follow, Order: l.order, Limit: l.limit, Paged: paged}
}

// bind checks that the look-up can be used and takes its arguments.
func (l *Lookup[T]) bind(ctx context.Context, args []any) (bound, error) {
	if l == nil {
		return bound{}, errEarly
	}
	if err := l.table.usable(ctx); err != nil {
		return bound{}, err
	}
	if l.where.err != nil {
		return bound{}, l.where.err
	}
	q := l.query(nil, false)
	b, err := l.where.bind(l.table.schema, q.Followed(), args)
	if err != nil {
		return b, err
	}
	return b, b.done(l.table.schema)
}

// All returns the records that match, in the declared order, or else by id. At most 1000 unless Limit says otherwise.
func (l *Lookup[T]) All(ctx context.Context, args ...any) ([]T, error) {
	records, err := l.records(ctx, args)
	if err != nil {
		return nil, err
	}
	return each(records, l.table.value), nil
}

func (l *Lookup[T]) records(ctx context.Context, args []any) ([]ports.Record, error) {
	b, err := l.bind(ctx, args)
	if err != nil {
		return nil, err
	}
	q := l.finds.of(b.key, func() ports.Query { return l.query(b.where, false) })
	return l.table.auth.config.Store.Find(ctx, q, b.values)
}

// One returns the first record that matches, or nil.
func (l *Lookup[T]) One(ctx context.Context, args ...any) (*T, error) {
	all, err := l.All(ctx, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Page returns at most limit records that match, after the first offset of them, and how many match in all. A limit
// of 0 or above the look-up's own means the look-up's own. Errors: ports.ErrInvalid for a negative limit or offset.
func (l *Lookup[T]) Page(ctx context.Context, limit, offset int, args ...any) (page []T, total int64, err error) {
	records, total, err := l.page(ctx, limit, offset, args)
	if err != nil {
		return nil, 0, err
	}
	return each(records, l.table.value), total, nil
}

func (l *Lookup[T]) page(ctx context.Context, limit, offset int, args []any) ([]ports.Record, int64, error) {
	b, err := l.bind(ctx, args)
	if err != nil {
		return nil, 0, err
	}
	if limit < 0 || offset < 0 {
		return nil, 0, fmt.Errorf("%w: a negative limit or offset", ports.ErrInvalid)
	}
	if limit == 0 {
		limit = l.limit
	}
	q := l.finds.of("page "+b.key, func() ports.Query { return l.query(b.where, true) })
	total, err := l.table.auth.config.Store.Count(ctx, q, b.values)
	if err != nil {
		return nil, 0, err
	}
	records, err := l.table.auth.config.Store.Find(ctx, q, append(b.values, ports.Int(int64(limit)), ports.Int(int64(offset))))
	return records, total, err
}

// Count returns how many records match, whatever the limit.
func (l *Lookup[T]) Count(ctx context.Context, args ...any) (int64, error) {
	b, err := l.bind(ctx, args)
	if err != nil {
		return 0, err
	}
	q := l.finds.of(b.key, func() ports.Query { return l.query(b.where, false) })
	return l.table.auth.config.Store.Count(ctx, q, b.values)
}

// Delete removes every record that matches, what refers to it first, and returns how many there were. A look-up with
// a Limit, or one that follows a reference, cannot delete: ports.ErrInvalid.
func (l *Lookup[T]) Delete(ctx context.Context, args ...any) (int64, error) {
	if l != nil && (l.fixed || l.follow != "") {
		return 0, fmt.Errorf("%w: a look-up with a limit or a reference to follow cannot delete", ports.ErrInvalid)
	}
	return l.delete(ctx, args)
}

func (l *Lookup[T]) delete(ctx context.Context, args []any) (int64, error) {
	b, err := l.bind(ctx, args)
	if err != nil {
		return 0, err
	}
	d := l.drops.of(b.key, func() ports.Delete { return ports.Delete{Model: l.table.schema, Where: b.where} })
	return l.table.auth.config.Store.Delete(ctx, d, b.values)
}

func each[T any](records []ports.Record, value func(ports.Record) T) []T {
	out := make([]T, len(records))
	for i, r := range records {
		out[i] = value(r)
	}
	return out
}
