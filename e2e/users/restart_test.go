package users_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// added has a field of every type, each of which may be null. One is unique, one is hidden, and one has another column.
var added = []kernia.Extra{
	kernia.Field[*string]{Name: "handle", Unique: true},
	kernia.Field[*string]{Name: "motto", Column: "life_motto"},
	kernia.Field[*bool]{Name: "active"},
	kernia.Field[*int64]{Name: "score", Hidden: true},
	kernia.Field[*time.Time]{Name: "born"},
	kernia.Field[*json.RawMessage]{Name: "settings"},
	kernia.Field[*[]string]{Name: "tags"},
}

// fields are values of the added fields, by name; a missing one is null.
type fields map[string]ports.Value

var (
	large = fields{
		"handle": ports.String("ann"), "motto": ports.String("“Zoë's”\n\t\\ %_ 🦊"), "active": ports.Bool(true), "score": ports.Int(math.MaxInt64),
		"born":     ports.Time(time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)),
		"settings": ports.JSON(`{"z": 1.50, "a": [true, null, {"é": "\u00e9"}], "big": 12345678901234567890}`), "tags": ports.List([]string{"b", "", `a,"b"`, "b"}),
	}
	small = fields{
		"handle": ports.String(""), "motto": ports.String(""), "active": ports.Bool(false), "score": ports.Int(math.MinInt64),
		"born": ports.Time(time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC)), "settings": ports.JSON(`[]`), "tags": ports.List([]string{}),
	}
	none = fields{}
)

// all yields the value of every added field.
func (f fields) all(yield func(name string, v ports.Value) bool) {
	for _, name := range []string{"handle", "motto", "active", "score", "born", "settings", "tags"} {
		if !yield(name, f[name]) {
			return
		}
	}
}

func (f fields) patch() (p kernia.Patch) {
	for name, v := range f.all {
		p.Put(name, v)
	}
	return p
}

// check checks that a user or session has the values.
func (f fields) check(t *testing.T, what string, r interface {
	Lookup(name string) (ports.Value, bool)
},
) {
	t.Helper()
	for name, want := range f.all {
		if got, ok := r.Lookup(name); !ok || !got.Equal(want) {
			t.Errorf("%s: %s = %s, want %s", what, name, got.AppendJSON(nil), want.AppendJSON(nil))
		}
	}
}

// A member is a user with a session, both of which have the same values in their added fields.
type member struct {
	fields
	email, id, token string
}

// TestRestart: on every store, what added fields of every type hold is the same for a program that is started again.
func TestRestart(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			open := database(t)
			clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
			run := func(f func(auth *kernia.Auth)) {
				store := open()
				auth := kerniatest.New(t, kernia.Config{Store: store, Clock: clock, UserFields: added, SessionFields: added})
				f(auth)
				if err := errors.Join(auth.Close(t.Context()), store.Close()); err != nil {
					t.Fatal(err)
				}
			}
			members := []*member{{fields: large, email: "large@example.com"}, {fields: small, email: "small@example.com"}, {fields: none, email: "none@example.com"}}
			run(func(auth *kernia.Auth) {
				for _, m := range members {
					m.join(t, auth)
					clock.Advance(time.Second)
				}
			})
			run(func(auth *kernia.Auth) {
				readAll(t, auth, members)
				filterAll(t, auth)
				refuseTaken(t, auth, members)
				for i, next := range []fields{none, none, large} { // the first gives up what the last takes
					members[i].change(t, auth, next)
				}
				members[0].change(t, auth, small)
			})
			run(func(auth *kernia.Auth) { readAll(t, auth, members) })
		})
	}
}

func (m *member) join(t *testing.T, auth *kernia.Auth) {
	t.Helper()
	u := auth.Users.New(t.Context())
	u.Name, u.Email = m.email, m.email
	for name, v := range m.all {
		u.Put(name, v)
	}
	u, err := auth.Users.Create(t.Context(), u)
	if err != nil {
		t.Fatal(m.email, err)
	}
	s, err := auth.Sessions.Issue(t.Context(), u, kernia.NewSession{Fields: m.patch()})
	if err != nil {
		t.Fatal(m.email, err)
	}
	m.id, m.token = u.ID, s.Token
}

