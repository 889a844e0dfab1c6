package kernia

import (
	"context"
	"fmt"

	"github.com/kernia-go/kernia/ports"
)

// A Referred is what a column can refer to: a *[Table] of U, or [Auth.Users] with U = [User].
type Referred[U any] interface {
	model() *ports.Model
	value(ports.Record) U
}

// A Pair is a record and the one that it refers to.
type Pair[T, U any] struct {
	Record T
	Target U
}

// A Joined is a look-up whose records come with the ones that they refer to, in one call of the store. Declare it
// by [Follow]. Its methods take arguments as those of [Lookup] do. It is safe for concurrent use.
type Joined[T, U any] struct {
	lookup *Lookup[T]
	to     Referred[U]
}

// Follow makes l follow the reference in the field to the table that it refers to: what in SQL is an inner join.
// Conditions of l may then name fields of the target, as "userId.email". A record whose reference is null or leads
// nowhere is not found. Use it in Declare:
//
//	authors := kernia.Follow(notes.Where("team").Desc("createdAt"), "userId", d.Auth().Users)
//
// New fails where the field refers to another table.
func Follow[T, U any](l *Lookup[T], field string, to Referred[U]) *Joined[T, U] {
	l.follow = field
	if l.declared(); !l.table.sealed {
		l.table.checks = append(l.table.checks, func() error {
			m := l.table.schema
			if i := m.Field(field); to == nil || to.model() == nil || i < 0 || m.Fields[i].References != to.model() {
				return fmt.Errorf("%w: %q does not refer to the table to which it is followed", ports.ErrInvalid, field)
			}
			return nil
		})
	}
	return &Joined[T, U]{lookup: l, to: to}
}

// pair splits a record where that of the target begins.
func (j *Joined[T, U]) pair(r ports.Record) Pair[T, U] {
	own := len(j.lookup.table.schema.Fields)
	return Pair[T, U]{Record: j.lookup.table.value(r[:own]), Target: j.to.value(r[own:])}
}

// All returns the records that match with their targets. See [Lookup.All].
func (j *Joined[T, U]) All(ctx context.Context, args ...any) ([]Pair[T, U], error) {
	if j == nil {
		return nil, errEarly
	}
	records, err := j.lookup.records(ctx, args)
	if err != nil {
		return nil, err
	}
	return each(records, j.pair), nil
}

// One returns the first record that matches with its target, or nil.
func (j *Joined[T, U]) One(ctx context.Context, args ...any) (*Pair[T, U], error) {
	all, err := j.All(ctx, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Page returns a page of the records that match with their targets, and how many match in all. See [Lookup.Page].
func (j *Joined[T, U]) Page(ctx context.Context, limit, offset int, args ...any) (page []Pair[T, U], total int64, err error) {
	if j == nil {
		return nil, 0, errEarly
	}
	records, total, err := j.lookup.page(ctx, limit, offset, args)
	if err != nil {
		return nil, 0, err
	}
	return each(records, j.pair), total, nil
}
