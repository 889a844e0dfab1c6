package kerniamongo_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// TestInjection looks for a token by texts that would be operators, paths or expressions if they were read as such.
func TestInjection(t *testing.T) {
	store, _ := fresh(t)
	ms := newModels(ports.IDText)
	must(store.Create(t.Context(), ms.verification, ports.Record{ports.String("v"), ports.String("known"), ports.String("x"), ports.Time(noon)}))(t)
	q := func(op ports.Op) *ports.Query {
		return &ports.Query{Model: ms.verification, Limit: 9, Where: []ports.Condition{{Field: "identifier", Op: op}}}
	}
	for _, text := range []string{`{"$ne":null}`, `{"$gt":""}`, `[$ne]`, `$ne`, `$identifier`, `$$ROOT`, `/.*/`, `.*`, `^`, `known|x`, `(?i)KNOWN`, `\Qknown\E`, "known\x00", ``} {
		t.Run(fmt.Sprintf("%q_E05", text), func(t *testing.T) {
			contained := 0
			if strings.Contains("known", text) {
				contained = 1
			}
			for op, want := range map[ports.Op]int{ports.Eq: 0, ports.Ne: 1, ports.Contains: contained} {
				if found := must(store.Find(t.Context(), q(op), []ports.Value{ports.String(text)}))(t); len(found) != want {
					t.Errorf("operator %d found %d records, want %d", op, len(found), want)
				}
			}
			take := byID(ms.verification)
			if _, ok, err := store.Take(t.Context(), take, []ports.Value{ports.String(text)}); ok || err != nil {
				t.Errorf("Take = %v, %v, want nothing", ok, err)
			}
		})
	}
	t.Run("ContainsEveryCharacter_E05", func(t *testing.T) {
		for i, text := range []string{"a\x00b", "a\nb", `a\b`, "a b#c", "a/b", "(?s)", "é", "\U0001f600", strings.Repeat("ab", 3000)} {
			must(store.Create(t.Context(), ms.verification, ports.Record{ports.String(strconv.Itoa(i)), ports.String("<" + text + ">"), ports.String("x"), ports.Time(noon)}))(t)
			if found := must(store.Find(t.Context(), q(ports.Contains), []ports.Value{ports.String(text)}))(t); len(found) != 1 || found[0][0].AsString() != strconv.Itoa(i) {
				t.Errorf("%.20q is contained in %d texts, want 1", text, len(found))
			}
		}
		if _, err := store.Find(t.Context(), q(ports.Contains), []ports.Value{ports.String(strings.Repeat("a", 8<<10+1))}); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Find of over 8 KiB to be contained = %v, want ErrInvalid", err)
		}
	})
}

// TestLookups proves that a session is found by an index. The stand-in cannot explain a query, so there the test
// proves only that the index is there.
func TestLookups(t *testing.T) {
	store, db := fresh(t)
	ms := newModels(ports.IDText)
	must(store.Migrate(t.Context(), ms.all(), true))(t)
	for i := range 50 {
		must(store.Create(t.Context(), ms.session, ports.Record{ports.String(strconv.Itoa(i)), ports.String("u"), ports.String(fmt.Sprint("token", i)), ports.Time(noon), {}}))(t)
	}
	var names []string
	for _, spec := range must(db.Collection("session").Indexes().ListSpecifications(t.Context()))(t) {
		names = append(names, spec.Name)
	}
	if !slices.Contains(names, "token_1_unique") || !slices.Contains(names, "userId_1") {
		t.Errorf("the indexes are %v, want one on token and one on userId", names)
	}
	if !server.real {
		t.Log("the stand-in does not explain its plans: that the index is used is proved on a real server only")
		return
	}
	explain := func(collection string, filter bson.D) string {
		var plan bson.Raw
		err := db.RunCommand(t.Context(), bson.D{{Key: "explain", Value: bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter}}}}).Decode(&plan)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Lookup("queryPlanner", "winningPlan").String()
	}
	in := bson.D{{Key: "token", Value: bson.D{{Key: "$in", Value: bson.A{"a", "b"}}}}}
	if plan := explain("session", in); !strings.Contains(plan, "token_1_unique") {
		t.Errorf("a session is found by %s", plan)
	}
	if plan := explain("user", bson.D{{Key: "username", Value: bson.D{{Key: "$eq", Value: "ada"}}}}); !strings.Contains(plan, "username_1_unique") {
		t.Errorf("a user is found by %s, want the partial index", plan)
	}
}

