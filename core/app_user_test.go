package kernia_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestE12_DuplicateSignUps(t *testing.T) {
	s := serve(t, kernia.Config{})
	var won, lost atomic.Int64
	var wait sync.WaitGroup
	for i := range 32 {
		email := "ann@example.com"
		if i%2 == 0 {
			email = "ANN@Example.com"
		}
		wait.Go(func() {
			switch a := s.signUp2(email); {
			case a.Status == 200:
				won.Add(1)
			case a.Status == 422 && a.code() == "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" && a.cookie() == "":
				lost.Add(1)
			default:
				t.Errorf("sign-up = %d %s", a.Status, a.Body)
			}
		})
	}
	wait.Wait()
	n, err := s.auth.Users.Count(t.Context(), kernia.UserQuery{})
	if won.Load() != 1 || lost.Load() != 31 || n != 1 || err != nil {
		t.Errorf("%d won, %d lost, %d users, %v", won.Load(), lost.Load(), n, err)
	}
	u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if accounts, err := s.auth.Accounts.List(t.Context(), u.ID); len(accounts) != 1 || err != nil {
		t.Errorf("accounts = %v, %v, want one", accounts, err)
	}
}

// TestF09_ProtectedFields sends every protected field to every operation, also nested, and looks at the rows.
func TestF09_ProtectedFields(t *testing.T) {
	role := kernia.Field[string]{Name: "role", Default: kernia.Some("user")}
	s := serve(t, kernia.Config{UserFields: []kernia.Extra{role, kernia.Field[bool]{Name: "banned"}}})
	cookie := s.signUp("ann@example.com")
	was, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	protected := map[string]any{
		"id": "chosen", "emailVerified": true, "email_verified": true, "createdAt": "2001-01-01T00:00:00.000Z", "role": "admin", "banned": true,
		"userId": "chosen", "token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "expiresAt": "2099-01-01T00:00:00.000Z",
	}
	for _, o := range s.auth.Operations() {
		if o.Method != "POST" || o.Path == "/revoke-sessions" || o.Path == "/revoke-other-sessions" || o.Path == "/sign-out" {
			continue
		}
		for name, value := range protected {
			for _, nested := range []bool{false, true} {
				body := valid(o)
				if _, own := body[name]; own {
					continue
				}
				body["email"], body["name"] = fmt.Sprintf("%s-%v@example.com", strings.ToLower(strings.ReplaceAll(name, "_", "")), nested), "Ann"
				if o.Path == "/update-user" {
					delete(body, "email")
				}
				body[name] = value
				if nested {
					body["data"], body[name] = map[string]any{name: value}, nil
					delete(body, name)
				}
				raw, _ := json.Marshal(body)
				if a := s.post(o.Path, string(raw), "Cookie", cookie); a.Status >= 500 {
					t.Errorf("%s with %s = %d", o.Name(), name, a.Status)
				}
			}
		}
	}
	users, _, err := s.auth.Users.List(t.Context(), kernia.UserQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(users) < 3 {
		t.Fatalf("%d users: sign-up was not tried", len(users))
	}
	for _, u := range users {
		banned, _ := u.Lookup("banned")
		if u.ID == "chosen" || u.EmailVerified || u.CreatedAt.Year() == 2001 || role.Of(u) != "user" || banned.AsBool() {
			t.Errorf("a client set a protected field: %+v", u)
		}
	}
	is, err := s.auth.Users.Find(t.Context(), was.ID)
	if err != nil || is == nil {
		t.Fatalf("%v, %v", is, err)
	}
	if !s.signedIn(cookie) {
		t.Error("the session is gone")
	}
}

func TestD11_ProtectedSessionFields(t *testing.T) {
	s := serve(t, kernia.Config{SessionFields: []kernia.Extra{
		kernia.Field[string]{Name: "activeOrganizationId"}, kernia.Field[string]{Name: "impersonatedBy"}, kernia.Field[string]{Name: "theme", Input: true},
	}})
	cookie := s.signUp("ann@example.com")
	for _, body := range []string{
		`{"activeOrganizationId":"x"}`, `{"impersonatedBy":"x"}`, `{"theme":"dark","impersonatedBy":"x"}`, `{"userId":"x"}`,
		`{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, `{"expiresAt":"2099-01-01T00:00:00.000Z"}`, `{"id":"x"}`, `{}`,
	} {
		if a := s.post("/update-session", body, "Cookie", cookie); a.Status != 400 {
			t.Errorf("update-session %s = %d %s, want 400", body, a.Status, a.Body)
		}
	}
	a := s.post("/update-session", `{"theme":"dark"}`, "Cookie", cookie)
	session, _ := a.json["session"].(map[string]any)
	if a.Status != 200 || session["theme"] != "dark" || session["impersonatedBy"] != nil {
		t.Errorf("update-session = %d %s", a.Status, a.Body)
	}
}

// TestG01_UserIDInTheBodyIsNobody: without a session, a victim's id opens no operation that needs one.
func TestG01_UserIDInTheBodyIsNobody(t *testing.T) {
	s := serve(t, kernia.Config{})
	s.signUp("victim@example.com")
	victim, err := s.auth.Users.FindByEmail(t.Context(), "victim@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range s.auth.Operations() {
		if o.Access == kernia.Anyone {
			continue
		}
		body := valid(o)
		for _, name := range []string{"userId", "user_id", "id", "session", "user"} {
			body[name] = victim.ID
		}
		raw, _ := json.Marshal(body)
		text := string(raw)
		if o.Method == "GET" {
			text = ""
		}
		a := s.send(request(o.Method, o.Path+"?userId="+victim.ID, text))
		if a.Status != 401 || a.code() != "UNAUTHORIZED" {
			t.Errorf("%s = %d %s, want 401", o.Name(), a.Status, a.Body)
		}
	}
}

// A hidden feature declares a function that only Go may call.
type hidden struct{}

func (hidden) Declare(d *kernia.Declaration) {
	d.Name("hidden")
	kernia.Func(d, "set-password", func(context.Context, *kernia.Call, kernia.None) (kernia.Status, error) {
		return kernia.Status{Status: true}, nil
	})
}

func TestG01_ServerOnly(t *testing.T) {
	s := serve(t, kernia.Config{}, hidden{})
	if out, err := kernia.Invoke[kernia.Status](t.Context(), s.auth, "set-password", kernia.None{}); err != nil || !out.Status {
		t.Fatalf("Invoke = %v, %v", out, err)
	}
	for _, method := range []string{"GET", "POST", "", "PUT"} {
		for _, path := range []string{"/set-password", "set-password", "/hidden/set-password", ""} {
			if a := s.send(request(method, path, "")); a.Status != 404 {
				t.Errorf("%s %s = %d, want 404", method, path, a.Status)
			}
		}
	}
}

// TestHooksKeepTheRules: what a hook changes is held to the rules that everybody is held to.
func TestHooksKeepTheRules(t *testing.T) {
	var victim kernia.User
	s := serve(t, kernia.Config{
		SessionFields: []kernia.Extra{kernia.Field[*string]{Name: "theme", Input: true}},
		Hooks: kernia.Hooks{
			User: kernia.UserHooks{
				BeforeCreate: func(_ context.Context, u *kernia.User) error { u.Email = strings.ToUpper(u.Email); return nil },
				BeforeUpdate: func(_ context.Context, _ string, p *kernia.Patch) error {
					p.Email("BOTH@example.com", false)
					return nil
				},
			},
			Session: kernia.SessionHooks{BeforeUpdate: func(_ context.Context, _ string, p *kernia.Patch) error {
				if victim.ID != "" {
					p.Put("userId", ports.String(victim.ID))
				}
				return nil
			}},
		},
	})
	cookie := s.signUp("ann@example.com")
	if a := s.signIn("ann@example.com"); a.Status != 200 {
		t.Errorf("an address in upper case was stored: sign-in = %d", a.Status)
	}
	if a := s.post("/update-user", `{"name":"Ann"}`, "Cookie", cookie); a.Status != 200 {
		t.Errorf("update-user = %d", a.Status)
	}
	if a := s.signIn("both@example.com"); a.Status != 200 {
		t.Errorf("an address in upper case was stored by an update: sign-in = %d", a.Status)
	}
	s.signUp("victim@example.com")
	u, err := s.auth.Users.FindByEmail(t.Context(), "victim@example.com")
	if err != nil || u == nil {
		t.Fatal(u, err)
	}
	victim = *u
	if a := s.post("/update-session", `{"theme":"dark"}`, "Cookie", cookie); a.Status != 500 {
		t.Errorf("update-session = %d", a.Status)
	}
	if p, err := s.auth.Verify(t.Context(), token(t, cookie)); err != nil || p == nil || p.User.ID == victim.ID {
		t.Errorf("a hook gave a session to another user: %+v, %v", p, err)
	}
}

func TestG09_HooksDeny(t *testing.T) {
	want := &kernia.Error{Kind: kernia.Denied, Code: "NOT_TODAY", Message: "Not today"}
	for _, test := range []struct {
		name   string
		hook   func() error
		status int
		code   string
	}{
		{"its own error", func() error { return want }, 403, "NOT_TODAY"},
		{"any error", func() error { return errors.New("secret detail") }, 422, ""},
		{"a panic", func() error { panic("secret detail") }, 500, "INTERNAL_SERVER_ERROR"},
	} {
		for _, at := range []string{"user before", "user after", "session before", "session after", "account before", "account after"} {
			t.Run(at+" "+test.name, func(t *testing.T) {
				var hooks kernia.Hooks
				switch at {
				case "user before":
					hooks.User.BeforeCreate = func(context.Context, *kernia.User) error { return test.hook() }
				case "user after":
					hooks.User.AfterCreate = func(context.Context, kernia.User) error { return test.hook() }
				case "session before":
					hooks.Session.BeforeCreate = func(context.Context, *kernia.Session) error { return test.hook() }
				case "session after":
					hooks.Session.AfterCreate = func(context.Context, kernia.Session) error { return test.hook() }
				case "account before":
					hooks.Account.BeforeCreate = func(context.Context, *kernia.Account) error { return test.hook() }
				case "account after":
					hooks.Account.AfterCreate = func(context.Context, kernia.Account) error { return test.hook() }
				}
				s := serve(t, kernia.Config{Hooks: hooks})
				a := s.signUp2("ann@example.com")
				if a.Status != test.status || len(a.Cookies) != 0 || test.code != "" && a.code() != test.code || strings.Contains(string(a.Body), "secret") {
					t.Errorf("sign-up = %d %s %q, want %d", a.Status, a.Body, a.Cookies, test.status)
				}
				n, err := s.auth.Users.Count(t.Context(), kernia.UserQuery{})
				if err != nil {
					t.Fatal(err)
				}
				if wantUsers := map[bool]int64{true: 0, false: 1}[at == "user before" || at == "account before"]; n != wantUsers {
					t.Errorf("%d users, want %d", n, wantUsers)
				}
			})
		}
	}
}

// jumpy panics whenever a session's cookie is set.
type jumpy struct{}

func (jumpy) Declare(d *kernia.Declaration) {
	d.Name("jumpy")
	d.Issued(func(*kernia.Call, string) { panic("jumpy") })
	kernia.Post(d, "/refuse", func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		_, err := c.Session(ctx)
		return kernia.Status{}, errors.Join(err, kernia.ErrNoFields)
	}, kernia.AnyBody())
}

// TestH06_PanicWhileAnswering: a step that panics after the handler is a 500 as well, also beside another refusal.
func TestH06_PanicWhileAnswering(t *testing.T) {
	s := serve(t, kernia.Config{}, jumpy{})
	client := kerniatest.SignIn(t, s.auth, "ann@example.com")
	s.clock.Advance(25 * time.Hour)
	if a := s.post("/refuse", "", "Cookie", client.Cookie); a.Status != 500 || len(a.Cookies) > 0 {
		t.Errorf("a refusal = %d, cookies %q", a.Status, a.Cookies)
	}
	s.clock.Advance(25 * time.Hour)
	g := s.auth.Guard(t.Context(), request("GET", "/mine", "", "Cookie", client.Cookie), true)
	if g.Denied == nil || g.Denied.Status != 500 || g.Principal != nil {
		t.Errorf("Guard = %+v", g)
	}
}

func TestG09_MissingPieces(t *testing.T) {
	good := kernia.Config{BaseURL: own, Secret: "a-key-for-tests-that-opens-no-door-at-all", Store: memory.New()}
	for name, change := range map[string]func(c *kernia.Config){
		"Store":          func(c *kernia.Config) { c.Store = nil },
		"BaseURL":        func(c *kernia.Config) { c.BaseURL = "" },
		"BasePath":       func(c *kernia.Config) { c.BasePath = "auth" },
		"TrustedOrigins": func(c *kernia.Config) { c.TrustedOrigins = []string{"https://app.example.com/path"} },
		"Session":        func(c *kernia.Config) { c.Session.ExpiresIn = 401 * 24 * time.Hour },
		"Place":          func(c *kernia.Config) { c.Session.Place = kernia.InKV },
		"Cookies":        func(c *kernia.Config) { c.Cookies.Prefix = "a b" },
		"Tables":         func(c *kernia.Config) { c.Tables = map[string]kernia.Naming{"nope": {}} },
	} {
		c := good
		change(&c)
		if _, err := kernia.New(c); err == nil || !strings.Contains(err.Error(), "Config."+name) && !strings.Contains(err.Error(), name) {
			t.Errorf("New without %s = %v, want an error that names it", name, err)
		}
	}
	if _, err := kernia.New(good, emailpassword.Feature{}, emailpassword.Feature{}); err == nil || !strings.Contains(err.Error(), "emailpassword") {
		t.Errorf("New with a feature twice = %v", err)
	}
	if _, err := kernia.New(good); err != nil {
		t.Errorf("New = %v", err)
	}
}

// everyType has one added field of every type.
var everyType = []kernia.Extra{
	kernia.Field[string]{Name: "text", Input: true, Column: "some_text"},
	kernia.Field[bool]{Name: "flag", Input: true},
	kernia.Field[int64]{Name: "number", Input: true, Default: kernia.Some(int64(7))},
	kernia.Field[time.Time]{Name: "moment", Input: true},
	kernia.Field[json.RawMessage]{Name: "data", Input: true},
	kernia.Field[[]string]{Name: "tags", Input: true},
	kernia.Field[*string]{Name: "maybe", Input: true},
	kernia.Field[string]{Name: "note", Input: true, Hidden: true},
}

func TestAddedFields(t *testing.T) {
	s := serve(t, kernia.Config{UserFields: everyType})
	a := s.post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123","text":"ä\u2028","flag":true,
		"moment":"2026-01-02T03:04:05.678Z","data":{"a":[1,null,"x"]},"tags":["a","b"],"note":"psst"}`)
	if a.Status != 200 {
		t.Fatalf("sign-up = %d %s", a.Status, a.Body)
	}
	cookie := a.cookie()
	shown := func() map[string]any {
		user, _ := s.get("/get-session", "Cookie", cookie).json["user"].(map[string]any)
		for _, own := range []string{"id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"} {
			delete(user, own)
		}
		return user
	}
	want := map[string]any{
		"text": "ä\u2028", "flag": true, "number": 7.0, "moment": "2026-01-02T03:04:05.678Z",
		"data": map[string]any{"a": []any{1.0, nil, "x"}}, "tags": []any{"a", "b"}, "maybe": nil,
	}
	if got := shown(); !reflect.DeepEqual(got, want) {
		t.Errorf("after sign-up: %v, want %v", got, want)
	}
	a = s.post("/update-user", `{"text":null,"flag":false,"number":-9007199254740993,"tags":[],"maybe":"","data":null}`, "Cookie", cookie)
	if a.Status != 200 {
		t.Fatalf("update-user = %d %s", a.Status, a.Body)
	}
	want = map[string]any{
		"text": nil, "flag": false, "number": -9007199254740993.0, "moment": "2026-01-02T03:04:05.678Z", "data": nil, "tags": []any{}, "maybe": "",
	}
	if got := shown(); !reflect.DeepEqual(got, want) {
		t.Errorf("after update-user: %v, want %v", got, want)
	}
	if a := s.post("/update-user", `{"text":"a\\u0000","data":{"a":"\\\\u0000"}}`, "Cookie", cookie); a.Status != 200 {
		t.Errorf("an escaped backslash is taken for a zero character: %d %s", a.Status, a.Body)
	}
	for _, name := range []string{"name", "image"} {
		body := strings.Replace(`{"name":"A","email":"zero2@example.com","password":"password123","image":"x"}`, `"`+name+`":"`, `"`+name+`":"\u0000`, 1)
		if b := s.post("/sign-up/email", body); b.Status != 400 {
			t.Errorf("a zero character in %s = %d", name, b.Status)
		}
	}
	for _, bad := range []string{
		`{"text":1}`, `{"flag":"true"}`, `{"number":1.5}`, `{"number":"1"}`, `{"moment":"yesterday"}`, `{"tags":"a"}`, `{"tags":[1]}`, `{"tags":["a",null]}`,
		`{"moment":"9999-12-31T23:59:59-01:00"}`, `{"moment":"0000-01-01T00:00:00+01:00"}`, `{"text":"a\u0000"}`, `{"tags":["\u0000"]}`,
		`{"data":{"a":"\u0000"}}`, `{"name":"\u0000"}`, `{"image":"\u0000"}`, `{"name":null}`, `{"image":5}`,
	} {
		if a := s.post("/update-user", bad, "Cookie", cookie); a.Status != 400 {
			t.Errorf("update-user %s = %d %s, want 400", bad, a.Status, a.Body)
		}
	}
}

// TestManyCombinations: a client that changes fields in every combination takes the others nothing away.
func TestManyCombinations(t *testing.T) {
	var fields []kernia.Extra
	for i := range 9 {
		fields = append(fields, kernia.Field[*string]{Name: fmt.Sprint("f", i), Input: true})
	}
	s := serve(t, kernia.Config{UserFields: fields, SessionFields: fields})
	cookie := s.signUp("ann@example.com")
	for n := range 1 << 9 {
		body := map[string]any{}
		for i := range 9 {
			if (n+1)&(1<<i) != 0 {
				body[fmt.Sprint("f", i)] = strconv.Itoa(n)
			}
		}
		raw, _ := json.Marshal(body)
		for _, kind := range []string{"user", "session"} {
			if n == 1<<9-1 {
				continue // the empty body
			}
			if a := s.post("/update-"+kind, string(raw), "Cookie", cookie); a.Status != 200 {
				t.Fatalf("update-%s %s = %d %s", kind, raw, a.Status, a.Body)
			}
			shown, _ := s.get("/get-session", "Cookie", cookie).json[kind].(map[string]any)
			for name, want := range body {
				if shown[name] != want {
					t.Fatalf("update-%s %s left %v", kind, raw, shown)
				}
			}
		}
	}
}

func TestUniqueField(t *testing.T) {
	s := serve(t, kernia.Config{UserFields: []kernia.Extra{kernia.Field[string]{Name: "nick", Input: true, Unique: true}}})
	join := func(email, nick string) answer {
		return s.post("/sign-up/email", `{"name":"A","email":"`+email+`","password":"password123","nick":"`+nick+`"}`)
	}
	if a := join("ann@example.com", "a"); a.Status != 200 {
		t.Fatalf("sign-up = %d %s", a.Status, a.Body)
	}
	if a := join("bob@example.com", "a"); a.Status != 422 || a.code() != "FIELD_ALREADY_TAKEN" {
		t.Errorf("a taken nick = %d %s", a.Status, a.Body)
	}
	if n, err := s.auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 1 || err != nil {
		t.Errorf("%d users, %v", n, err)
	}
}

func TestEvents(t *testing.T) {
	sink := &memory.Events{}
	s := serve(t, kernia.Config{Events: sink})
	cookie := s.signUp("ann@example.com")
	s.post("/sign-in/email", `{"email":"ann@example.com","password":"wrong-password"}`)
	s.post("/sign-out", ``, "Cookie", cookie)
	if err := s.auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range sink.All() {
		types = append(types, e.Type)
		if e.IPAddress != "203.0.113.9" || e.Time.IsZero() {
			t.Errorf("event %+v", e)
		}
	}
	if got, want := strings.Join(types, " "), "user.created session.created sign-in.failed session.revoked"; got != want {
		t.Errorf("events = %s, want %s", got, want)
	}
}

// jumpySink panics at the first event.
type jumpySink struct {
	memory.Events
	jumped bool
}

func (j *jumpySink) Record(ctx context.Context, e ports.Event) error {
	if !j.jumped {
		j.jumped = true
		panic("the sink is broken")
	}
	return j.Events.Record(ctx, e)
}

// TestEventsOutliveAPanic: a sink that panics is logged, ends nothing, and gets the next event.
func TestEventsOutliveAPanic(t *testing.T) {
	var log bytes.Buffer
	sink := &jumpySink{}
	s := serve(t, kernia.Config{Events: sink, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.signUp("ann@example.com")
	if err := s.auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := sink.All(); len(all) != 1 || all[0].Type != "session.created" || !strings.Contains(log.String(), "event not recorded") {
		t.Errorf("events = %+v, log %s", all, &log)
	}
}

// TestHooksInOrder: before-hooks run in the order of the features, the application's last, and after-hooks in reverse;
// each runs once.
func TestHooksInOrder(t *testing.T) {
	var heard []string
	hooks := func(who string) kernia.Hooks {
		note := func(what string) error { heard = append(heard, who+" "+what); return nil }
		return kernia.Hooks{
			User: kernia.UserHooks{
				BeforeCreate: func(context.Context, *kernia.User) error { return note("before user") },
				AfterCreate:  func(context.Context, kernia.User) error { return note("after user") },
				BeforeUpdate: func(context.Context, string, *kernia.Patch) error { return note("before user update") },
				AfterUpdate:  func(context.Context, kernia.User) error { return note("after user update") },
				BeforeDelete: func(context.Context, kernia.User) error { return note("before user delete") },
				AfterDelete:  func(context.Context, kernia.User) error { return note("after user delete") },
			},
			Session: kernia.SessionHooks{
				BeforeCreate: func(context.Context, *kernia.Session) error { return note("before session") },
				AfterCreate:  func(context.Context, kernia.Session) error { return note("after session") },
				BeforeUpdate: func(context.Context, string, *kernia.Patch) error { return note("before session update") },
				AfterUpdate:  func(context.Context, kernia.Session) error { return note("after session update") },
				BeforeDelete: func(context.Context, kernia.Session) error { return note("before session delete") },
				AfterDelete:  func(context.Context, kernia.Session) error { return note("after session delete") },
			},
			Account: kernia.AccountHooks{
				BeforeCreate: func(context.Context, *kernia.Account) error { return note("before account") },
				AfterCreate:  func(context.Context, kernia.Account) error { return note("after account") },
				BeforeUpdate: func(context.Context, string, *kernia.Patch) error { return note("before account update") },
				AfterUpdate:  func(context.Context, kernia.Account) error { return note("after account update") },
				BeforeDelete: func(context.Context, kernia.Account) error { return note("before account delete") },
				AfterDelete:  func(context.Context, kernia.Account) error { return note("after account delete") },
			},
		}
	}
	feature := named{"feature", func(d *kernia.Declaration) { d.Hooks(hooks("feature")) }}
	s := serve(t, kernia.Config{
		Hooks: hooks("app"), SessionFields: []kernia.Extra{kernia.Field[*string]{Name: "theme", Input: true}},
	}, feature, emailpassword.Feature{})
	ctx := t.Context()
	ann := s.signUp("ann@example.com")
	p, err := s.auth.Verify(ctx, token(t, ann))
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	account, err := s.auth.Accounts.Find(ctx, p.User.ID, kernia.CredentialProvider)
	if err != nil || account == nil {
		t.Fatal(account, err)
	}
	var name, scope kernia.Patch
	name.Name("B")
	scope.Put("scope", ports.String("x"))
	link := kernia.Account{UserID: p.User.ID, ProviderID: "x", AccountID: "1"}
	expect := func(what string, do func() error, steps ...string) {
		t.Helper()
		heard = nil
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		var want []string
		for _, step := range steps {
			if strings.HasPrefix(step, "before") {
				want = append(want, "feature "+step, "app "+step)
			} else {
				want = append(want, "app "+step, "feature "+step)
			}
		}
		if !slices.Equal(heard, want) {
			t.Errorf("%s runs %q, want %q", what, heard, want)
		}
	}
	expect("Users.Update", func() error { _, err := s.auth.Users.Update(ctx, p.User.ID, name); return err }, "before user update", "after user update")
	expect("update-session", func() error { return status(s.post("/update-session", `{"theme":"dark"}`, "Cookie", ann)) }, "before session update", "after session update")
	s.clock.Advance(25 * time.Hour)
	expect("get-session, when due", func() error { return status(s.get("/get-session", "Cookie", ann)) }, "before session update", "after session update")
	expect("Accounts.Update", func() error { _, err := s.auth.Accounts.Update(ctx, account.ID, scope); return err }, "before account update", "after account update")
	expect("Accounts.ReplacePassword", func() error { _, err := s.auth.Accounts.ReplacePassword(ctx, account, "x"); return err }, "before account update", "after account update")
	expect("Accounts.Create", func() (err error) { link, err = s.auth.Accounts.Create(ctx, link); return err }, "before account", "after account")
	expect("Accounts.Delete", func() error { _, err := s.auth.Accounts.Delete(ctx, link); return err }, "before account delete", "after account delete")
	expect("Sessions.Revoke", func() error { _, err := s.auth.Sessions.Revoke(ctx, token(t, ann)); return err }, "before session delete", "after session delete")
	expect("Users.Delete", func() error { _, err := s.auth.Users.Delete(ctx, p.User.ID); return err }, "before user delete", "after user delete")
	heard = nil
	s.signUp("bob@example.com")
	if got, want := strings.Join(heard, ", "), "feature before user, app before user, feature before account, app before account, "+
		"app after user, app after account, feature after user, feature after account, "+
		"feature before session, app before session, app after session, feature after session"; got != want {
		t.Errorf("sign-up runs %s, want %s", got, want)
	}
}

// status returns an answer that is no success as an error.
func status(a answer) error {
	if a.Status != 200 || string(a.Body) == "null" {
		return fmt.Errorf("%d %s", a.Status, a.Body)
	}
	return nil
}

// TestDeletionsCanBeDenied: an error of a hook before a deletion keeps what it is about; one of a hook after it is the
// answer, and what was deleted is gone.
func TestDeletionsCanBeDenied(t *testing.T) {
	refusal := errors.New("no")
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			deny := false
			step := func(at string) error {
				if deny && at == when {
					return refusal
				}
				return nil
			}
			s := serve(t, kernia.Config{Hooks: kernia.Hooks{
				User: kernia.UserHooks{
					BeforeDelete: func(context.Context, kernia.User) error { return step("before") },
					AfterDelete:  func(context.Context, kernia.User) error { return step("after") },
				},
				Session: kernia.SessionHooks{
					BeforeDelete: func(context.Context, kernia.Session) error { return step("before") },
					AfterDelete:  func(context.Context, kernia.Session) error { return step("after") },
				},
				Account: kernia.AccountHooks{
					BeforeDelete: func(context.Context, kernia.Account) error { return step("before") },
					AfterDelete:  func(context.Context, kernia.Account) error { return step("after") },
				},
			}})
			ctx, stays := t.Context(), when == "before"
			ann, other := s.signUp("ann@example.com"), s.signIn("ann@example.com").cookie()
			p, err := s.auth.Verify(ctx, token(t, ann))
			if err != nil || p == nil {
				t.Fatal(p, err)
			}
			account, err := s.auth.Accounts.Find(ctx, p.User.ID, kernia.CredentialProvider)
			if err != nil || account == nil {
				t.Fatal(account, err)
			}
			deny = true
			if gone, err := s.auth.Sessions.Revoke(ctx, token(t, other)); !errors.Is(err, kernia.ErrDeleteSession) || gone == stays || s.signedIn(other) != stays {
				t.Errorf("Sessions.Revoke = %v, %v", gone, err)
			}
			if err := s.auth.Sessions.RevokeAll(ctx, p.User.ID); !errors.Is(err, kernia.ErrDeleteSession) || s.signedIn(ann) != stays {
				t.Errorf("Sessions.RevokeAll = %v", err)
			}
			if gone, err := s.auth.Accounts.Delete(ctx, *account); !errors.Is(err, kernia.ErrDeleteAccount) || gone == stays {
				t.Errorf("Accounts.Delete = %v, %v", gone, err)
			}
			if gone, err := s.auth.Users.Delete(ctx, p.User.ID); !errors.Is(err, kernia.ErrDeleteUser) || gone == stays {
				t.Errorf("Users.Delete = %v, %v", gone, err)
			}
			if u, err := s.auth.Users.Find(ctx, p.User.ID); err != nil || (u != nil) != stays {
				t.Errorf("the user = %v, %v", u, err)
			}
		})
	}
}

