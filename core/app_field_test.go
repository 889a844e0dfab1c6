package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
)

var errNickTaken = &kernia.Error{Kind: kernia.Invalid, Code: "NICK_IS_TAKEN", Message: "Nick is taken"}

// TestFieldSpellings: added fields are known by both spellings, one at a time, wherever clients give them.
func TestFieldSpellings(t *testing.T) {
	nick := kernia.Field[string]{Name: "displayNick", Input: true, Unique: true, Taken: errNickTaken}
	s := serve(t, kernia.Config{
		UserFields:    []kernia.Extra{nick, kernia.Field[string]{Name: "serverOnly"}},
		SessionFields: []kernia.Extra{kernia.Field[string]{Name: "colorTheme", Input: true}},
	})
	join := func(email, more string) answer {
		return s.post("/sign-up/email", `{"name":"A","email":"`+email+`","password":"password123",`+more+`}`)
	}
	shown := func(a answer, kind string) map[string]any { m, _ := a.json[kind].(map[string]any); return m }
	ann := join("ann@example.com", `"display_nick":"a"`)
	if ann.Status != 200 || shown(ann, "user")["displayNick"] != "a" {
		t.Fatalf("sign-up = %d %s", ann.Status, ann.Body)
	}
	for body, code := range map[string]string{
		`"display_nick":"x","displayNick":"y"`: "VALIDATION_ERROR", `"display_nick":7`: "VALIDATION_ERROR",
		`"server_only":"x"`: "FIELD_NOT_ALLOWED", `"displayNick":"a"`: "NICK_IS_TAKEN",
	} {
		if a := join("bob@example.com", body); a.Status != 400 || a.code() != code {
			t.Errorf("sign-up with %s = %d %s, want %s", body, a.Status, a.Body, code)
		}
	}
	if a := join("eve@example.com", `"display_nick":"e"`); a.Status != 200 {
		t.Fatal(string(a.Body))
	}
	for body, code := range map[string]string{
		`{"display_nick":"e"}`: "NICK_IS_TAKEN", `{"display_nick":"x","displayNick":"y"}`: "VALIDATION_ERROR", `{"server_only":"x"}`: "FIELD_NOT_ALLOWED",
	} {
		if a := s.post("/update-user", body, "Cookie", ann.cookie()); a.Status != 400 || a.code() != code {
			t.Errorf("update-user %s = %d %s, want %s", body, a.Status, a.Body, code)
		}
	}
	if a := s.post("/update-user", `{"display_nick":"b"}`, "Cookie", ann.cookie()); a.Status != 200 {
		t.Errorf("update-user = %d %s", a.Status, a.Body)
	}
	if a := s.post("/update-session", `{"color_theme":"dark"}`, "Cookie", ann.cookie()); shown(a, "session")["colorTheme"] != "dark" {
		t.Errorf("update-session = %d %s", a.Status, a.Body)
	}
	if a := s.post("/update-session", `{"color_theme":"dark","colorTheme":"x"}`, "Cookie", ann.cookie()); a.Status != 400 {
		t.Errorf("update-session in both spellings = %d %s", a.Status, a.Body)
	}
}

// TestFieldsFromForms: text becomes what the field holds.
func TestFieldsFromForms(t *testing.T) {
	s := serve(t, kernia.Config{UserFields: everyType})
	form := func(email, more string) answer {
		r := request("POST", "/sign-up/email", "name=A&email="+email+"&password=password123&"+more)
		r.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
		return s.send(r)
	}
	a := form("ann%40example.com", "text=7&flag=true&number=-12&moment=2026-01-02&data=%7B%22a%22%3A1%7D&tags=%5B%22x%22%5D&maybe=null")
	got, _ := a.json["user"].(map[string]any)
	want := map[string]any{"text": "7", "flag": true, "number": -12.0, "moment": "2026-01-02T00:00:00.000Z", "maybe": "null"}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s = %v, want %v: %d %s", name, got[name], value, a.Status, a.Body)
		}
	}
	if !strings.Contains(string(a.Body), `"data":{"a":1},"tags":["x"]`) {
		t.Errorf("JSON and lists: %s", a.Body)
	}
	for i, bad := range []string{"flag=yes", "flag=1", "number=1.5", "number=x", "number=", "moment=soon", "moment=2026-13-01", "data=%7B", "data=" + strings.Repeat("[", 99) + strings.Repeat("]", 99), "tags=x"} {
		if a := form(fmt.Sprintf("u%d%%40example.com", i), bad); a.Status != 400 || a.code() != "VALIDATION_ERROR" {
			t.Errorf("%s = %d %s", bad, a.Status, a.Body)
		}
	}
}

