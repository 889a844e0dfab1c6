package kerniamongo_test

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

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
				`{"$limit":3}]`,
			ms.sessionQuery(),
			[]ports.Value{ports.String("h"), ports.String("t"), ports.Time(noon)},
			append(slices.Clone(session), bson.E{Key: "kernia_joined", Value: user}),
		},
		{
			"BeginsAtTheUserForTheirAddress", "user",
			`[{"$match":{"email":{"$eq":"ada@x"}}},` +
				`{"$lookup":{"from":"account","localField":"_id","foreignField":"userId","as":"kernia_joined"}},{"$unwind":"$kernia_joined"},` +
				`{"$match":{"kernia_joined.providerId":{"$eq":"credential"}}},{"$sort":{"kernia_joined._id":1}},{"$limit":1}]`,
			ms.signInQuery(),
			[]ports.Value{ports.String("credential"), ports.String("ada@x")},
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

// TestFew proves that the server is not asked to sort what a key leaves few of, and that its order is kept all the
// same, also where the database lacks the key.
func TestFew(t *testing.T) {
	token := func(id, token string) bson.D {
		return bson.D{{Key: "_id", Value: id}, {Key: "userId", Value: "u"}, {Key: "token", Value: token}}
	}
	ms := newModels(ports.IDText)
	args := []ports.Value{ports.String("h"), ports.String("t")}
	tokens := func(limit int, order ...ports.Order) *ports.Query {
		return &ports.Query{Model: ms.session, Limit: limit, Order: order, Where: []ports.Condition{{Field: "token", Op: ports.In, Count: 2}}}
	}
	for _, c := range []struct {
		name   string
		q      *ports.Query
		stored []bson.D
		sorts  []bool
		want   []string
	}{
		{"SortsHere", tokens(9), []bson.D{token("b", "t"), token("a", "h")}, []bool{false}, []string{"a", "b"}},
		{"CutsHere", tokens(1), []bson.D{token("b", "t"), token("a", "h")}, []bool{false}, []string{"a"}},
		{"SortsDownwards", tokens(9, ports.Order{Field: "userId", Desc: true}), []bson.D{token("a", "t"), token("b", "h")}, []bool{false}, []string{"b", "a"}},
		{"LetsTheServerSortWithoutTheKey", tokens(9), []bson.D{token("b", "t"), token("a", "h"), token("c", "h")}, []bool{false, true}, []string{"b", "a", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, s := scripted(t, func(string, bson.Raw) bson.D { return batch(c.stored...) })
			var ids []string
			for _, r := range must(store.Find(t.Context(), c.q, args))(t) {
				ids = append(ids, r[0].AsString())
			}
			var sorts []bool
			for _, cmd := range s.heard {
				sorts = append(sorts, cmd.Lookup("sort").Type != 0)
			}
			if !slices.Equal(ids, c.want) || !slices.Equal(sorts, c.sorts) {
				t.Errorf("Find = %v with the server sorting %v, want %v and %v", ids, sorts, c.want, c.sorts)
			}
		})
	}
	t.Run("SortsEveryFormOfIDs", func(t *testing.T) {
		for kind, ids := range map[ports.IDKind][]string{
			ports.IDText:     {"B", "a", "ä"},
			ports.IDUUID:     {"0190163d-8694-4abc-8def-000000000001", "0190163d-8694-4abc-8def-00000000000a", "f190163d-8694-4abc-8def-000000000001"},
			ports.IDSerial:   {"2", "9", "10"},
			ports.IDObjectID: {"000000000000000000000009", "00000000000000000000000a", "f00000000000000000000000"},
		} {
			store, db := fresh(t)
			m := newModels(kind).verification
			for _, i := range []int{2, 0, 1} {
				_, err := db.Collection("verification").InsertOne(t.Context(), bson.D{{Key: "_id", Value: stored(t, kind, ids[i])}, {Key: "identifier", Value: "i"}})
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, desc := range []bool{false, true} {
				q := &ports.Query{Model: m, Limit: 9, Where: []ports.Condition{{Field: "id", Op: ports.In, Count: 3}}, Order: []ports.Order{{Field: "identifier", Desc: desc}}}
				var found []string
				for _, r := range must(store.Find(t.Context(), q, []ports.Value{ports.String(ids[1]), ports.String(ids[2]), ports.String(ids[0])}))(t) {
					found = append(found, r[0].AsString())
				}
				want := slices.Clone(ids)
				if desc {
					slices.Reverse(want)
				}
				if !slices.Equal(found, want) {
					t.Errorf("ids of kind %d, downwards %v, come as %v, want %v", kind, desc, found, want)
				}
			}
		}
	})
}

// stored returns an id as a document holds it.
func stored(t *testing.T, kind ports.IDKind, id string) any {
	t.Helper()
	switch kind {
	case ports.IDUUID:
		data := must(hex.DecodeString(strings.ReplaceAll(id, "-", "")))(t)
		return primitive.Binary{Subtype: 4, Data: data}
	case ports.IDSerial:
		return must(strconv.ParseInt(id, 10, 64))(t)
	case ports.IDObjectID:
		return must(primitive.ObjectIDFromHex(id))(t)
	}
	return id
}
