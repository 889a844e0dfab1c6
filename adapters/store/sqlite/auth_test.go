package kerniasqlite_test

import (
	"time"

	"github.com/kernia-go/kernia/ports"
)

// auth is the models of an existing Better Auth database, with the key on account that Kernia adds.
type auth struct {
	user, session, account, verification *ports.Model

	byToken *ports.Query // a session with its user, by one of two tokens
}

func (a *auth) all() []*ports.Model {
	return []*ports.Model{a.user, a.session, a.account, a.verification}
}

func newAuth() *auth {
	id := ports.Field{Name: "id", Type: ports.TypeString}
	text := func(name string) ports.Field { return ports.Field{Name: name, Type: ports.TypeString} }
	maybe := func(name string, t ports.Type) ports.Field { return ports.Field{Name: name, Type: t, Null: true} }
	when := func(name string) ports.Field { return ports.Field{Name: name, Type: ports.TypeTime} }
	a := &auth{}
	a.user = &ports.Model{
		Name: "user", Unique: []ports.Key{{"email"}},
		Fields: []ports.Field{id, text("name"), text("email"), {Name: "emailVerified", Type: ports.TypeBool}, maybe("image", ports.TypeString), when("createdAt"), when("updatedAt")},
	}
	owner := ports.Field{Name: "userId", Type: ports.TypeString, References: a.user}
	a.session = &ports.Model{
		Name: "session", Unique: []ports.Key{{"token"}}, Index: []ports.Key{{"userId"}},
		Fields: []ports.Field{id, when("expiresAt"), text("token"), when("createdAt"), when("updatedAt"), maybe("ipAddress", ports.TypeString), maybe("userAgent", ports.TypeString), owner},
	}
	a.account = &ports.Model{
		Name: "account", Unique: []ports.Key{{"providerId", "accountId"}}, Index: []ports.Key{{"userId"}},
		Fields: []ports.Field{
			id, text("accountId"), text("providerId"), owner, maybe("accessToken", ports.TypeString), maybe("refreshToken", ports.TypeString),
			maybe("idToken", ports.TypeString), maybe("accessTokenExpiresAt", ports.TypeTime), maybe("refreshTokenExpiresAt", ports.TypeTime),
			maybe("scope", ports.TypeString), maybe("password", ports.TypeString), when("createdAt"), when("updatedAt"),
		},
	}
	a.verification = &ports.Model{
		Name: "verification", Index: []ports.Key{{"identifier"}},
		Fields: []ports.Field{id, text("identifier"), text("value"), when("expiresAt"), when("createdAt"), when("updatedAt")},
	}
	a.user.Dependents = []ports.Dependent{{Model: a.session, Field: "userId"}, {Model: a.account, Field: "userId"}}
	a.byToken = &ports.Query{Model: a.session, Where: []ports.Condition{{Field: "token", Op: ports.In, Count: 2}}, Follow: "userId", Limit: 2}
	return a
}

// then is an instant with milliseconds.
func then() ports.Value { return ports.Time(time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)) }

func (a *auth) newUser(id string) ports.Record {
	return ports.Record{ports.String(id), ports.String("Ada"), ports.String(id + "@example.com"), ports.Bool(true), {}, then(), then()}
}

func (a *auth) newSession(id, user string) ports.Record {
	return ports.Record{
		ports.String(id), then(), ports.String("token-" + id), then(), then(),
		ports.String("192.0.2.7"), ports.String("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"), ports.String(user),
	}
}

func (a *auth) newAccount(id, user, provider, subject string) ports.Record {
	r := make(ports.Record, len(a.account.Fields))
	for name, v := range map[string]string{"id": id, "userId": user, "providerId": provider, "accountId": subject} {
		r[a.account.Field(name)] = ports.String(v)
	}
	r[a.account.Field("createdAt")], r[a.account.Field("updatedAt")] = then(), then()
	return r
}
