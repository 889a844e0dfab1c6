package kerniamongo_test

import (
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
)

// TestExisting works on documents in the shape that Better Auth's own adapter writes: ObjectIDs in _id and userId,
// an accountId that is the user's id as text, nulls spelled out, numbers as JavaScript's, JSON as text, and fields
// that no model knows.
func TestExisting(t *testing.T) {
	store, db := fresh(t)
	ctx := t.Context()
	user, session, account := primitive.NewObjectID(), primitive.NewObjectID(), primitive.NewObjectID()
	date := primitive.NewDateTimeFromTime(noon)
	for collection, doc := range map[string]bson.D{
		"user": {
			{Key: "_id", Value: user},
			{Key: "name", Value: "Ada"},
			{Key: "email", Value: "ada@example.com"},
			{Key: "emailVerified", Value: true},
			{Key: "image", Value: nil},
			{Key: "createdAt", Value: date},
			{Key: "updatedAt", Value: date},
			{Key: "logins", Value: 3.0},
			{Key: "metadata", Value: `{"a":[1,2.50]}`},
			{Key: "roles", Value: bson.A{"admin", "user"}},
		},
		"session": {
			{Key: "_id", Value: session},
			{Key: "expiresAt", Value: primitive.NewDateTimeFromTime(noon.Add(time.Hour))},
			{Key: "token", Value: "plain"},
			{Key: "createdAt", Value: date},
			{Key: "updatedAt", Value: date},
			{Key: "ipAddress", Value: ""},
			{Key: "userAgent", Value: "x"},
			{Key: "userId", Value: user},
		},
		"account": {
			{Key: "_id", Value: account},
			{Key: "accountId", Value: user.Hex()},
			{Key: "providerId", Value: "credential"},
			{Key: "userId", Value: user},
			{Key: "password", Value: "salt:hash"},
			{Key: "createdAt", Value: date},
			{Key: "updatedAt", Value: date},
		},
	} {
		if _, err := db.Collection(collection).InsertOne(ctx, doc); err != nil {
			t.Fatal(err)
		}
	}
	ms := newModels(ports.IDObjectID)
	if plan := must(store.Migrate(ctx, ms.all(), true))(t); len(plan.Duplicates) > 0 || len(plan.Steps) == 0 {
		t.Fatalf("Migrate = %+v, want indexes", plan)
	}
	if plan := must(store.Migrate(ctx, ms.all(), true))(t); len(plan.Steps) > 0 {
		t.Errorf("a second Migrate plans %v", plan.Steps)
	}
	ada := ports.Record{
		ports.String(user.Hex()), ports.String("Ada"), ports.String("ada@example.com"), ports.Bool(true),
		{},
		ports.Time(noon),
		{},
		ports.Int(3),
		ports.JSON(`{"a":[1,2.50]}`), ports.List([]string{"admin", "user"}),
	}

	t.Run("FindsALiveSessionWithItsUser", func(t *testing.T) {
		found := must(store.Find(ctx, ms.sessionQuery(), []ports.Value{ports.String("sha256:x"), ports.String("plain"), ports.Time(noon)}))(t)
		want := append(ports.Record{ports.String(session.Hex()), ports.String(user.Hex()), ports.String("plain"), ports.Time(noon.Add(time.Hour)), ports.String("")}, ada...)
		if len(found) != 1 || !slices.EqualFunc(found[0], want, ports.Value.Equal) {
			t.Errorf("Find = %v, want %v", found, want)
		}
	})
	t.Run("FindsAPasswordByAddress", func(t *testing.T) {
		found := must(store.Find(ctx, ms.signInQuery(), []ports.Value{ports.String("credential"), ports.String("ada@example.com")}))(t)
		if len(found) != 1 || found[0][4].AsString() != "salt:hash" || found[0][3].AsString() != user.Hex() {
			t.Errorf("Find = %v, want the account", found)
		}
	})
	t.Run("WritesWhatBetterAuthReads", func(t *testing.T) {
		r := must(store.Create(ctx, ms.session, ports.Record{{}, ada[0], ports.String("new"), ports.Time(noon), {}}))(t)
		var doc bson.D
		id, _ := primitive.ObjectIDFromHex(r[0].AsString())
		if err := db.Collection("session").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&doc); err != nil {
			t.Fatal(err)
		}
		want := bson.D{{Key: "_id", Value: id}, {Key: "userId", Value: user}, {Key: "token", Value: "new"}, {Key: "expiresAt", Value: date}, {Key: "ipAddress", Value: nil}}
		if !slices.Equal(doc, want) {
			t.Errorf("the document is %v, want %v", doc, want)
		}
	})
	t.Run("AddsToANumberOfJavaScript", func(t *testing.T) {
		m := setting(ms.user, ports.Change{Field: "logins", Add: true})
		r, ok, err := store.Update(ctx, m, []ports.Value{ada[0], ports.Int(1)})
		if !ok || err != nil || r[7].AsInt() != 4 {
			t.Errorf("Update = %v, %v, %v, want 4 logins", r, ok, err)
		}
	})
	t.Run("KeepsWhatItDoesNotKnow", func(t *testing.T) {
		raw := must(db.Collection("user").FindOne(ctx, bson.D{{Key: "_id", Value: user}}).Raw())(t)
		if raw.Lookup("updatedAt").DateTime() != int64(date) {
			t.Error("a field that no model knows was lost")
		}
	})
	t.Run("DeletesAUserWithAllThatRefersToThem_D04", func(t *testing.T) {
		if _, ok, err := store.Take(ctx, byID(ms.user), ada[:1]); !ok || err != nil {
			t.Fatalf("Take = %v, %v", ok, err)
		}
		for _, name := range []string{"user", "session", "account"} {
			if n := must(db.Collection(name).CountDocuments(ctx, bson.D{}))(t); n != 0 {
				t.Errorf("%d documents of %s are left", n, name)
			}
		}
	})
}

