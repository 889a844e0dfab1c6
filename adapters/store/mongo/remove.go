package kerniamongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// A removal deletes documents, those that refer to them first, and counts the ones of one collection.
type removal struct {
	s       *Store
	ctx     context.Context //nolint:containedctx // of one call
	counted string
	seen    map[string]bool // by collection and id: references may go round in a circle
}

func (s *Store) removal(ctx context.Context, counted *table) *removal {
	return &removal{s: s, ctx: ctx, counted: counted.name, seen: map[string]bool{}}
}

// all removes the documents of f and returns how many of the counted collection went.
func (rm *removal) all(t *table, f *filter) (n int64, err error) {
	if len(t.model.Dependents) == 0 {
		return rm.delete(t, f)
	}
	for {
		ids, err := rm.ids(t, f)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		below, err := rm.dependents(t, ids)
		n += below
		if err != nil {
			return n, err
		}
		gone, err := rm.delete(t, f.among("_id", ids))
		n += gone
		if err != nil || len(ids) < batch {
			return n, err
		}
	}
}

// dependents removes what refers to the documents of t under ids.
func (rm *removal) dependents(t *table, ids bson.A) (n int64, err error) {
	fresh := bson.A{}
	for _, id := range ids {
		at := t.name + "\x00" + id.(bson.RawValue).String()
		if !rm.seen[at] {
			rm.seen[at] = true
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	for _, r := range t.model.Dependents {
		from, err := rm.s.table(r.Model)
		if err != nil {
			return n, err
		}
		f := (&filter{}).among(from.column(r.Field).name, fresh)
		if t.name == from.name { // deleted by whoever began with them
			f = f.with("_id", "$nin", fresh)
		}
		gone, err := rm.all(from, f)
		n += gone
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// ids returns the ids of up to a batch of the documents of f.
func (rm *removal) ids(t *table, f *filter) (bson.A, error) {
	only := options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetLimit(batch).SetBatchSize(batch)
	cursor, err := t.coll.Find(rm.ctx, f.doc(), only)
	if err != nil {
		return nil, err
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(rm.ctx)) }()
	var ids bson.A
	for cursor.Next(rm.ctx) {
		id := cursor.Current.Lookup("_id")
		id.Value = append([]byte(nil), id.Value...) // the cursor uses its buffer again
		ids = append(ids, id)
	}
	return ids, cursor.Err()
}

func (rm *removal) delete(t *table, f *filter) (int64, error) {
	gone, err := t.coll.DeleteMany(rm.ctx, f.doc())
	if err != nil || t.name != rm.counted {
		return 0, err
	}
	return gone.DeletedCount, nil
}
