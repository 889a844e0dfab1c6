package kerniamongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

func (s *Store) makeID(ctx context.Context, t *table) (any, error) {
	if t.model.ID == ports.IDObjectID {
		return primitive.NewObjectID(), nil
	}
	return s.count(ctx, t, "$inc", 1)
}

func idText(id any) string {
	if id, ok := id.(primitive.ObjectID); ok {
		return id.Hex()
	}
	return fmt.Sprint(id)
}

// count changes the counter of t by op and returns it. It is never part of a transaction, so that no number is
// used twice and no two transactions collide over it.
func (s *Store) count(ctx context.Context, t *table, op string, n int64) (int64, error) {
	counters := s.db.Collection(s.options.Prefix + "kernia_counters")
	key := bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: t.name}}}}
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

// catchUp moves the counter of t up to the highest id there is.
func (s *Store) catchUp(ctx context.Context, t *table) error {
	var top struct {
		ID int64 `bson:"_id"`
	}
	highest := options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}}).SetProjection(bson.D{{Key: "_id", Value: 1}})
	if err := t.coll.FindOne(ctx, bson.D{}, highest).Decode(&top); err != nil {
		return err
	}
	_, err := s.count(ctx, t, "$max", top.ID)
	return err
}
