package kernia_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestSessionLife(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	steps := []struct {
		after   time.Duration
		renewed bool
	}{{time.Hour, false}, {22 * time.Hour, false}, {time.Hour, true}, {6 * 24 * time.Hour, true}, {time.Hour, false}}
	for i, step := range steps {
		s.clock.Advance(step.after)
		a := s.get("/get-session", "Cookie", cookie)
		if a.json == nil {
			t.Fatalf("step %d: signed out", i)
		}
		if got := len(a.Cookies) == 1; got != step.renewed {
			t.Errorf("step %d: cookies %q, want renewed: %v", i, a.Cookies, step.renewed)
		}
	}
	s.clock.Advance(7 * 24 * time.Hour)
	a := s.get("/get-session", "Cookie", cookie)
	if string(a.Body) != "null" || len(a.Cookies) != 3 {
		t.Errorf("after its end = %s, cookies %q", a.Body, a.Cookies)
	}
}

func TestD03_E07_EndsAtItsInstant(t *testing.T) {
	s := serve(t, kernia.Config{Session: kernia.SessionConfig{DisableRefresh: true}})
	tok := token(t, s.signUp("ann@example.com"))
	s.clock.Advance(7*24*time.Hour - time.Millisecond)
	if p, err := s.auth.Verify(t.Context(), tok); err != nil || p == nil {
		t.Fatalf("a millisecond before the end = %v, %v, want a session", p, err)
	}
	s.clock.Advance(time.Millisecond)
	if p, err := s.auth.Verify(t.Context(), tok); err != nil || p != nil {
		t.Errorf("at the end = %v, %v, want nobody", p, err)
	}
	if g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Authorization", "Bearer "+tok), true); g.Denied == nil || g.Denied.Status != 401 {
		t.Errorf("a guard lets in an expired session: %+v", g)
	}
}

// TestShortSession: a session that is not to be remembered is not extended, however it is presented.
func TestShortSession(t *testing.T) {
	s := serve(t, kernia.Config{})
	s.signUp("ann@example.com")
	a := s.signIn("ann@example.com", `,"remember_me":false`)
	if len(a.Cookies) != 2 || strings.Contains(a.Cookies[0], "Max-Age") || strings.Contains(a.Cookies[1], "Max-Age") {
		t.Fatalf("cookies = %q, want two that end with the browser", a.Cookies)
	}
	tok := token(t, a.cookie())
	s.clock.Advance(23 * time.Hour)
	for _, headers := range [][]string{{"Cookie", a.cookie()}, {"Authorization", "Bearer " + tok}} {
		if got := s.get("/get-session", headers...); got.json == nil || len(got.Cookies) != 0 {
			t.Errorf("with %v after 23 hours = %s, cookies %q", headers, got.Body, got.Cookies)
		}
	}
	s.clock.Advance(time.Hour)
	if s.signedIn(a.cookie()) {
		t.Error("still there after a day")
	}
}

// A racing store lets another caller in between two calls.
type racingStore struct {
	ports.Store
	beforeUpdate func()
}

func (r *racingStore) Update(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	if f := r.beforeUpdate; f != nil && m.Model.Name == "session" {
		r.beforeUpdate = nil
		f()
	}
	return r.Store.Update(ctx, m, args)
}

func TestD06_RefreshDoesNotReviveARevokedSession(t *testing.T) {
	racing := &racingStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: racing})
	cookie := s.signUp("ann@example.com")
	s.clock.Advance(25 * time.Hour)
	racing.beforeUpdate = func() {
		if gone, err := s.auth.Sessions.Revoke(t.Context(), token(t, cookie)); !gone || err != nil {
			t.Errorf("revoke = %v, %v", gone, err)
		}
	}
	if s.signedIn(cookie) {
		t.Error("the request that refreshed a revoked session is signed in")
	}
	if racing.beforeUpdate != nil {
		t.Error("no refresh was tried: the test proves nothing")
	}
	if s.signedIn(cookie) {
		t.Error("the session is back")
	}
}

func TestRefreshesOnceAmongMany(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	s.clock.Advance(25 * time.Hour)
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			if a := s.get("/get-session", "Cookie", cookie); a.json == nil {
				t.Errorf("signed out by a refresh beside it: %s", a.Body)
			}
		})
	}
	wait.Wait()
}