// change gives both the user and the session other values.
func (m *member) change(t *testing.T, auth *kernia.Auth, to fields) {
	t.Helper()
	m.fields = to
	u, err := auth.Users.Update(t.Context(), m.id, to.patch())
	if err != nil {
		t.Fatal(m.email, err)
	}
	to.check(t, "Users.Update of "+m.email, u)
	p, err := auth.Verify(t.Context(), m.token)
	if err != nil || p == nil {
		t.Fatal(m.email, p, err)
	}
	s, err := auth.Sessions.Update(t.Context(), p, to.patch())
	if err != nil {
		t.Fatal(m.email, err)
	}
	to.check(t, "Sessions.Update of "+m.email, s)
}

// readAll reads every user and session in every way.
func readAll(t *testing.T, auth *kernia.Auth, members []*member) {
	t.Helper()
	users, total, err := auth.Users.List(t.Context(), kernia.UserQuery{})
	if err != nil || total != int64(len(members)) || len(users) != len(members) {
		t.Fatalf("Users.List = %d of %d, %v", len(users), total, err)
	}
	for i, m := range members {
		m.check(t, "Users.List of "+m.email, users[i])
		p, err := auth.Verify(t.Context(), m.token)
		if err != nil || p == nil {
			t.Fatal(m.email, p, err)
		}
		m.check(t, "the verified user "+m.email, p.User)
		m.check(t, "the verified session of "+m.email, p.Session)
		sessions, err := auth.Sessions.List(t.Context(), m.id)
		if err != nil || len(sessions) != 1 {
			t.Fatalf("%s has %d sessions, %v", m.email, len(sessions), err)
		}
		m.check(t, "Sessions.List of "+m.email, sessions[0])
	}
}

// filterAll finds each user by each value that can be compared, and by null.
func filterAll(t *testing.T, auth *kernia.Auth) {
	t.Helper()
	find := func(field string, value any, want string) {
		t.Helper()
		q := filter(field, "eq", value)
		q.Hidden = true
		users, _, err := auth.Users.List(t.Context(), q)
		if err != nil || len(users) != 1 || users[0].Email != want {
			t.Errorf("%s eq %v finds %d users, %v, want %s", field, value, len(users), err, want)
		}
	}
	for name := range none.all {
		find(name, nil, "none@example.com")
		for email, f := range map[string]fields{"large@example.com": large, "small@example.com": small} {
			switch v := f[name]; v.Type() {
			case ports.TypeString:
				find(name, v.AsString(), email)
			case ports.TypeBool:
				find(name, v.AsBool(), email)
			case ports.TypeInt:
				find(name, v.AsInt(), email)
			case ports.TypeTime:
				find(name, v.AsTime(), email)
			}
		}
	}
	if _, _, err := auth.Users.List(t.Context(), filter("score", "eq", 1)); !errors.Is(err, kernia.ErrUserQuery) {
		t.Errorf("a filter by the hidden field = %v, want ErrUserQuery", err)
	}
}

// refuseTaken checks that the unique field is still unique.
func refuseTaken(t *testing.T, auth *kernia.Auth, members []*member) {
	t.Helper()
	var taken kernia.Patch
	taken.Put("handle", large["handle"])
	if _, err := auth.Users.Update(t.Context(), members[2].id, taken); !errors.Is(err, kernia.ErrFieldTaken) {
		t.Errorf("a user with the handle of another = %v, want ErrFieldTaken", err)
	}
	p, err := auth.Verify(t.Context(), members[2].token)
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	if _, err := auth.Sessions.Update(t.Context(), p, taken); !errors.Is(err, kernia.ErrFieldTaken) {
		t.Errorf("a session with the handle of another = %v, want ErrFieldTaken", err)
	}
}
