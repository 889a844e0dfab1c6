package kerniamongo

import (
	"context"
	"errors"
	"math"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// joined is the key under which a pipeline puts the document that it looked up.
const joined = "kernia_joined"

// join returns records with the ones they refer to: in one step where the server looks up, else in two.
func (s *Store) join(ctx context.Context, p *query, args []ports.Value, limit, offset int64) ([]ports.Record, error) {
	own, followed := p.filters(args, "", "")
	if own.never || followed.never {
		return nil, nil
	}
	if s.noLookup.Load() {
		return p.twice(ctx, own, followed, limit, offset)
	}
	found, err := p.sorted(limit, offset, func(order bool, limit, offset int64) ([]ports.Record, error) {
		return p.once(ctx, args, order, limit, offset)
	})
	if lacksLookup(err) {
		s.noLookup.Store(true)
		return p.twice(ctx, own, followed, limit, offset)
	}
	return found, err
}

// lacksLookup reports whether err is how a server says that it does not know $lookup.
func lacksLookup(err error) bool {
	var said mongo.ServerError
	return errors.As(err, &said) && (said.HasErrorCode(238) || said.HasErrorCode(304) || said.HasErrorCode(40324))
}

// once joins on the server.
func (p *query) once(ctx context.Context, args []ports.Value, sort bool, limit, offset int64) ([]ports.Record, error) {
	from := p.own.coll
	if p.reverse {
		from = p.followed.coll
	}
	cursor, err := from.Aggregate(ctx, p.pipeline(args, sort, limit, offset), options.Aggregate().SetBatchSize(atOnce(limit)))
	if err != nil {
		return nil, err
	}
	return drain(ctx, cursor, func(doc bson.Raw) (ports.Record, error) {
		r := make(ports.Record, len(p.own.columns)+len(p.followed.columns))
		first, second := r[:len(p.own.columns)], r[len(p.own.columns):]
		outer, inner := p.own, p.followed
		if p.reverse {
			outer, inner, first, second = inner, outer, second, first
		}
		looked, err := outer.decode(doc, first, joined)
		if err == nil {
			_, err = inner.decode(looked, second, "")
		}
		return r, err
	})
}

// pipeline returns the stages that begin at the records whose conditions name few.
func (p *query) pipeline(args []ports.Value, sort bool, limit, offset int64) mongo.Pipeline {
	below := joined + "."
	lookup := bson.D{
		{Key: "from", Value: p.followed.coll.Name()},
		{Key: "localField", Value: p.own.columns[p.ref].name},
		{Key: "foreignField", Value: "_id"},
		{Key: "as", Value: joined},
	}
	first, second := p.filters(args, "", below)
	order := p.order
	if p.reverse {
		lookup[0].Value, lookup[1].Value, lookup[2].Value = p.own.coll.Name(), "_id", p.own.columns[p.ref].name
		second, first = p.filters(args, below, "")
		order = p.own.order(below, p.by)
	}
	stages := mongo.Pipeline{{{Key: "$match", Value: first.doc()}}, {{Key: "$lookup", Value: lookup}}, {{Key: "$unwind", Value: "$" + joined}}}
	if second.tests != nil {
		stages = append(stages, bson.D{{Key: "$match", Value: second.doc()}})
	}
	if sort {
		stages = append(stages, bson.D{{Key: "$sort", Value: order}})
	}
	if offset > 0 {
		stages = append(stages, bson.D{{Key: "$skip", Value: offset}})
	}
	if limit < math.MaxInt64 {
		stages = append(stages, bson.D{{Key: "$limit", Value: limit}})
	}
	return stages
}

// twice joins here. It begins at the followed records where their conditions name few of them.
func (p *query) twice(ctx context.Context, own, followed *filter, limit, offset int64) ([]ports.Record, error) {
	if p.reverse {
		to, err := p.followed.find(ctx, followed, nil, batch, 0)
		if err != nil || len(to) == 0 {
			return nil, err
		}
		if len(to) < batch {
			ids, by := p.byID(to)
			if limit == math.MaxInt64 {
				limit = 0 // no limit, to the server
			}
			from, err := p.own.find(ctx, own.among(p.own.columns[p.ref].name, ids), p.order, limit, offset)
			return p.match(from, by), err
		}
	}
	return p.sorted(limit, offset, func(order bool, limit, offset int64) ([]ports.Record, error) {
		return p.forwards(ctx, own, followed, order, limit, offset)
	})
}

// forwards reads records and then, part by part, those that they refer to, until it has enough.
func (p *query) forwards(ctx context.Context, own, followed *filter, sort bool, limit, offset int64) ([]ports.Record, error) {
	all := options.Find().SetBatchSize(atOnce(limit + offset))
	if sort {
		all.SetSort(p.order)
	}
	cursor, err := p.own.coll.Find(ctx, own.doc(), all)
	if err != nil {
		return nil, err
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var found []ports.Record
	for int64(len(found)) < limit {
		part, err := p.part(ctx, cursor)
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		pairs, err := p.extend(ctx, part, followed)
		if err != nil {
			return nil, err
		}
		skip := min(offset, int64(len(pairs)))
		offset -= skip
		found = append(found, pairs[skip:]...)
	}
	return found[:min(limit, int64(len(found)))], nil
}

// part returns the next own records of a cursor, none at its end.
func (p *query) part(ctx context.Context, cursor *mongo.Cursor) ([]ports.Record, error) {
	var part []ports.Record
	for len(part) < batch && cursor.Next(ctx) {
		r, err := p.own.record(cursor.Current)
		if err != nil {
			return nil, err
		}
		part = append(part, r)
		if cursor.RemainingBatchLength() == 0 {
			break // ask about what is here before asking for more
		}
	}
	return part, cursor.Err()
}

// extend returns those of records whose reference leads to one that satisfies f, with it.
func (p *query) extend(ctx context.Context, records []ports.Record, f *filter) ([]ports.Record, error) {
	ids, seen := bson.A{}, map[string]bool{}
	for _, r := range records {
		ref := r[p.ref]
		if id, ok := p.followed.columns[0].encode(ref); ok && !ref.IsNull() && !seen[ref.AsString()] {
			seen[ref.AsString()] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	to, err := p.followed.find(ctx, f.among("_id", ids), nil, 0, 0)
	if err != nil {
		return nil, err
	}
	_, by := p.byID(to)
	return p.match(records, by), nil
}

// byID returns the stored ids of followed records, and the records by their ids.
func (p *query) byID(to []ports.Record) (bson.A, map[string]ports.Record) {
	ids, by := make(bson.A, 0, len(to)), make(map[string]ports.Record, len(to))
	for _, r := range to {
		if id, ok := p.followed.columns[0].encode(r[0]); ok {
			ids = append(ids, id)
			by[r[0].AsString()] = r
		}
	}
	return ids, by
}

// match extends each record by the one it refers to and leaves out those that refer to none.
func (p *query) match(records []ports.Record, by map[string]ports.Record) []ports.Record {
	pairs := make([]ports.Record, 0, len(records))
	for _, r := range records {
		if to, ok := by[r[p.ref].AsString()]; ok && !r[p.ref].IsNull() {
			pairs = append(pairs, append(r, to...))
		}
	}
	return pairs
}
