package kerniamongo_test

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

// BenchmarkStore measures what most requests do. Compare it with BenchmarkDriver; times on the stand-in are the
// stand-in's.
func BenchmarkStore(b *testing.B) {
	need(b)
	storetest.Bench(b, func(b *testing.B, name string) ports.Store {
		b.Helper()
		return kerniamongo.New(database(b, name), kerniamongo.Options{KeepExpired: true})
	})
}

// BenchmarkDriver does the same by hand: a session and its user by two reads or one $lookup, as the server allows,
// and a session stored.
func BenchmarkDriver(b *testing.B) {
	store, db := fresh(b)
	ms := newModels(ports.IDText)
	must(store.Migrate(b.Context(), ms.all(), true))(b)
	users, sessions := db.Collection("user"), db.Collection("session")
	for i := range 1000 {
		id := fmt.Sprint("u", i)
		must(users.InsertOne(b.Context(), bson.D{{Key: "_id", Value: id}, {Key: "email", Value: id + "@example.com"}, {Key: "name", Value: id}}))(b)
		must(sessions.InsertOne(b.Context(), session(fmt.Sprint(i), id)))(b)
	}
	b.Run("SessionByToken", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			filter := bson.D{{Key: "token", Value: bson.D{{Key: "$in", Value: bson.A{fmt.Sprint("token", i%1000), "sha256:none"}}}}}
			if server.real {
				lookUp(b, sessions, filter)
			} else {
				readTwice(b, sessions, users, filter)
			}
		}
	})
	b.Run("Create", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(sessions.InsertOne(b.Context(), session(fmt.Sprint("new", i), "u1")))(b)
		}
	})
}

func session(id, user string) bson.D {
	return bson.D{
		{Key: "_id", Value: id}, {Key: "userId", Value: user}, {Key: "token", Value: "token" + id},
		{Key: "expiresAt", Value: primitive.NewDateTimeFromTime(noon)},
	}
}

type row struct {
	ID     string             `bson:"_id"`
	UserID string             `bson:"userId"`
	Token  string             `bson:"token"`
	Until  primitive.DateTime `bson:"expiresAt"`
}

func lookUp(b *testing.B, sessions *mongo.Collection, filter bson.D) {
	b.Helper()
	cursor := must(sessions.Aggregate(b.Context(), mongo.Pipeline{
		{{Key: "$match", Value: filter}},
		{{Key: "$lookup", Value: bson.D{{Key: "from", Value: "user"}, {Key: "localField", Value: "userId"}, {Key: "foreignField", Value: "_id"}, {Key: "as", Value: "u"}}}},
		{{Key: "$unwind", Value: "$u"}}, {{Key: "$limit", Value: 1}},
	}))(b)
	var found []struct {
		row `bson:",inline"`
		U   bson.Raw `bson:"u"`
	}
	if err := cursor.All(b.Context(), &found); err != nil || len(found) != 1 {
		b.Fatal(len(found), err)
	}
}

func readTwice(b *testing.B, sessions, users *mongo.Collection, filter bson.D) {
	b.Helper()
	var s row
	if err := sessions.FindOne(b.Context(), filter, options.FindOne()).Decode(&s); err != nil {
		b.Fatal(err)
	}
	var u struct{ Name, Email string }
	if err := users.FindOne(b.Context(), bson.D{{Key: "_id", Value: s.UserID}}).Decode(&u); err != nil {
		b.Fatal(err)
	}
}
