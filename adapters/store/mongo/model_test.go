package kerniamongo_test

import (
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// models are those of an existing Better Auth database whose ids are of one kind.
type models struct{ user, session, account, verification *ports.Model }

func (m models) all() []*ports.Model {
	return []*ports.Model{m.user, m.session, m.account, m.verification}
}

func newModels(kind ports.IDKind) models {
	id := ports.Field{Name: "id", Type: ports.TypeString}
	user := &ports.Model{Name: "user", ID: kind, Fields: []ports.Field{
		id,
		{Name: "name", Type: ports.TypeString},
		{Name: "email", Type: ports.TypeString},
		{Name: "emailVerified", Type: ports.TypeBool},
		{Name: "image", Type: ports.TypeString, Null: true},
		{Name: "createdAt", Type: ports.TypeTime},
		{Name: "username", Type: ports.TypeString, Null: true},
		{Name: "logins", Type: ports.TypeInt, Null: true},
		{Name: "metadata", Type: ports.TypeJSON, Null: true},
		{Name: "roles", Type: ports.TypeList, Null: true},
	}, Unique: []ports.Key{{"email"}, {"username"}}}
	session := &ports.Model{Name: "session", ID: kind, Fields: []ports.Field{
		id,
		{Name: "userId", Type: ports.TypeString, References: user},
		{Name: "token", Type: ports.TypeString},
		{Name: "expiresAt", Type: ports.TypeTime},
		{Name: "ipAddress", Type: ports.TypeString, Null: true},
	}, Unique: []ports.Key{{"token"}}, Index: []ports.Key{{"userId"}}, Expires: "expiresAt"}
	account := &ports.Model{Name: "account", ID: kind, Fields: []ports.Field{
		id,
		{Name: "userId", Type: ports.TypeString, References: user},
		{Name: "providerId", Type: ports.TypeString},
		{Name: "accountId", Type: ports.TypeString},
		{Name: "password", Type: ports.TypeString, Null: true},
	}, Unique: []ports.Key{{"providerId", "accountId"}}, Index: []ports.Key{{"userId"}}}
	verification := &ports.Model{Name: "verification", ID: kind, Fields: []ports.Field{
		id,
		{Name: "identifier", Type: ports.TypeString},
		{Name: "value", Type: ports.TypeString},
		{Name: "expiresAt", Type: ports.TypeTime},
	}, Index: []ports.Key{{"identifier"}}, Expires: "expiresAt"}
	user.Dependents = []ports.Dependent{{Model: session, Field: "userId"}, {Model: account, Field: "userId"}}
	return models{user, session, account, verification}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC)

// newUser returns a record of user with an e-mail address and nulls.
func newUser(id, email string) ports.Record {
	return ports.Record{ports.Nullable(id), ports.String("Ada"), ports.String(email), ports.Bool(true), {}, ports.Time(noon), {}, {}, {}, {}}
}

// sessionQuery is the look-up of a request: by the hashed or the plain token, with the user.
func (m models) sessionQuery() *ports.Query {
	return &ports.Query{Model: m.session, Follow: "userId", Limit: 1, Where: []ports.Condition{
		{Field: "token", Op: ports.In, Count: 2},
		{Field: "expiresAt", Op: ports.Gt},
	}}
}

// signInQuery is the look-up of a sign-in: an account by the e-mail address of its user.
func (m models) signInQuery() *ports.Query {
	return &ports.Query{Model: m.account, Follow: "userId", Limit: 1, Where: []ports.Condition{
		{Field: "providerId"},
		{Field: "email", Followed: true},
	}}
}

func byID(m *ports.Model) *ports.Take { return &ports.Take{Model: m, Key: ports.Key{"id"}} }

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// setting changes fields of the record under an id.
func setting(m *ports.Model, set ...ports.Change) *ports.Update {
	return &ports.Update{Model: m, Key: ports.Key{"id"}, Set: set}
}
