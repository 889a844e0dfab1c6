package kerniamongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// Delete removes every record that satisfies the conditions, before each those that refer to it. See
// [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	sh, f, err := s.address(d, d.Model, nil, d.Where, args)
	if err != nil {
		return 0, fail(ctx, "delete", name(d.Model), err)
	}
	var n int64
	err = s.do(ctx, func(call context.Context) error {
		if f.never {
			return nil
		}
		return s.together(call, len(d.Model.Dependents) > 0, func(call context.Context) (err error) {
			n, err = s.removal(call, sh).all(sh, f) //nolint:contextcheck // it has call, and closes its cursor even when that is over
			return err
		})
	})
	if err != nil {
		return 0, fail(ctx, "delete", d.Model.Name, err)
	}
	return n, nil
}

// A removal deletes documents, those that refer to them first, and counts the ones of one collection.
type removal struct {
	s       *Store
	ctx     context.Context //nolint:containedctx // of one call
	counted string
	seen    map[string]bool // by collection and id: references may go round in a circle
}

func (s *Store) removal(ctx context.Context, counted *shape) *removal {
	return &removal{s: s, ctx: ctx, counted: counted.TableName(), seen: map[string]bool{}}
}

// all removes the documents of f and returns how many of the counted collection went.
func (rm *removal) all(sh *shape, f *filter) (n int64, err error) {
	if len(sh.Dependents) == 0 {
		return rm.delete(sh, f)
	}
	for {
		ids, err := rm.ids(sh, f)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		below, err := rm.referrers(sh, ids)
		n += below
		if err != nil {
			return n, err
		}
		gone, err := rm.delete(sh, f.among("_id", ids))
		n += gone
		if err != nil || len(ids) < batch {
			return n, err
		}
	}
}

// referrers removes what refers to the documents of sh under ids.
func (rm *removal) referrers(sh *shape, ids bson.A) (n int64, err error) {
	fresh := bson.A{}
	for _, id := range ids {
		at := sh.TableName() + "\x00" + id.(bson.RawValue).String()
		if !rm.seen[at] {
			rm.seen[at] = true
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	for _, r := range sh.Dependents {
		from, err := rm.s.shape(r.Model)
		if err != nil {
			return n, err
		}
		f := (&filter{}).among(from.field(r.Field).column, fresh)
		if sh.TableName() == from.TableName() { // deleted by whoever began with them
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
func (rm *removal) ids(sh *shape, f *filter) (bson.A, error) {
	only := options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetLimit(batch).SetBatchSize(batch)
	cursor, err := sh.coll.Find(rm.ctx, f.doc(), only)
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

func (rm *removal) delete(sh *shape, f *filter) (int64, error) {
	gone, err := sh.coll.DeleteMany(rm.ctx, f.doc())
	if err != nil || sh.TableName() != rm.counted {
		return 0, err
	}
	return gone.DeletedCount, nil
}
