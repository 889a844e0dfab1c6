package kerniamongo_test

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

// TestJoin proves which pipelines are sent to a server that looks up, and what is made of its answer. That it finds
// the same without, on the stand-in, is the kit's to prove.
func TestJoin(t *testing.T) {
	ms := newModels(ports.IDText)
	user := bson.D{{Key: "_id", Value: "u"}, {Key: "name", Value: "Ada"}, {Key: "email", Value: "ada@x"}}
	session := bson.D{{Key: "_id", Value: "s"}, {Key: "userId", Value: "u"}, {Key: "token", Value: "t"}}
	account := bson.D{{Key: "_id", Value: "a"}, {Key: "userId", Value: "u"}, {Key: "providerId", Value: "credential"}}
	for _, c := range []struct {
		name, from, pipeline string
		q                    *ports.Query
		args                 []ports.Value
		answer               bson.D
	}{
		{
			"BeginsAtTheSessionForItsToken", "session",
			`[{"$match":{"token":{"$in":["h","t"]},"expiresAt":{"$gt":{"$date":"2026-03-01T12:00:00.123Z"}}}},` +
				`{"$lookup":{"from":"user","localField":"userId","foreignField":"_id","as":"kernia_joined"}},{"$unwind":"$kernia_joined"},` +
				`{"$sort":{"_id":1}},{"$limit":1}]`,
			ms.sessionQuery(), []ports.Value{ports.String("h"), ports.String("t"), ports.Time(noon)},
			append(slices.Clone(session), bson.E{Key: "kernia_joined", Value: user}),
		},
		{
			"BeginsAtTheUserForTheirAddress", "user",
			`[{"$match":{"email":{"$eq":"ada@x"}}},` +
				`{"$lookup":{"from":"account","localField":"_id","foreignField":"userId","as":"kernia_joined"}},{"$unwind":"$kernia_joined"},` +
				`{"$match":{"kernia_joined.providerId":{"$eq":"credential"}}},{"$sort":{"kernia_joined._id":1}},{"$limit":1}]`,
			ms.signInQuery(), []ports.Value{ports.String("credential"), ports.String("ada@x")},
			append(slices.Clone(user), bson.E{Key: "kernia_joined", Value: account}),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, s := scripted(t, func(string, bson.Raw) bson.D { return batch(c.answer) })
			found, err := store.Find(t.Context(), c.q, c.args)
			if err != nil || len(found) != 1 {
				t.Fatalf("Find = %d records, %v, want 1", len(found), err)
			}
			own := len(c.q.Model.Fields)
			if len(found[0]) != own+len(ms.user.Fields) || found[0][1].AsString() != "u" || found[0][own].AsString() != "u" || found[0][own+2].AsString() != "ada@x" {
				t.Errorf("Find = %v", found[0])
			}
			if got := s.names(); !slices.Equal(got, []string{"aggregate"}) {
				t.Fatalf("the server heard %v, want one aggregate", got)
			}
			if from := s.heard[0].Lookup("aggregate").StringValue(); from != c.from {
				t.Errorf("the pipeline begins at %q, want %q", from, c.from)
			}
			got, _ := bson.MarshalExtJSON(bson.D{{Key: "p", Value: s.heard[0].Lookup("pipeline")}}, false, false)
			if want := `{"p":` + c.pipeline + `}`; string(got) != want {
				t.Errorf("the pipeline is\n%s, want\n%s", got, want)
			}
		})
	}
	t.Run("ReadsTwiceWhereTheServerLooksNothingUp", func(t *testing.T) {
		store, s := scripted(t, func(name string, cmd bson.Raw) bson.D {
			switch {
			case name == "aggregate":
				return refused(40324, "Unrecognized pipeline stage name: '$lookup'")
			case cmd.Lookup("find").StringValue() == "session":
				return batch(session)
			}
			return batch(user)
		})
		for range 2 {
			found, err := store.Find(t.Context(), ms.sessionQuery(), []ports.Value{ports.String("h"), ports.String("t"), ports.Time(noon)})
			if err != nil || len(found) != 1 {
				t.Fatalf("Find = %d records, %v, want 1", len(found), err)
			}
		}
		if got := s.names(); !slices.Equal(got, []string{"aggregate", "find", "find", "find", "find"}) {
			t.Errorf("the server heard %v, want it to be asked for a look-up once", got)
		}
	})
}
