package kernia_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestE05_ConfusedTypes sends what is no string to every string of every operation.
func TestE05_ConfusedTypes(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	for _, o := range s.auth.Operations() {
		if o.Method != "POST" {
			continue
		}
		for name := range valid(o) {
			for _, odd := range []string{`null`, `0`, `true`, `[]`, `["x"]`, `{"$ne":null}`, `{"$gt":""}`} {
				raw, _ := json.Marshal(valid(o))
				var body map[string]json.RawMessage
				_ = json.Unmarshal(raw, &body)
				body[name] = json.RawMessage(odd)
				raw, _ = json.Marshal(body)
				a := s.post(o.Path, string(raw), "Cookie", cookie)
				if a.Status != 400 || a.code() != "VALIDATION_ERROR" || a.cookie() != "" {
					t.Errorf("%s with %s: %s = %d %s, want 400", o.Name(), name, odd, a.Status, a.Body)
				}
			}
		}
	}
	if a := s.post("/revoke-session", `{"token":""}`, "Cookie", cookie); a.Status != 400 {
		t.Errorf("a blank token = %d %s, want 400", a.Status, a.Body)
	}
	for _, value := range []string{"", "Bearer", "Bearer ", "Bearer .", "Bearer null", "Basic x"} {
		if a := s.get("/list-sessions", "Authorization", value); a.Status != 401 {
			t.Errorf("Authorization %q = %d", value, a.Status)
		}
	}
}

// countingHasher counts what reaches it.
type countingHasher struct {
	memory.Hasher
	calls  atomic.Int64
	hashes atomic.Int64
}

func (c *countingHasher) Hash(ctx context.Context, p string) (string, error) {
	c.calls.Add(1)
	c.hashes.Add(1)
	return c.Hasher.Hash(ctx, p)
}

func (c *countingHasher) Verify(ctx context.Context, p, h string) (bool, bool, error) {
	c.calls.Add(1)
	return c.Hasher.Verify(ctx, p, h)
}

func TestF02_LongPasswordsAreNotHashed(t *testing.T) {
	h := &countingHasher{}
	s := serve(t, kernia.Config{Hasher: h})
	cookie := s.signUp("ann@example.com")
	h.calls.Store(0)
	long := strings.Repeat("x", 1<<20-200)
	for path, body := range map[string]string{
		"/sign-up/email":   `{"name":"x","email":"x@example.com","password":"` + long + `"}`,
		"/sign-in/email":   `{"email":"ann@example.com","password":"` + long + `"}`,
		"/change-password": `{"currentPassword":"password123","newPassword":"` + long + `"}`,
		"/verify-password": `{"password":"` + long + `"}`,
	} {
		if a := s.post(path, body, "Cookie", cookie); a.Status != 400 {
			t.Errorf("%s with a megabyte = %d %s, want 400", path, a.Status, a.Body)
		}
	}
	if n := h.calls.Load(); n != 0 {
		t.Errorf("%d megabytes were hashed", n)
	}
}