func TestFieldDates(t *testing.T) {
	s := serve(t, kernia.Config{UserFields: everyType})
	cookie := s.signUp("ann@example.com")
	for given, want := range map[string]string{
		`"2026-01-02"`: "2026-01-02T00:00:00.000Z", `"2026-01-02T03:04"`: "2026-01-02T03:04:00.000Z", `"2026-01-02T03:04:05.6"`: "2026-01-02T03:04:05.600Z",
		`"2026-01-02T03:04:05+01:00"`: "2026-01-02T02:04:05.000Z", `"02.01.2026"`: "", `7`: "", `"2026-02-30"`: "", `""`: "",
	} {
		a := s.post("/update-user", `{"moment":`+given+`}`, "Cookie", cookie)
		user, _ := s.get("/get-session", "Cookie", cookie).json["user"].(map[string]any)
		if want == "" && a.Status != 400 || want != "" && user["moment"] != want {
			t.Errorf("%s = %d %s, shown as %v", given, a.Status, a.Body, user["moment"])
		}
	}
}

// TestFieldsWithoutHTTP: Required, Input and types apply to a typed call, and Required to a user made by Go code.
func TestFieldsWithoutHTTP(t *testing.T) {
	plan := kernia.Field[string]{Name: "plan", Input: true, Required: true}
	s := serve(t, kernia.Config{UserFields: []kernia.Extra{plan, kernia.Field[bool]{Name: "admin"}, kernia.Field[time.Time]{Name: "since", Input: true}}})
	join := func(email string, fields map[string]any) (emailpassword.SignUpOutput, error) {
		m, err := kernia.FieldValuesOf(fields)
		if err != nil {
			t.Fatal(err)
		}
		return emailpassword.SignUp(t.Context(), s.auth, emailpassword.SignUpInput{Name: "A", Email: email, Password: "password123", Fields: m})
	}
	code := func(err error) string {
		e, _ := errors.AsType[*kernia.Error](err)
		if e == nil {
			return fmt.Sprint(err)
		}
		return e.Code
	}
	out, err := join("ann@example.com", map[string]any{"plan": "pro", "since": s.clock.Now()})
	if since, _ := out.User.Lookup("since"); err != nil || plan.Of(out.User) != "pro" || !since.AsTime().Equal(s.clock.Now()) {
		t.Errorf("%+v %v", out.User, err)
	}
	for want, fields := range map[string]map[string]any{
		"MISSING_FIELD": nil, "FIELD_NOT_ALLOWED": {"plan": "x", "admin": true}, "VALIDATION_ERROR": {"plan": 7},
	} {
		if _, err := join("bob@example.com", fields); code(err) != want {
			t.Errorf("with %v: %v, want %s", fields, err, want)
		}
	}
	u := s.auth.Users.New(t.Context())
	u.Name, u.Email = "Bob", "bob@example.com"
	if _, err := s.auth.Users.Create(t.Context(), u); code(err) != "MISSING_FIELD" {
		t.Errorf("without a required field: %v", err)
	}
	plan.Set(&u, "free")
	if _, err := s.auth.Users.Create(t.Context(), u); err != nil {
		t.Error(err)
	}
	if _, err := kernia.FieldValuesOf(map[string]any{"plan": func() {}}); err == nil {
		t.Error("a function is a member")
	}
}

// TestDefaultFunc: a default can come from the request, and a sign-up that hides a taken address shows it as well.
func TestDefaultFunc(t *testing.T) {
	from := kernia.Field[string]{Name: "signUpFrom", DefaultFunc: func(ctx context.Context) string {
		if c := kernia.CallFrom(ctx); c != nil {
			return c.Header("X-Country")
		}
		return "nowhere"
	}}
	s := serve(t, kernia.Config{UserFields: []kernia.Extra{from}, SessionFields: []kernia.Extra{from}}, emailpassword.Feature{})
	a := s.post("/sign-up/email", `{"name":"A","email":"ann@example.com","password":"password123"}`, "X-Country", "NL")
	user, _ := a.json["user"].(map[string]any)
	both := s.get("/get-session", "Cookie", a.cookie()).json
	session, _ := both["session"].(map[string]any)
	if user["signUpFrom"] != "NL" || session["signUpFrom"] != "NL" {
		t.Errorf("%s, %v", a.Body, both)
	}
	again := s.auth.Users.New(t.Context())
	again.Email = "ann@example.com"
	pretended, created, err := s.auth.Users.CreateQuietly(t.Context(), again)
	if err != nil || created || from.Of(&pretended) != "nowhere" {
		t.Errorf("%+v %v %v", pretended, created, err)
	}
}