func TestD07_UnknownTokenIsNotAdopted(t *testing.T) {
	s := serve(t, kernia.Config{})
	chosen := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	s.signUp("ann@example.com")
	a := s.post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "Cookie", s.auth.Sessions.Cookie(chosen))
	if got := token(t, a.cookie()); got == chosen {
		t.Error("sign-in kept the token that the client had chosen")
	}
	if s.signedIn(s.auth.Sessions.Cookie(chosen)) {
		t.Error("a chosen token is a session")
	}
	first := a.cookie()
	b := s.post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "Cookie", first)
	if token(t, b.cookie()) == token(t, first) {
		t.Error("a second sign-in gave the same token")
	}
	c := s.post("/change-password", `{"currentPassword":"password123","newPassword":"password124","revokeOtherSessions":true}`, "Cookie", b.cookie())
	if c.Status != 200 || token(t, c.cookie()) == token(t, b.cookie()) || s.signedIn(b.cookie()) || s.signedIn(first) || !s.signedIn(c.cookie()) {
		t.Errorf("change-password does not rotate: %d %s", c.Status, c.Body)
	}
}

func TestD08_StoresHashesAlone(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	tok := token(t, cookie)
	u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.auth.Sessions.List(t.Context(), u.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("ListSessions = %v, %v", list, err)
	}
	handle := list[0].Token
	if !strings.HasPrefix(handle, "sha256:") || strings.Contains(handle, tok) {
		t.Fatalf("stored token = %q, want a hash", handle)
	}
	for _, presented := range []string{handle, strings.TrimPrefix(handle, "sha256:")} {
		if p, err := s.auth.Verify(t.Context(), presented); p != nil || err != nil {
			t.Errorf("the handle authenticates: %v, %v", p, err)
		}
		if s.signedIn(s.auth.Sessions.Cookie(presented)) || string(s.get("/get-session", "Authorization", "Bearer "+presented).Body) != "null" {
			t.Error("the handle authenticates over HTTP")
		}
	}
	if gone, err := s.auth.Sessions.Revoke(t.Context(), handle); !gone || err != nil {
		t.Errorf("Revoke(handle) = %v, %v", gone, err)
	}
}

func TestD09_EveryMutationOfACookieFails(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	name, value, _ := strings.Cut(cookie, "=")
	for i := range value {
		for _, c := range []byte{value[i] ^ 1, 'A', '.', 0} {
			if c == value[i] {
				continue
			}
			changed := value[:i] + string(c) + value[i+1:]
			if strings.EqualFold(changed, value) && strings.Contains(value[max(0, i-2):i+1], "%") {
				continue // another spelling of the same escape
			}
			if s.signedIn(name + "=" + changed) {
				t.Fatalf("signed in with byte %d changed: %q", i, changed)
			}
		}
	}
	for i := range value {
		if s.signedIn(name + "=" + value[:i]) {
			t.Fatalf("signed in with %d of %d bytes", i, len(value))
		}
	}
	for _, longer := range []string{value + "A", value + "%3D", "A" + value, value + "." + value} {
		if s.signedIn(name + "=" + longer) {
			t.Errorf("signed in with %q", longer)
		}
	}
	if s.signedIn(name + "=" + token(t, cookie)) {
		t.Error("signed in without a signature")
	}
}

func TestD12_Secrets(t *testing.T) {
	for _, bad := range []string{"", "tiny", "Qm8xv1kTz0pLr5wN7yB3dF6hJ9sG2aC", strings.Repeat("a", 31), strings.Repeat("a", 64), "better-auth-secret-12345678901234567890"} {
		_, err := kernia.New(kernia.Config{BaseURL: own, Secret: bad, Store: memory.New()})
		if err == nil || !strings.Contains(err.Error(), "Config.Secret") || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("New with secret %q = %v, want an error that names the setting alone", bad, err)
		}
	}
	s := serve(t, kernia.Config{Random: brokenRandom{}})
	if a := s.post("/sign-up/email", `{"name":"x","email":"x@example.com","password":"password123"}`); a.Status != 500 || a.cookie() != "" {
		t.Errorf("sign-up without randomness = %d %q", a.Status, a.Cookies)
	}
}

type brokenRandom struct{}

func (brokenRandom) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

func TestOldSecretVerifies(t *testing.T) {
	store := memory.New()
	old := serve(t, kernia.Config{Store: store, Secret: "the-old-secret-that-was-used-until-today"})
	cookie := old.signUp("ann@example.com")
	s := serve(t, kernia.Config{Store: store, Secret: "the-new-secret-that-is-used-from-now-on!", OldSecrets: []string{"the-old-secret-that-was-used-until-today"}})
	if !s.signedIn(cookie) {
		t.Error("a cookie signed with the old secret does not count")
	}
	without := serve(t, kernia.Config{Store: store, Secret: "the-new-secret-that-is-used-from-now-on!"})
	if without.signedIn(cookie) {
		t.Error("a cookie signed with a forgotten secret counts")
	}
}

