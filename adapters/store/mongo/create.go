package kerniamongo

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// Create stores r. See [ports.Store].
func (s *Store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	sh, err := s.shape(m)
	if err == nil {
		err = m.CheckRecord(r)
	}
	r = slices.Clone(r)
	if err == nil {
		err = s.do(ctx, func(call context.Context) error { return s.create(call, sh, r) })
	}
	if err != nil {
		return nil, fail(ctx, "create", m.Name, err)
	}
	return r, nil
}

// create stores r and puts the id into it where the store makes it.
func (s *Store) create(ctx context.Context, sh *shape, r ports.Record) error {
	for tries := 0; ; tries++ {
		doc, err := s.document(ctx, sh, r)
		if err != nil {
			return err
		}
		_, err = sh.coll.InsertOne(ctx, doc)
		if !isDuplicate(err) {
			return err
		}
		held := sh.conflict(ctx, err, r, true)
		if sh.ID != ports.IDSerial || held.Key != "id" || tries > 2 {
			return held
		}
		if err := s.catchUp(ctx, sh); err != nil { // somebody wrote documents that the counter does not know
			return err
		}
	}
}

// document returns r as a document, and puts the id into r where the store makes it.
func (s *Store) document(ctx context.Context, sh *shape, r ports.Record) (bson.D, error) {
	doc := make(bson.D, 0, len(r))
	for i := range r {
		f := &sh.fields[i]
		if i == 0 && sh.ID.Stored() {
			id, err := s.makeID(ctx, sh)
			if err != nil {
				return nil, err
			}
			doc = append(doc, bson.E{Key: "_id", Value: id})
			r[0] = ports.String(idText(id))
			continue
		}
		if r[i].IsNull() && !f.explicit {
			continue
		}
		in, ok := f.encode(r[i])
		if !ok {
			return nil, fmt.Errorf("%w: %q.%q cannot hold such text", ports.ErrInvalid, sh.Name, f.Name)
		}
		doc = append(doc, bson.E{Key: f.column, Value: in})
	}
	return doc, nil
}

func (s *Store) makeID(ctx context.Context, sh *shape) (any, error) {
	if sh.ID == ports.IDObjectID {
		return primitive.NewObjectID(), nil
	}
	return s.count(ctx, sh, "$inc", 1)
}

func idText(id any) string {
	if id, ok := id.(primitive.ObjectID); ok {
		return id.Hex()
	}
	return fmt.Sprint(id)
}

// count changes the counter of sh by op and returns it. It is never part of a transaction, so that no number is
// used twice and no two transactions collide over it.
func (s *Store) count(ctx context.Context, sh *shape, op string, n int64) (int64, error) {
	counters := s.db.Collection("kernia_counters")
	key := bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: sh.TableName()}}}}
	change := bson.D{{Key: op, Value: bson.D{{Key: "last", Value: n}}}}
	set := options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)
	ctx = mongo.NewSessionContext(ctx, nil)
	for {
		var counter struct {
			Last int64 `bson:"last"`
		}
		err := counters.FindOneAndUpdate(ctx, key, change, set).Decode(&counter) //nolint:contextcheck // it is the caller's, without the session
		// A duplicate means two first ones at once: the other made it.
		if !isDuplicate(err) || ctx.Err() != nil {
			return counter.Last, err
		}
	}
}

// catchUp moves the counter of sh up to the highest id there is.
func (s *Store) catchUp(ctx context.Context, sh *shape) error {
	var top struct {
		ID int64 `bson:"_id"`
	}
	highest := options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}}).SetProjection(bson.D{{Key: "_id", Value: 1}})
	if err := sh.coll.FindOne(ctx, bson.D{}, highest).Decode(&top); err != nil {
		return err
	}
	_, err := s.count(ctx, sh, "$max", top.ID)
	return err
}
