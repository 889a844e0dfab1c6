package kerniamongo

import (
	"context"
	"fmt"
	"math"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

const batch = 500 // documents that the server sends, or is asked about, at once

// Find returns the records that q describes. See [ports.Store].
func (s *Store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	p, err := s.plan(q)
	if err == nil {
		err = q.CheckArgs(args)
	}
	if err != nil {
		return nil, fail(ctx, "find", name(q.Model), err)
	}
	limit, offset := q.Page(args)
	var found []ports.Record
	err = s.do(ctx, func(call context.Context) (err error) {
		found, err = s.find(call, p, args, limit, offset)
		return err
	})
	if err != nil {
		return nil, fail(ctx, "find", q.Model.Name, err)
	}
	return found, nil
}

// Count returns how many records satisfy the conditions of q. See [ports.Store].
func (s *Store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	p, err := s.plan(q)
	if err == nil {
		conditions := *q
		conditions.Paged = false
		err = conditions.CheckArgs(args)
	}
	if err != nil {
		return 0, fail(ctx, "count", name(q.Model), err)
	}
	var n int64
	err = s.do(ctx, func(call context.Context) (err error) {
		n, err = s.total(call, p, args)
		return err
	})
	if err != nil {
		return 0, fail(ctx, "count", q.Model.Name, err)
	}
	return n, nil
}

func (s *Store) find(ctx context.Context, p *plan, args []ports.Value, limit, offset int64) ([]ports.Record, error) {
	if tooLong(p.Where, args) {
		return nil, fmt.Errorf("%w: a text of over %d bytes to be contained", ports.ErrInvalid, longest)
	}
	if p.followed != nil {
		return s.join(ctx, p, args, limit, offset)
	}
	f, _ := p.filters(args, "", "")
	if f.never {
		return nil, nil
	}
	return p.sorted(limit, offset, func(order bool, limit, offset int64) ([]ports.Record, error) {
		if !order {
			return p.own.find(ctx, f, nil, limit, offset)
		}
		return p.own.find(ctx, f, p.order, limit, offset)
	})
}

// find returns records that satisfy f.
func (sh *shape) find(ctx context.Context, f *filter, order bson.D, limit, offset int64) ([]ports.Record, error) {
	page := options.Find().SetLimit(limit).SetSkip(offset).SetBatchSize(atOnce(limit))
	if len(order) > 0 {
		page.SetSort(order)
	}
	cursor, err := sh.coll.Find(ctx, f.doc(), page)
	if err != nil {
		return nil, err
	}
	return drain(ctx, cursor, sh.record)
}

// atOnce returns how many documents to ask for at once when limit are wanted; zero is no limit.
func atOnce(limit int64) int32 {
	if limit <= 0 || limit > batch {
		return batch
	}
	return int32(limit)
}

// drain decodes all documents of a cursor and closes it.
func drain(ctx context.Context, cursor *mongo.Cursor, decode func(bson.Raw) (ports.Record, error)) ([]ports.Record, error) {
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var found []ports.Record
	for cursor.Next(ctx) {
		r, err := decode(cursor.Current)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, cursor.Err()
}

func (s *Store) total(ctx context.Context, p *plan, args []ports.Value) (int64, error) {
	if tooLong(p.Where, args) {
		return 0, fmt.Errorf("%w: a text of over %d bytes to be contained", ports.ErrInvalid, longest)
	}
	if p.followed != nil {
		found, err := s.join(ctx, p, args, math.MaxInt64, 0)
		return int64(len(found)), err
	}
	f, _ := p.filters(args, "", "")
	if f.never {
		return 0, nil
	}
	return p.own.coll.CountDocuments(ctx, f.doc())
}

// name returns the name of a model that may be missing.
func name(m *ports.Model) string {
	if m == nil {
		return "nothing"
	}
	return m.Name
}