func TestD17_DistinctTokens(t *testing.T) {
	s := serve(t, kernia.Config{})
	s.signUp("ann@example.com")
	seen := map[string]bool{}
	var last string
	for range 20 {
		last = s.signIn("ann@example.com").cookie()
		if tok := token(t, last); seen[tok] {
			t.Fatal("two devices share a token")
		} else {
			seen[tok] = true
		}
	}
	a := s.post("/change-password", `{"currentPassword":"password123","newPassword":"password124","revokeOtherSessions":true}`, "Cookie", last)
	if a.Status != 200 {
		t.Fatalf("change-password = %d %s", a.Status, a.Body)
	}
	for tok := range seen {
		if p, err := s.auth.Verify(t.Context(), tok); p != nil || err != nil {
			t.Errorf("a session survives the change of password: %v, %v", p, err)
		}
	}
}

func TestG02_Revoke(t *testing.T) {
	s := serve(t, kernia.Config{})
	ann, bob := s.signUp("ann@example.com"), s.signUp("bob@example.com")
	other := s.signIn("ann@example.com").cookie()
	for name, tok := range map[string]string{"another user's": token(t, bob), "unknown": "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB", "no token": "nope"} {
		if a := s.post("/revoke-session", `{"token":"`+tok+`"}`, "Cookie", ann); a.Status != 200 {
			t.Errorf("%s = %d %s", name, a.Status, a.Body)
		}
	}
	if !s.signedIn(bob) {
		t.Fatal("one user ended another's session")
	}
	if a := s.post("/revoke-other-sessions", ``, "Cookie", ann); a.Status != 200 || s.signedIn(other) || !s.signedIn(ann) {
		t.Errorf("revoke-other-sessions = %d", a.Status)
	}
	if a := s.post("/revoke-sessions", `[]`, "Cookie", ann); a.Status != 200 || len(a.Cookies) != 3 || s.signedIn(ann) {
		t.Errorf("revoke-sessions = %d %q", a.Status, a.Cookies)
	}
	if !s.signedIn(bob) {
		t.Error("one user ended another's sessions")
	}
}

func TestPlainTokens(t *testing.T) {
	store := memory.New()
	plain := serve(t, kernia.Config{Store: store, Session: kernia.SessionConfig{StoreTokens: kernia.Plain}})
	cookie := plain.signUp("ann@example.com")
	hashed := serve(t, kernia.Config{Store: store})
	if !hashed.signedIn(cookie) {
		t.Fatal("a plain row does not count")
	}
	u, err := hashed.auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	stored := func() string {
		list, err := hashed.auth.Sessions.List(t.Context(), u.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("ListSessions = %v, %v", list, err)
		}
		return list[0].Token
	}
	if got := stored(); got != token(t, cookie) {
		t.Fatalf("a read rewrote the row: %q", got)
	}
	hashed.clock.Advance(25 * time.Hour)
	if !hashed.signedIn(cookie) || !strings.HasPrefix(stored(), "sha256:") {
		t.Errorf("a refresh leaves the row plain: %q", stored())
	}
	if !hashed.signedIn(cookie) {
		t.Error("signed out by the rewrite")
	}
	again := plain.signIn("ann@example.com").cookie()
	if gone, err := hashed.auth.Sessions.Revoke(t.Context(), token(t, again)); !gone || err != nil || hashed.signedIn(again) {
		t.Errorf("Revoke of a plain row = %v, %v", gone, err)
	}
}

func ExampleAuth_Verify() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
	})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	p, err := auth.Verify(ctx, "a token from somewhere")
	fmt.Println(p, err)
	// Output: <nil> <nil>
}

// askedStore counts what is asked about sessions, and knows their model.
type askedStore struct {
	ports.Store
	session *ports.Model
	asked   int
}

func (a *askedStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if m.Name == "session" {
		a.session = m
	}
	return a.Store.Create(ctx, m, r)
}

func (a *askedStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if q.Model.Name == "session" {
		a.asked++
	}
	return a.Store.Find(ctx, q, args)
}

func (a *askedStore) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	if d.Model.Name == "session" {
		a.asked++
	}
	return a.Store.Delete(ctx, d, args)
}