// TestUUIDs finds what Better Auth writes where it makes UUIDs: binary data of subtype 4.
func TestUUIDs(t *testing.T) {
	store, db := fresh(t)
	ms := newModels(ports.IDUUID)
	id := primitive.Binary{Subtype: 4, Data: []byte{0x01, 0x90, 0x16, 0x3d, 0x86, 0x94, 0x4a, 0xbc, 0x8d, 0xef, 0, 0, 0, 0, 0, 0xff}}
	_, err := db.Collection("user").InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}, {Key: "email", Value: "ada@x"}})
	if err != nil {
		t.Fatal(err)
	}
	q := &ports.Query{Model: ms.user, Limit: 1, Where: []ports.Condition{{Field: "id"}}}
	for text, want := range map[string]int{"0190163d-8694-4abc-8def-0000000000ff": 1, "0190163D-8694-4ABC-8DEF-0000000000FF": 0, "0190163d86944abc8def0000000000ff": 0} {
		found := must(store.Find(t.Context(), q, []ports.Value{ports.String(text)}))(t)
		if len(found) != want || want == 1 && found[0][0].AsString() != text {
			t.Errorf("Find of %s = %v, want %d", text, found, want)
		}
	}
}

// TestForms reads values in the forms that other programs write, and says which field holds what means nothing.
func TestForms(t *testing.T) {
	store, db := fresh(t)
	ms := newModels(ports.IDText)
	users := db.Collection("user")
	oid := primitive.NewObjectID()
	q := &ports.Query{Model: ms.user, Limit: 1, Where: []ports.Condition{{Field: "id"}}}
	for i, c := range []struct {
		field string
		in    any
		want  ports.Value
	}{
		{"metadata", bson.D{{Key: "b", Value: int32(1)}, {Key: "a", Value: bson.A{true, nil, 2.5, "é\"", date(), oid}}}, ports.JSON(`{"b":1,"a":[true,null,2.5,"é\"","2026-03-01T12:00:00.123Z","` + oid.Hex() + `"]}`)},
		{"metadata", bson.A{}, ports.JSON(`[]`)},
		{"metadata", "not JSON", ports.JSON(`"not JSON"`)},
		{"metadata", `"quoted"`, ports.JSON(`"quoted"`)},
		{"metadata", nil, ports.Value{}},
		{"roles", `["a","b"]`, ports.List([]string{"a", "b"})},
		{"roles", bson.A{}, ports.List(nil)},
		{"createdAt", "2026-03-01T13:00:00.123+01:00", ports.Time(noon)},
		{"logins", int32(-3), ports.Int(-3)},
	} {
		if _, err := users.InsertOne(t.Context(), bson.D{{Key: "_id", Value: string(rune('a' + i))}, {Key: "email", Value: string(rune('a' + i))}, {Key: c.field, Value: c.in}}); err != nil {
			t.Fatal(err)
		}
		found, err := store.Find(t.Context(), q, []ports.Value{ports.String(string(rune('a' + i)))})
		if err != nil || len(found) != 1 || !found[0][ms.user.Field(c.field)].Equal(c.want) {
			t.Errorf("%s stored as %v reads as %v, %v, want %v", c.field, c.in, found, err, c.want)
		}
	}
	for field, in := range map[string]any{"logins": 2.5, "createdAt": "noon", "roles": bson.A{1}, "name": oid, "emailVerified": "yes"} {
		if _, err := users.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "bad-" + field}, {Key: field, Value: in}}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Find(t.Context(), q, []ports.Value{ports.String("bad-" + field)}); err == nil {
			t.Errorf("%s stored as %v is read without an error", field, in)
		}
	}
}

func date() primitive.DateTime { return primitive.NewDateTimeFromTime(noon) }

// TestServerSays which server this run is about.
func TestServerSays(t *testing.T) {
	store, db := fresh(t)
	if err := store.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	var info struct {
		Version string `bson:"version"`
		Ferret  string `bson:"ferretdbVersion"`
	}
	if err := db.RunCommand(t.Context(), bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info); err != nil {
		t.Fatal(err)
	}
	t.Logf("MongoDB %s, FerretDB %q", info.Version, info.Ferret)
	if opened, err := kerniamongo.Open(t.Context(), server.uri, db.Name()); err != nil {
		t.Error(err)
	} else if err := opened.Close(); err != nil {
		t.Error(err)
	}
}