func TestRefusedFields(t *testing.T) {
	for name, fields := range map[string][]kernia.Extra{
		"two spellings of one":  {kernia.Field[string]{Name: "nickName"}, kernia.Field[string]{Name: "nick_name"}},
		"the other way round":   {kernia.Field[string]{Name: "nick_name"}, kernia.Field[string]{Name: "nickName"}},
		"two defaults":          {kernia.Field[string]{Name: "a", Default: kernia.Some("x"), DefaultFunc: func(context.Context) string { return "y" }}},
		"required and hopeless": {kernia.Field[string]{Name: "a", Required: true}},
	} {
		if _, err := kernia.New(kernia.Config{BaseURL: own, Secret: strings.Repeat("secret-Ax9", 5), Store: serve(t, kernia.Config{}).store, UserFields: fields}); err == nil {
			t.Errorf("%s: New takes them", name)
		}
	}
}

// TestGivenIDs: ids come from Config.NewID, or from a hook, and an id of another form is refused.
func TestGivenIDs(t *testing.T) {
	var n atomic.Int64
	made := func(_ context.Context, model string) (string, error) {
		return fmt.Sprintf("%s-%d", model, n.Add(1)), nil
	}
	s := serve(t, kernia.Config{NewID: made, Hooks: kernia.Hooks{
		User:    kernia.UserHooks{BeforeCreate: func(_ context.Context, u *kernia.User) error { u.ID = "hook-" + u.Name; return nil }},
		Session: kernia.SessionHooks{BeforeCreate: func(_ context.Context, v *kernia.Session) error { v.ID += "!"; return nil }},
		Account: kernia.AccountHooks{BeforeCreate: func(_ context.Context, a *kernia.Account) error { a.ID = "own"; return nil }},
	}})
	cookie := s.signUp("ann@example.com")
	p, err := s.auth.Verify(t.Context(), token(t, cookie))
	if err != nil || p.User.ID != "hook-Ann" || !strings.HasPrefix(p.Session.ID, "session-") || !strings.HasSuffix(p.Session.ID, "!") {
		t.Fatalf("%+v %v", p, err)
	}
	if accounts, err := s.auth.Accounts.List(t.Context(), p.User.ID); err != nil || len(accounts) != 1 || accounts[0].ID != "own" || accounts[0].AccountID != p.User.ID {
		t.Errorf("%+v %v", accounts, err)
	}
	for kind, bad := range map[ports.IDKind][]string{
		ports.IDText: {"a\x00", "\xff", strings.Repeat("x", 256)}, ports.IDUUID: {"x", strings.Repeat("-", 36), "0190a6f0-0000-7000-8000-00000000000G"},
	} {
		for _, id := range bad {
			s := serve(t, kernia.Config{IDs: kind, NewID: func(context.Context, string) (string, error) { return id, nil }})
			u := s.auth.Users.New(t.Context())
			u.Email = "x@example.com"
			if _, err := s.auth.Users.Create(t.Context(), u); !errors.Is(err, ports.ErrInvalid) {
				t.Errorf("id %.40q of kind %d: %v", id, kind, err)
			}
		}
	}
	s = serve(t, kernia.Config{Hooks: kernia.Hooks{Session: kernia.SessionHooks{BeforeCreate: func(_ context.Context, v *kernia.Session) error { v.ID = "\x00"; return nil }}}})
	if a := s.signUp2("ann@example.com"); a.Status != 500 || len(a.Cookies) != 0 {
		t.Errorf("a session with an id that is none: %d %s", a.Status, a.Body)
	}
	s = serve(t, kernia.Config{NewID: func(context.Context, string) (string, error) { return "", errors.New("no more ids") }})
	if a := s.signUp2("ann@example.com"); a.Status != 500 || len(a.Cookies) != 0 {
		t.Errorf("without ids: %d %s", a.Status, a.Body)
	}
}