// TestAsksForNothingButTokens: what has not the form of a token or a handle reaches no store.
func TestAsksForNothingButTokens(t *testing.T) {
	store := &askedStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store})
	ann := s.signUp("ann@example.com")
	tok := token(t, ann)
	p, err := s.auth.Verify(t.Context(), tok)
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	list, err := s.auth.Sessions.List(t.Context(), p.User.ID)
	if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Token, "sha256:") {
		t.Fatalf("List = %+v, %v", list, err)
	}
	handle := list[0].Token
	store.asked = 0
	for _, odd := range []string{"", tok[1:], tok + "a", tok[1:] + "!", strings.Repeat("a", 10_000), handle + "a", handle[:len(handle)-1], "sha1:" + handle[5:], "sha256:"} {
		if p, err := s.auth.Verify(t.Context(), odd); p != nil || err != nil {
			t.Errorf("Verify(%q) = %v, %v", odd, p, err)
		}
		if gone, err := s.auth.Sessions.Revoke(t.Context(), odd); gone || err != nil {
			t.Errorf("Revoke(%q) = %v, %v", odd, gone, err)
		}
	}
	if store.asked != 0 {
		t.Errorf("the store was asked %d times", store.asked)
	}
	if p, err := s.auth.Verify(t.Context(), handle); p != nil || err != nil {
		t.Errorf("a handle authenticates: %v, %v", p, err)
	}
	if gone, err := s.auth.Sessions.Revoke(t.Context(), handle); !gone || err != nil || s.signedIn(ann) {
		t.Errorf("Revoke by the handle = %v, %v", gone, err)
	}
}

// TestListsTheCallersOwnToken: in list-sessions the caller's own session has its token, and every other one a handle.
func TestListsTheCallersOwnToken(t *testing.T) {
	s := serve(t, kernia.Config{})
	other, own := token(t, s.signUp("ann@example.com")), s.signIn("ann@example.com").cookie()
	a := s.get("/list-sessions", "Cookie", own)
	var list []struct{ Token string }
	if err := json.Unmarshal(a.Body, &list); err != nil || len(list) != 2 {
		t.Fatalf("list-sessions = %d %s, %v", a.Status, a.Body, err)
	}
	tokens := list[0].Token + " " + list[1].Token
	if !strings.Contains(tokens, token(t, own)) || strings.Contains(tokens, other) || strings.Count(tokens, "sha256:") != 1 {
		t.Errorf("tokens = %s, want the caller's own and one handle", tokens)
	}
}

// TestDropsWhatHasExpired: the row of a session that is presented after its end goes, and no other.
func TestDropsWhatHasExpired(t *testing.T) {
	store := &askedStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store})
	ann := s.signUp("ann@example.com")
	s.clock.Advance(7*24*time.Hour - time.Second)
	s.signUp("bob@example.com") // sweeps, while both are live
	s.clock.Advance(time.Second)
	rows := func() int64 {
		n, err := store.Count(t.Context(), &ports.Query{Model: store.session, Limit: 10}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := rows(); n != 2 {
		t.Fatalf("%d rows, want 2: the test proves nothing", n)
	}
	if a := s.get("/get-session?disableRefresh=true", "Cookie", ann); string(a.Body) != "null" {
		t.Errorf("get-session = %s", a.Body)
	}
	if n := rows(); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// TestBoundsTheUserAgent: a session keeps 512 bytes of text of the User-Agent header, whatever is in it.
func TestBoundsTheUserAgent(t *testing.T) {
	s := serve(t, kernia.Config{})
	s.signUp("ann@example.com")
	for sent, want := range map[string]string{
		"agent/1.0":                         "agent/1.0",
		strings.Repeat("é", 5000):           strings.Repeat("é", 256),
		"a" + strings.Repeat("é", 5000):     "a" + strings.Repeat("é", 255),
		"a\x00b\xffc\xc3":                   "abc",
		strings.Repeat("\x00", 600) + "end": "end",
	} {
		a := s.post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "User-Agent", sent)
		p, err := s.auth.Verify(t.Context(), token(t, a.cookie()))
		if err != nil || p == nil || p.Session.UserAgent != want {
			t.Errorf("%.20q is kept as %.30q, %v, want %.30q", sent, p.Session.UserAgent, err, want)
		}
	}
}

// TestExtendsSessionsByTheirLife: a session of more than a day, or of the whole life that sessions have, is extended
// when it is due; one of at most a day with a life of its own is not, and none is where refreshing is off.
func TestExtendsSessionsByTheirLife(t *testing.T) {
	for _, test := range []struct {
		name     string
		config   kernia.SessionConfig
		life     time.Duration
		after    time.Duration
		extended bool
	}{
		{"the default", kernia.SessionConfig{}, 0, 25 * time.Hour, true},
		{"not due", kernia.SessionConfig{}, 0, 23 * time.Hour, false},
		{"off", kernia.SessionConfig{DisableRefresh: true}, 0, 25 * time.Hour, false},
		{"three days of its own", kernia.SessionConfig{}, 3 * 24 * time.Hour, time.Hour, true},
		{"a day of its own", kernia.SessionConfig{}, 24 * time.Hour, 23 * time.Hour, false},
		{"all live half a day", kernia.SessionConfig{ExpiresIn: 12 * time.Hour, UpdateAge: time.Hour}, 0, 2 * time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, kernia.Config{Session: test.config})
			ann := kerniatest.SignIn(t, s.auth, "ann@example.com")
			begun, err := s.auth.Sessions.Issue(t.Context(), ann.User, kernia.NewSession{ExpiresIn: test.life})
			if err != nil {
				t.Fatal(err)
			}
			s.clock.Advance(test.after)
			a := s.get("/get-session", "Cookie", s.auth.Sessions.Cookie(begun.Token))
			p, err := s.auth.Verify(t.Context(), begun.Token)
			if err != nil || p == nil {
				t.Fatal(p, err)
			}
			if got := p.Session.ExpiresAt.After(begun.ExpiresAt); got != test.extended || len(a.Cookies) > 0 != test.extended {
				t.Errorf("extended: %v, cookies %q, want %v", got, a.Cookies, test.extended)
			}
		})
	}
}

