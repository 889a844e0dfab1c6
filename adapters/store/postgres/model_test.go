package kerniapostgres_test

import (
	"fmt"
	"testing"
	"time"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC)

// tables are models like those of the core.
type tables struct {
	user, session, account, verification, organization, deviceCode, rateLimit *ports.Model
}

func (m tables) all() []*ports.Model {
	return []*ports.Model{m.user, m.session, m.account, m.verification, m.organization, m.deviceCode, m.rateLimit}
}

func newTables(kind ports.IDKind) tables {
	var m tables
	m.user = model(kind, "user", text("name"), text("email"), ports.Field{Name: "emailVerified", Type: ports.TypeBool},
		null(text("image")), instant("createdAt"), instant("updatedAt"))
	m.user.Unique = []ports.Key{{"email"}}
	owner := ports.Field{Name: "userId", Type: ports.TypeString, References: m.user}
	m.session = model(kind, "session", instant("expiresAt"), text("token"), instant("createdAt"), instant("updatedAt"),
		null(text("ipAddress")), null(text("userAgent")), owner)
	m.session.Unique, m.session.Index = []ports.Key{{"token"}}, []ports.Key{{"userId"}}
	m.account = model(kind, "account", text("accountId"), text("providerId"), owner, null(text("accessToken")),
		null(text("refreshToken")), null(text("idToken")), null(instant("accessTokenExpiresAt")), null(instant("refreshTokenExpiresAt")),
		null(text("scope")), null(text("password")), instant("createdAt"), instant("updatedAt"))
	m.account.Unique, m.account.Index = []ports.Key{{"providerId", "accountId"}}, []ports.Key{{"userId"}}
	m.verification = model(kind, "verification", text("identifier"), text("value"), instant("expiresAt"), instant("createdAt"), instant("updatedAt"))
	m.verification.Index = []ports.Key{{"identifier"}}
	m.organization = model(kind, "organization", text("name"), text("slug"), null(text("logo")), instant("createdAt"),
		ports.Field{Name: "metadata", Type: ports.TypeJSON, Null: true})
	m.organization.Unique = []ports.Key{{"slug"}}
	m.deviceCode = model(kind, "deviceCode", text("deviceCode"), text("userCode"), null(owner), instant("expiresAt"), text("status"),
		null(number("pollingInterval")))
	m.deviceCode.Unique = []ports.Key{{"deviceCode"}, {"userCode"}}
	m.rateLimit = model(kind, "rateLimit", text("key"), number("count"), number("lastRequest"))
	m.rateLimit.Unique = []ports.Key{{"key"}}
	m.user.Dependents = []ports.Dependent{{Model: m.session, Field: "userId"}, {Model: m.account, Field: "userId"}}
	return m
}

func model(kind ports.IDKind, name string, fields ...ports.Field) *ports.Model {
	return &ports.Model{Name: name, ID: kind, Fields: append([]ports.Field{text("id")}, fields...)}
}

func text(name string) ports.Field    { return ports.Field{Name: name, Type: ports.TypeString} }
func number(name string) ports.Field  { return ports.Field{Name: name, Type: ports.TypeInt} }
func instant(name string) ports.Field { return ports.Field{Name: name, Type: ports.TypeTime} }

func null(f ports.Field) ports.Field {
	f.Null = true
	return f
}

// record returns a record of m: values by name, the rest null or made up.
func record(m *ports.Model, given map[string]ports.Value) ports.Record {
	r := make(ports.Record, len(m.Fields))
	for i, f := range m.Fields {
		v, ok := given[f.Name]
		switch {
		case ok:
			r[i] = v
		case f.Null || i == 0 && m.ID.Stored():
		case f.Type == ports.TypeTime:
			r[i] = ports.Time(noon)
		case f.Type == ports.TypeInt:
			r[i] = ports.Int(0)
		case f.Type == ports.TypeBool:
			r[i] = ports.Bool(false)
		default:
			r[i] = ports.String(fmt.Sprintf("%s-%s", m.Name, f.Name))
		}
	}
	return r
}

type values = map[string]ports.Value

// add creates a record.
func add(tb testing.TB, s *kerniapostgres.Store, m *ports.Model, given values) ports.Record {
	tb.Helper()
	r, err := s.Create(tb.Context(), m, record(m, given))
	if err != nil {
		tb.Fatalf("Create of %q: %v", m.Name, err)
	}
	return r
}

// by is a query for records whose field is equal to its argument.
func by(m *ports.Model, field string) *ports.Query {
	return &ports.Query{Model: m, Where: []ports.Condition{{Field: field}}, Limit: 100}
}

// get finds the records whose field has a value.
func get(tb testing.TB, s *kerniapostgres.Store, m *ports.Model, field string, v ports.Value) []ports.Record {
	tb.Helper()
	rs, err := s.Find(tb.Context(), by(m, field), []ports.Value{v})
	if err != nil {
		tb.Fatalf("Find of %q: %v", m.Name, err)
	}
	return rs
}

// size counts the records of m.
func size(tb testing.TB, s *kerniapostgres.Store, m *ports.Model) int64 {
	tb.Helper()
	n, err := s.Count(tb.Context(), &ports.Query{Model: m, Limit: 1}, nil)
	if err != nil {
		tb.Fatalf("Count of %q: %v", m.Name, err)
	}
	return n
}

func at(m *ports.Model, r ports.Record, field string) ports.Value { return r[m.Field(field)] }

// lookup is how the core finds a session with its user: by the hash of the token or the token itself.
func lookup(m tables) *ports.Query {
	return &ports.Query{Model: m.session, Where: []ports.Condition{{Field: "token", Op: ports.In, Count: 2}}, Follow: "userId", Limit: 1}
}