// TestF04_UnreadableHashTakesAsLong: an account whose hash nothing verifies costs a hash, as an unknown address does.
func TestF04_UnreadableHashTakesAsLong(t *testing.T) {
	h := &countingHasher{}
	s := serve(t, kernia.Config{Hasher: h})
	s.signUp("ann@example.com")
	found, err := s.auth.Accounts.FindCredential(t.Context(), "ann@example.com")
	if err != nil || found == nil {
		t.Fatal(found, err)
	}
	if ok, err := s.auth.Accounts.ReplacePassword(t.Context(), &found.Account, "$unknown$"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.hashes.Store(0)
	if a := s.signIn("ann@example.com"); a.Status != 401 || h.hashes.Load() != 1 {
		t.Errorf("sign-in = %d after %d hashes, want 401 after one", a.Status, h.hashes.Load())
	}
}

func TestF04_UnknownUserLooksLikeAWrongPassword(t *testing.T) {
	h := &countingHasher{}
	s := serve(t, kernia.Config{Hasher: h})
	s.signUp("ann@example.com")
	ask := func(email, password string) (answer, int64) {
		h.calls.Store(0)
		a := s.post("/sign-in/email", `{"email":"`+email+`","password":"`+password+`"}`)
		return a, h.calls.Load()
	}
	known, n := ask("ann@example.com", "wrong-password")
	unknown, m := ask("nobody@example.com", "wrong-password")
	if n != 1 || m != 1 {
		t.Errorf("hashes for a known and an unknown user: %d and %d, want 1 and 1", n, m)
	}
	if known.Status != unknown.Status || !bytes.Equal(known.Body, unknown.Body) || len(known.Header) != len(unknown.Header) {
		t.Errorf("known: %d %s, unknown: %d %s", known.Status, known.Body, unknown.Status, unknown.Body)
	}
	generic := serve(t, kernia.Config{Hasher: h}, emailpassword.Feature{DisableAutoSignIn: true})
	join := func(email string) (answer, int64) {
		h.calls.Store(0)
		return generic.post("/sign-up/email", `{"name":"x","email":"`+email+`","password":"password123"}`), h.calls.Load()
	}
	first, n := join("ann@example.com")
	second, m := join("ANN@example.com")
	if first.Status != 200 || second.Status != 200 || n != m || len(first.Body) != len(second.Body) || len(second.Cookies) != 0 {
		t.Errorf("generic sign-up: %d %s (%d), again: %d %s (%d)", first.Status, first.Body, n, second.Status, second.Body, m)
	}
}

func TestF06_Bodies(t *testing.T) {
	s := serve(t, kernia.Config{BodyLimit: 4096})
	big := `{"email":"` + strings.Repeat("a", 5000) + `","password":"x"}`
	form := func(r *kernia.Request) { r.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"} }
	tests := []struct {
		name   string
		change func(r *kernia.Request)
		body   string
		want   int
		says   string
	}{
		{"too long", nil, big, 413, ""},
		{"too long, not announced", func(r *kernia.Request) { r.Length = -1 }, big, 413, ""},
		{"announced too long", func(r *kernia.Request) { r.Length = 1 << 40 }, `{}`, 413, ""},
		{"shorter than announced", func(r *kernia.Request) { r.Length = 100 }, `{}`, 400, ""},
		{"read before", func(r *kernia.Request) { r.Length, r.Body = 100, nil }, `{}`, 400, ""},
		{"nested", nil, strings.Repeat("[", 200) + strings.Repeat("]", 200), 400, "nested too deeply"},
		{"nested in a member", nil, `{"a":` + strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat("}", 201), 400, "nested too deeply"},
		{"chunked and empty", func(r *kernia.Request) { r.Length, r.Body = -1, nil }, `{}`, 400, ""},
		{"cut", nil, `{"email":`, 400, ""},
		{"trailing", nil, `{} {}`, 400, ""},
		{"not UTF-8", nil, "{\"email\":\"\xff\"}", 400, "not valid UTF-8"},
		{"a form that is not UTF-8", form, "email=%ff&password=x", 400, "not valid UTF-8"},
		{"a form with a name that is not UTF-8", form, "%ff=a&password=x", 400, "not valid UTF-8"},
		{"many members", nil, "{" + strings.TrimSuffix(manyMembers(257), ",") + "}", 400, "Too many members"},
		{"as many members as may be", nil, "{" + strings.TrimSuffix(manyMembers(256), ",") + "}", 400, "[body.email]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := request("POST", "/sign-in/email", test.body)
			if test.change != nil {
				test.change(r)
			}
			if a := s.send(r); a.Status != test.want || a.code() == "" || !strings.Contains(string(a.Body), test.says) {
				t.Errorf("= %d %s, want %d with a code and %q", a.Status, a.Body, test.want, test.says)
			}
		})
	}
	if a := s.post("/sign-in/email", "\xef\xbb\xbf"+`{"email":"x@example.com","password":"x"}`); a.Status != 401 {
		t.Errorf("a byte order mark = %d %s, want it skipped", a.Status, a.Body)
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"m` + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + `":1,`)
	}
	return b.String()
}

func TestF05_DotsAreCheap(t *testing.T) {
	s := serve(t, kernia.Config{})
	bomb := strings.Repeat(".", 1_000_000)
	var names strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&names, "a%d&", i)
	}
	bombs := []*kernia.Request{
		request("GET", "/get-session", "", "Authorization", "Bearer "+bomb),
		request("GET", "/get-session", "", "Authorization", "Bearer "+strings.Repeat("%41.", 250_000)),
		request("GET", "/get-session", "", "Cookie", "better-auth.session_token="+bomb),
		request("GET", "/get-session", "", "Cookie", strings.Repeat("a=b;", 250_000)),
		request("GET", "/get-session?"+names.String(), ""),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, r := range bombs {
		if a := s.send(r); a.Status >= 500 {
			t.Errorf("= %d", a.Status)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 2<<20 {
		t.Errorf("%d bytes allocated for %d bombs", got, len(bombs))
	}
}

// failingStore answers every call with an error that has a secret in its text.
type failingStore struct {
	ports.Store
	err        error
	fail       bool
	failDelete bool
}

func (f *failingStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if f.fail {
		return nil, f.err
	}
	return f.Store.Find(ctx, q, args)
}

func (f *failingStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if f.fail {
		return nil, f.err
	}
	return f.Store.Create(ctx, m, r)
}

func (f *failingStore) Delete(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
	if f.fail || f.failDelete {
		return 0, f.err
	}
	return f.Store.Delete(ctx, m, args)
}

// TestF08_E09_Outage: a store that fails is an error on every operation, signs nobody out, and shows nothing.
func TestF08_E09_Outage(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{errors.Join(ports.ErrUnavailable, errors.New("dial tcp 10.1.2.3:5432: secret-host")), 503},
		{errors.New("syntax error near secret-column"), 500},
		{context.DeadlineExceeded, 503},
	} {
		store := &failingStore{Store: memory.New(), err: test.err}
		s := serve(t, kernia.Config{Store: store, Mailer: &memory.Mailer{}})
		cookie := s.signUp("ann@example.com")
		store.fail = true
		for _, o := range s.auth.Operations() {
			if o.Method == "" || o.Path == "/ok" || o.Path == "/error" || o.Name() == "POST /get-session" {
				continue
			}
			raw, _ := json.Marshal(valid(o))
			body := string(raw)
			if o.Method == "GET" {
				body = ""
			}
			path := o.Path
			if before, _, ok := strings.Cut(path, ":"); ok {
				path = before + "token?callbackURL=/x"
			}
			a := s.send(request(o.Method, path, body, "Cookie", cookie))
			if a.Status != test.want || len(a.Cookies) != 0 || strings.Contains(string(a.Body), "secret") || a.code() == "" {
				t.Errorf("%s with %v = %d %s %q, want %d", o.Name(), test.err, a.Status, a.Body, a.Cookies, test.want)
			}
		}
		if g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", cookie), false); g.Denied == nil || g.Denied.Status != test.want {
			t.Errorf("an optional guard lets a request through while the store is down: %+v", g)
		}
		if _, err := s.auth.Verify(t.Context(), token(t, cookie)); err == nil {
			t.Error("Verify hides the outage")
		}
		store.fail = false
		if !s.signedIn(cookie) {
			t.Error("signed out by an outage")
		}
	}
}

// TestE09_RevocationFails: what could not be revoked is never called revoked.
func TestE09_RevocationFails(t *testing.T) {
	store := &failingStore{Store: memory.New(), err: ports.ErrUnavailable}
	s := serve(t, kernia.Config{Store: store})
	cookie := s.signUp("ann@example.com")
	other := token(t, s.signIn("ann@example.com").cookie())
	store.failDelete = true
	for path, body := range map[string]string{
		"/revoke-session": `{"token":"` + other + `"}`, "/revoke-sessions": ``, "/revoke-other-sessions": ``, "/sign-out": ``,
		"/change-password": `{"currentPassword":"password123","newPassword":"password124","revokeOtherSessions":true}`,
	} {
		if a := s.post(path, body, "Cookie", cookie); a.Status != 503 || len(a.Cookies) != 0 {
			t.Errorf("%s = %d %s %q, want 503 and no cookie", path, a.Status, a.Body, a.Cookies)
		}
	}
}

// stuckStore waits until its caller gives up.
type stuckStore struct{ ports.Store }

func (stuckStore) Find(ctx context.Context, _ *ports.Query, _ []ports.Value) ([]ports.Record, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTimeout(t *testing.T) {
	s := serve(t, kernia.Config{Store: stuckStore{memory.New()}, Timeout: 20 * time.Millisecond})
	if a := s.get("/get-session", "Cookie", s.auth.Sessions.Cookie("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")); a.Status != 503 || len(a.Cookies) != 0 {
		t.Errorf("= %d %s, want 503", a.Status, a.Body)
	}
}

// TestLoggedValues: what an application may log while it debugs shows no token, hash or body, in no format of slog.
func TestLoggedValues(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	p, err := s.auth.Verify(t.Context(), token(t, cookie))
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	c, err := s.auth.Accounts.FindCredential(t.Context(), "ann@example.com")
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	r := request("POST", "/sign-in/email", `{"password":"password123"}`, "Cookie", cookie)
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "principal", p, "credential", c, "request", r)
	}
	for _, secret := range []string{p.Session.Token, c.Account.Password, "password123"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log: %s", secret, log.String())
		}
	}
}

func TestAuthPrintsNoSecret(t *testing.T) {
	old := strings.ReplaceAll(kerniatest.Secret, "kernia", "former")
	s := serve(t, kernia.Config{OldSecrets: []string{old}})
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, s.auth); strings.Contains(got, kerniatest.Secret) || strings.Contains(got, old) {
			t.Errorf("%s prints a secret: %s", format, got)
		}
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "auth", s.auth)
	if strings.Contains(log.String(), kerniatest.Secret) {
		t.Errorf("a log has the secret: %s", log.String())
	}
}

// TestSecretsStayOutOfLogs signs up, fails, and looks for what was given in everything that was logged.
func TestSecretsStayOutOfLogs(t *testing.T) {
	var log bytes.Buffer
	cfg := kernia.Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	s := serve(t, cfg)
	cookie := s.signUp("ann@example.com")
	s.signUp2("ann@example.com")
	s.post("/sign-in/email", `{"email":"ann@example.com","password":"another-password"}`)
	s.post("/change-password", `{"currentPassword":"password123","newPassword":"x"}`, "Cookie", cookie)
	cfg.Secret = "the-secret-of-this-very-application"
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", cfg)
	for _, secret := range []string{"password123", "another-password", token(t, cookie), "ann@example.com", cfg.Secret} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
	if log.Len() == 0 {
		t.Error("nothing was logged: the test proves nothing")
	}
}

func (s *server) signUp2(email string) answer {
	return s.post("/sign-up/email", `{"name":"Ann","email":"`+email+`","password":"password123"}`)
}

func FuzzF07_Headers(f *testing.F) {
	f.Add("Bearer x.y", "better-auth.session_token=a.b; better-auth.dont_remember=\"x\"", "http://localhost:8080", "a=b&c", []byte(`{"email":"a"}`))
	f.Add("bearer %%", ";;==;\x00", "null", "%zz=%&callbackURL=//x", []byte("\xef\xbb\xbf[]"))
	f.Add("Bearer", "a=\"; better-auth.session_token=%", "x", "a=%", []byte("{"))
	f.Add("bearer x.", "9.9.9.9, junk", "https://", "&&", []byte("null"))
	f.Add("", "=", "http://[::1", "callbackURL=a&callbackURL=b", []byte(`{"callbackURL":{},"callback_url":1}`))
	s := &server{t: nil, auth: mustAuth(f)}
	f.Fuzz(func(t *testing.T, authorization, cookie, origin, query string, body []byte) {
		s := &server{t: t, auth: s.auth}
		for _, o := range s.auth.Operations() {
			r := request(o.Method, o.Path, string(body), "Authorization", authorization, "Cookie", cookie, "Origin", origin, "Referer", origin, "X-Forwarded-For", cookie)
			r.Query = query
			a := s.send(r)
			if a.Status >= 500 {
				t.Errorf("%s = %d %s", o.Name(), a.Status, a.Body)
			}
			for _, c := range a.Cookies {
				if strings.ContainsAny(c, "\r\n\x00") {
					t.Errorf("%s sets %q", o.Name(), c)
				}
			}
			for _, h := range a.Header {
				if strings.ContainsAny(h.Value, "\r\n\x00") {
					t.Errorf("%s answers %q", o.Name(), h)
				}
			}
		}
	})
}

func mustAuth(t testing.TB) *kernia.Auth {
	t.Helper()
	auth, err := kernia.New(kernia.Config{
		BaseURL: own + "/api/auth", Secret: "a-key-for-fuzzing-that-opens-no-door", Store: memory.New(), Hasher: &memory.Hasher{},
		Logger: slog.New(slog.DiscardHandler), RateLimit: kernia.RateLimitConfig{Disabled: true},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
	}, emailpassword.Feature{}, bearer.Feature{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Migrate(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return auth
}