// TestUpdatesNoRevokedSession: who was signed out meanwhile changes no session.
func TestUpdatesNoRevokedSession(t *testing.T) {
	s := serve(t, kernia.Config{SessionFields: []kernia.Extra{kernia.Field[*string]{Name: "theme", Input: true}}})
	tok := token(t, s.signUp("ann@example.com"))
	p, err := s.auth.Verify(t.Context(), tok)
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	if gone, err := s.auth.Sessions.Revoke(t.Context(), tok); !gone || err != nil {
		t.Fatal(gone, err)
	}
	var change kernia.Patch
	change.Put("theme", ports.String("dark"))
	if _, err := s.auth.Sessions.Update(t.Context(), p, change); !errors.Is(err, kernia.ErrUnauthorized) {
		t.Errorf("Update = %v, want ErrUnauthorized", err)
	}
}

// TestHooksSeeNoForeignSession: a hook before a deletion is not told of a session that the caller cannot end.
func TestHooksSeeNoForeignSession(t *testing.T) {
	told := 0
	s := serve(t, kernia.Config{Hooks: kernia.Hooks{Session: kernia.SessionHooks{
		BeforeDelete: func(context.Context, kernia.Session) error { told++; return nil },
		AfterDelete:  func(context.Context, kernia.Session) error { told++; return nil },
	}}})
	ann, bob := s.signUp("ann@example.com"), s.signUp("bob@example.com")
	p, err := s.auth.Verify(t.Context(), token(t, bob))
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	list, err := s.auth.Sessions.List(t.Context(), p.User.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	for _, foreign := range []string{list[0].Token, token(t, bob)} {
		if a := s.post("/revoke-session", `{"token":"`+foreign+`"}`, "Cookie", ann); a.Status != 200 || told != 0 || !s.signedIn(bob) {
			t.Errorf("revoke-session = %d, %d hooks ran", a.Status, told)
		}
	}
	if a := s.post("/revoke-session", `{"token":"`+list[0].Token+`"}`, "Cookie", bob); a.Status != 200 || told != 2 || s.signedIn(bob) {
		t.Errorf("revoke-session of one's own = %d, %d hooks ran", a.Status, told)
	}
}

// TestSignOutEndsWhatIsPresented: sign-out ends the sessions of the cookie and of the Authorization header, and a handle
// ends none.
func TestSignOutEndsWhatIsPresented(t *testing.T) {
	s := serve(t, kernia.Config{})
	one, two, third := s.signUp("ann@example.com"), s.signIn("ann@example.com").cookie(), s.signIn("ann@example.com").cookie()
	_, signed, _ := strings.Cut(two, "=")
	if a := s.post("/sign-out", "", "Cookie", one, "Authorization", "Bearer "+signed); a.Status != 200 || s.signedIn(one) || s.signedIn(two) {
		t.Errorf("sign-out = %d %s, signed in by the cookie: %v, by the header: %v", a.Status, a.Body, s.signedIn(one), s.signedIn(two))
	}
	p, err := s.auth.Verify(t.Context(), token(t, third))
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	list, err := s.auth.Sessions.List(t.Context(), p.User.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := kernia.InvokeJSON(kernia.As(t.Context(), list[0].Token), s.auth, "POST /sign-out", nil); err != nil || !s.signedIn(third) {
		t.Errorf("sign-out by a handle: %v, still signed in: %v", err, s.signedIn(third))
	}
}