// TestSerial counts ids on from what others wrote, and never back.
func TestSerial(t *testing.T) {
	store, db := fresh(t)
	ms := newModels(ports.IDSerial)
	create := func() string {
		t.Helper()
		r := must(store.Create(t.Context(), ms.verification, ports.Record{{}, ports.String("i"), ports.String("v"), ports.Time(noon)}))(t)
		return r[0].AsString()
	}
	first := create()
	if _, ok, err := store.Take(t.Context(), byID(ms.verification), []ports.Value{ports.String(first)}); !ok || err != nil {
		t.Fatalf("Take = %v, %v", ok, err)
	}
	if second := create(); first != "1" || second != "2" {
		t.Errorf("the ids are %s and %s, want 1 and 2", first, second)
	}
	for id := range int64(3) {
		if _, err := db.Collection("verification").InsertOne(t.Context(), bson.D{{Key: "_id", Value: id + 3}}); err != nil {
			t.Fatal(err)
		}
	}
	if next := create(); next != "6" {
		t.Errorf("behind documents of another program the id is %s, want 6", next)
	}
}

// TestCircle deletes records that refer to each other in a circle, and many that refer to one.
func TestCircle(t *testing.T) {
	store, _ := fresh(t)
	team := &ports.Model{Name: "team", Fields: []ports.Field{{Name: "id", Type: ports.TypeString}, {Name: "parentId", Type: ports.TypeString, Null: true}}}
	team.Fields[1].References = team
	team.Dependents = []ports.Dependent{{Model: team, Field: "parentId"}}
	add := func(id, parent string) {
		t.Helper()
		must(store.Create(t.Context(), team, ports.Record{ports.String(id), ports.Nullable(parent)}))(t)
	}
	add("a", "c")
	add("b", "a")
	add("c", "b")
	for i := range 1100 {
		add(fmt.Sprint("leaf", i), "b")
	}
	add("other", "")
	m := &ports.Delete{Model: team, Where: []ports.Condition{{Field: "id"}}}
	if n := must(store.Delete(t.Context(), m, []ports.Value{ports.String("a")}))(t); n != 1103 {
		t.Errorf("Delete = %d, want 1103", n)
	}
	if n := must(store.Count(t.Context(), &ports.Query{Model: team, Limit: 1}, nil))(t); n != 1 {
		t.Errorf("%d teams are left, want 1", n)
	}
}

// TestLongJoin follows more references than are asked about at once.
func TestLongJoin(t *testing.T) {
	store, db := fresh(t)
	ms := newModels(ports.IDText)
	var users, sessions []any
	for i := range 1300 {
		users = append(users, bson.D{{Key: "_id", Value: fmt.Sprintf("u%04d", i)}, {Key: "name", Value: strconv.Itoa(i % 2)}})
		sessions = append(sessions, bson.D{{Key: "_id", Value: fmt.Sprintf("s%04d", i)}, {Key: "userId", Value: fmt.Sprintf("u%04d", i)}, {Key: "token", Value: strconv.Itoa(i)}})
	}
	for name, docs := range map[string][]any{"user": users, "session": sessions} {
		if _, err := db.Collection(name).InsertMany(t.Context(), docs, options.InsertMany()); err != nil {
			t.Fatal(err)
		}
	}
	q := &ports.Query{Model: ms.session, Follow: "userId", Limit: 2000, Paged: true, Where: []ports.Condition{{Field: "name", Followed: true}}}
	found := must(store.Find(t.Context(), q, []ports.Value{ports.String("1"), ports.Int(1000), ports.Int(50)}))(t)
	if len(found) != 600 || found[0][0].AsString() != "s0101" || found[599][0].AsString() != "s1299" {
		t.Errorf("a page found %d records from %v, want 600 from s0101", len(found), found[0][0])
	}
	if n := must(store.Count(t.Context(), q, []ports.Value{ports.String("1")}))(t); n != 650 {
		t.Errorf("Count = %d, want 650", n)
	}
}

// TestSafety waits for the majority and reads from the primary, whatever the client was told.
func TestSafety(t *testing.T) {
	ms := newModels(ports.IDText)
	store, s := scripted(t, func(name string, _ bson.Raw) bson.D {
		if name == "find" {
			return batch()
		}
		return nil
	}, "w=0&readPreference=secondary")
	must(store.Create(t.Context(), ms.user, newUser("a", "a@x")))(t)
	if got, _ := s.heard[0].Lookup("writeConcern", "w").StringValueOK(); got != "majority" {
		t.Errorf("the write concern is %q, want majority", got)
	}
	must(store.Find(t.Context(), &ports.Query{Model: ms.user, Limit: 1}, nil))(t)
	if got, _ := s.heard[1].Lookup("$readPreference", "mode").StringValueOK(); strings.HasPrefix(got, "secondary") {
		t.Errorf("the read preference is %q", got)
	}
}

// TestClose leaves the client of an application alone.
func TestClose(t *testing.T) {
	store, db := fresh(t)
	if err := store.Close(); err != nil {
		t.Errorf("Close of a store whose client is the caller's = %v", err)
	}
	if err := db.Client().Ping(t.Context(), nil); err != nil {
		t.Errorf("the caller's client is gone: %v", err)
	}
}