// TestUpdatesFailWithTheirHooks: an error of a hook after a change is the answer, and the change stays.
func TestUpdatesFailWithTheirHooks(t *testing.T) {
	refusal := errors.New("no")
	s := serve(t, kernia.Config{
		SessionFields: []kernia.Extra{kernia.Field[*string]{Name: "theme", Input: true}},
		Hooks: kernia.Hooks{
			User:    kernia.UserHooks{AfterUpdate: func(context.Context, kernia.User) error { return refusal }},
			Session: kernia.SessionHooks{AfterUpdate: func(context.Context, kernia.Session) error { return refusal }},
			Account: kernia.AccountHooks{
				AfterUpdate: func(context.Context, kernia.Account) error { return refusal },
				AfterCreate: func(_ context.Context, a kernia.Account) error {
					if a.ProviderID == kernia.CredentialProvider {
						return nil
					}
					return refusal
				},
			},
		},
	})
	ctx := t.Context()
	ann := s.signUp("ann@example.com")
	p, err := s.auth.Verify(ctx, token(t, ann))
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	account, err := s.auth.Accounts.Find(ctx, p.User.ID, kernia.CredentialProvider)
	if err != nil || account == nil {
		t.Fatal(account, err)
	}
	var name, scope, theme kernia.Patch
	name.Name("B")
	scope.Put("scope", ports.String("x"))
	theme.Put("theme", ports.String("dark"))
	if _, err := s.auth.Users.Update(ctx, p.User.ID, name); !errors.Is(err, kernia.ErrUpdateUser) {
		t.Errorf("Users.Update = %v", err)
	}
	if _, err := s.auth.Sessions.Update(ctx, p, theme); !errors.Is(err, kernia.ErrUpdateSession) {
		t.Errorf("Sessions.Update = %v", err)
	}
	if _, err := s.auth.Accounts.Update(ctx, account.ID, scope); !errors.Is(err, kernia.ErrUpdateAccount) {
		t.Errorf("Accounts.Update = %v", err)
	}
	if _, err := s.auth.Accounts.Create(ctx, kernia.Account{UserID: p.User.ID, ProviderID: "x", AccountID: "1"}); !errors.Is(err, kernia.ErrCreateAccount) {
		t.Errorf("Accounts.Create = %v", err)
	}
	accounts, err := s.auth.Accounts.List(ctx, p.User.ID)
	if err != nil || len(accounts) != 2 || accounts[0].Scope+accounts[1].Scope != "x" {
		t.Errorf("accounts = %+v, %v", accounts, err)
	}
	if p, err = s.auth.Verify(ctx, token(t, ann)); err != nil || p == nil || p.User.Name != "B" {
		t.Fatalf("the user is %v, %v", p, err)
	}
	if v, _ := p.Session.Lookup("theme"); !v.Equal(ports.String("dark")) {
		t.Errorf("theme = %v", v)
	}
}
