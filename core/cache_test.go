package kernia_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A countingStore counts the calls that verifying and extending a session makes.
type countingStore struct {
	*memory.Store
	calls int
}

func (s *countingStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	s.calls++
	return s.Store.Find(ctx, q, args)
}

func (s *countingStore) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	s.calls++
	return s.Store.Update(ctx, u, args)
}

func cachingServer(t *testing.T, session kernia.SessionConfig) (*server, *countingStore) {
	t.Helper()
	store := &countingStore{Store: memory.New()}
	session.Cache.Enabled = true
	return serve(t, kernia.Config{Store: store, Session: session}), store
}

// browse sends a request with the jar's cookies and keeps what the answer sets.
func (s *server) browse(jar map[string]string, method, path, body string) answer {
	s.t.Helper()
	a := s.send(request(method, path, body, "Cookie", pairs(jar)))
	keep(jar, a.Cookies)
	return a
}

func pairs(jar map[string]string) string {
	list := make([]string, 0, len(jar))
	for name, value := range jar {
		list = append(list, name+"="+value)
	}
	return strings.Join(list, "; ")
}

func keep(jar map[string]string, lines []string) {
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(line, "; ")
		name, value, _ := strings.Cut(pair, "=")
		if delete(jar, name); !strings.HasPrefix(attributes, "Max-Age=0") {
			jar[name] = value
		}
	}
}

const session, data = "better-auth.session_token", "better-auth.session_data"

// newcomer returns the cookies of a browser that has just signed up.
func (s *server) newcomer() map[string]string {
	s.t.Helper()
	jar := map[string]string{}
	if a := s.browse(jar, "POST", "/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`); a.Status != 200 || jar[session] == "" {
		s.t.Fatalf("sign-up = %d %s", a.Status, a.Body)
	}
	return jar
}

var cacheForms = map[string]kernia.CacheForm{"compact": kernia.CacheCompact, "jwt": kernia.CacheJWT, "jwe": kernia.CacheJWE}

// TestCacheAnswersWithoutTheStore: while the cookie counts, guards and get-session ask nobody.
func TestCacheAnswersWithoutTheStore(t *testing.T) {
	for name, form := range cacheForms {
		t.Run(name, func(t *testing.T) {
			s, store := cachingServer(t, kernia.SessionConfig{Cache: kernia.CacheConfig{Form: form}})
			jar := s.newcomer()
			store.calls = 0
			fresh := s.browse(jar, "GET", "/get-session", "")
			g := s.auth.Guard(t.Context(), request("POST", "/x", "", "Cookie", pairs(jar)), true)
			if store.calls != 0 || g.Principal == nil || len(g.Cookies)+len(fresh.Cookies) > 0 {
				t.Errorf("%d calls of the store, principal %v, cookies %q %q", store.calls, g.Principal, g.Cookies, fresh.Cookies)
			}
			delete(jar, data)
			if stored := s.browse(jar, "GET", "/get-session", ""); string(stored.Body) != string(fresh.Body) || store.calls != 1 {
				t.Errorf("the cache says\n%s, the store\n%s", fresh.Body, stored.Body)
			}
			if g.Principal.User.Email != "ann@example.com" || g.Principal.Session.Token == "" || g.Principal.By != kernia.BySession {
				t.Errorf("the principal is %+v", g.Principal)
			}
		})
	}
}

// TestCacheLives walks through the whole life of a session: the cookie's end, the store and a new cookie, the update age
// and the new row, the end of the session.
func TestCacheLives(t *testing.T) {
	s, store := cachingServer(t, kernia.SessionConfig{})
	jar := s.newcomer()
	steps := []struct {
		after   time.Duration
		calls   int
		sets    string // the cookies that the answer sets
		expires string // of the session, "" for none
	}{
		{0, 0, "", "12-01 12:00"},
		{5*time.Minute - time.Millisecond, 0, "", "12-01 12:00"},
		{time.Millisecond, 1, "session_data", "12-01 12:00"}, // the cookie's end
		{time.Minute, 0, "", "12-01 12:00"},
		{24*time.Hour - 7*time.Minute, 1, "session_data", "12-01 12:00"}, // a minute before the update age
		{time.Minute, 0, "", "12-01 12:00"},                              // due, and the cache does not notice
		{4 * time.Minute, 2, "session_token session_data", "12-02 12:04"},
		{7*24*time.Hour - time.Millisecond, 2, "session_token session_data", "12-09 12:03"},
		{7 * 24 * time.Hour, 1, "", ""},
	}
	for i, step := range steps {
		s.clock.Advance(step.after)
		store.calls = 0
		a := s.browse(jar, "GET", "/get-session", "")
		var sets []string
		for _, line := range a.Cookies {
			if name, _, _ := strings.Cut(strings.TrimPrefix(line, "better-auth."), "="); !strings.Contains(line, "Max-Age=0") {
				sets = append(sets, name)
			}
		}
		expires := ""
		if v, ok := a.json["session"].(map[string]any); ok {
			at, err := time.Parse(time.RFC3339, v["expiresAt"].(string))
			if err != nil {
				t.Fatal(err)
			}
			expires = at.Format("01-02 15:04")
		}
		if store.calls != step.calls || strings.Join(sets, " ") != step.sets || expires != step.expires {
			t.Errorf("step %d: %d calls, sets %q, expires %q, want %+v", i, store.calls, sets, expires, step)
		}
	}
}

// TestD02_SensitiveRoutesAskTheStore: what changes something, or needs a live session, sees a revocation at once; what only
// reads, within the age of the cookie.
func TestD02_SensitiveRoutesAskTheStore(t *testing.T) {
	for _, path := range []string{
		"/revoke-sessions {}", "/revoke-other-sessions {}", `/change-password {"currentPassword":"password123","newPassword":"password456"}`,
		`/verify-password {"password":"password123"}`, `/update-user {"name":"Eve"}`, `/update-session {"x":1}`, "/list-sessions",
	} {
		s, _ := cachingServer(t, kernia.SessionConfig{})
		jar := s.newcomer()
		u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.auth.Sessions.RevokeAll(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		cached := map[string]string{session: jar[session], data: jar[data]}
		route, body, post := strings.Cut(path, " ")
		method := "GET"
		if post {
			method = "POST"
		}
		if a := s.browse(jar, method, route, body); a.Status != 401 || len(jar) > 0 {
			t.Errorf("%s after a revocation = %d %s, the browser keeps %v", route, a.Status, a.Body, jar)
		}
		if a := s.send(request("GET", "/get-session", "", "Cookie", pairs(cached))); string(a.Body) == "null" {
			t.Error("the cache does not answer")
		}
		if a := s.send(request("GET", "/get-session?disableCookieCache=true", "", "Cookie", pairs(cached))); string(a.Body) != "null" {
			t.Errorf("disableCookieCache = %s", a.Body)
		}
		s.clock.Advance(5 * time.Minute)
		if a := s.send(request("GET", "/get-session", "", "Cookie", pairs(cached))); string(a.Body) != "null" {
			t.Errorf("after its age the cookie still counts: %s", a.Body)
		}
	}
}

// TestD03_CacheEndsWithTheSession: a cookie does not outlive the session in it.
func TestD03_CacheEndsWithTheSession(t *testing.T) {
	s, _ := cachingServer(t, kernia.SessionConfig{ExpiresIn: time.Minute, UpdateAge: time.Hour})
	jar := s.newcomer()
	s.clock.Advance(time.Minute)
	if g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar)), false); g.Principal != nil {
		t.Error("an expired session is live in its cache")
	}
}

// TestCacheCountsForItsSessionAlone: a cache cookie without its session cookie, with another one's, of another version, or
// changed, says nothing.
func TestCacheCountsForItsSessionAlone(t *testing.T) {
	for name, form := range cacheForms {
		t.Run(name, func(t *testing.T) {
			s, _ := cachingServer(t, kernia.SessionConfig{Cache: kernia.CacheConfig{Form: form}})
			ann := s.newcomer()
			bob := map[string]string{}
			s.browse(bob, "POST", "/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"password123"}`)
			is := func(jar map[string]string, want string) {
				t.Helper()
				g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar)), false)
				got := ""
				if g.Principal != nil {
					got = g.Principal.User.Email
				}
				if got != want {
					t.Errorf("with %v: %q, want %q", jar, got, want)
				}
			}
			is(map[string]string{data: ann[data]}, "")
			is(map[string]string{session: bob[session], data: ann[data]}, "bob@example.com")
			is(map[string]string{session: ann[session][:31] + "x" + ann[session][32:], data: ann[data]}, "")
			for _, junk := range []string{"", "junk", "e30", ann[data] + "x", strings.Repeat("A", 4000)} {
				is(map[string]string{session: ann[session], data: junk}, "ann@example.com")
			}
			moved := serve(t, kernia.Config{Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: form, Version: "2"}}})
			if g := moved.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(ann)), false); g.Principal != nil {
				t.Error("a cookie of another version counts")
			}
			for other, f := range cacheForms {
				if f == form {
					continue
				}
				x := serve(t, kernia.Config{Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: f}}})
				if g := x.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(ann)), false); g.Principal != nil {
					t.Errorf("it counts as %s", other)
				}
			}
		})
	}
}

// TestCacheVersionFor lets the application end the cookies of one user.
func TestCacheVersionFor(t *testing.T) {
	version := map[string]string{}
	store := &countingStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store, Session: kernia.SessionConfig{Cache: kernia.CacheConfig{
		Enabled: true, VersionFor: func(_ kernia.Session, u kernia.User) string { return "1" + version[u.Email] },
	}}})
	jar := s.newcomer()
	store.calls = 0
	s.browse(jar, "GET", "/get-session", "")
	version["ann@example.com"] = "a"
	s.browse(jar, "GET", "/get-session", "")
	s.browse(jar, "GET", "/get-session", "")
	if store.calls != 1 {
		t.Errorf("%d calls of the store, want the one after the version changed", store.calls)
	}
}

// TestCacheIsForBrowsers: a bearer token is looked up, whatever cookies are there.
func TestCacheIsForBrowsers(t *testing.T) {
	store := &countingStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store, Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true}}}, emailpassword.Feature{}, bearer.Feature{})
	jar := s.newcomer()
	store.calls = 0
	g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar), "Authorization", "Bearer "+jar[session]), true)
	if g.Principal == nil || store.calls != 1 || len(g.Cookies) > 0 {
		t.Errorf("principal %v, %d calls, cookies %q", g.Principal, store.calls, g.Cookies)
	}
}

// TestCacheHidesFields: a field that answers do not show is not in the cookie either, and not known to a guard.
func TestCacheHidesFields(t *testing.T) {
	hidden := kernia.Field[string]{Name: "note", Hidden: true, Default: kernia.Some("secret note")}
	shown := kernia.Field[int64]{Name: "level", Default: kernia.Some(int64(7))}
	s := serve(t, kernia.Config{
		UserFields: []kernia.Extra{hidden, shown}, Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true}},
	})
	jar := s.newcomer()
	raw, err := base64.RawURLEncoding.DecodeString(jar[data])
	if err != nil || strings.Contains(string(raw), "secret note") || !strings.Contains(string(raw), `"level":7`) {
		t.Errorf("the cookie holds %s, %v", raw, err)
	}
	g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar)), true)
	if g.Principal == nil || shown.Of(&g.Principal.User) != 7 {
		t.Errorf("the principal is %+v", g.Principal)
	}
}

// TestCacheInParts: a cookie that is too long for one comes in parts, and goes with all of them.
func TestCacheInParts(t *testing.T) {
	s, store := cachingServer(t, kernia.SessionConfig{})
	jar := s.newcomer()
	long := "https://example.com/" + strings.Repeat("x", 8000)
	s.browse(jar, "POST", "/update-user", fmt.Sprintf(`{"image":%q}`, long))
	if jar[data] != "" || jar[data+".2"] == "" {
		t.Fatalf("the browser has %d cookies", len(jar))
	}
	store.calls = 0
	if a := s.browse(jar, "GET", "/get-session", ""); !strings.Contains(string(a.Body), long) || store.calls != 0 {
		t.Errorf("%d calls of the store", store.calls)
	}
	delete(jar, data+".1")
	if a := s.browse(jar, "GET", "/get-session", ""); !strings.Contains(string(a.Body), long) || store.calls != 1 || jar[data+".1"] == "" {
		t.Errorf("with a part missing: %d calls of the store, %d cookies", store.calls, len(jar))
	}
	s.browse(jar, "POST", "/update-user", `{"image":null}`)
	if jar[data] == "" || jar[data+".0"] != "" {
		t.Errorf("after it shrank the browser has %d cookies", len(jar))
	}
	if s.browse(jar, "POST", "/sign-out", "{}"); len(jar) > 0 {
		t.Errorf("after sign-out the browser has %v", jar)
	}
}

// TestDeferRefresh: only POST /get-session writes.
func TestDeferRefresh(t *testing.T) {
	store := &countingStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store, Session: kernia.SessionConfig{DeferRefresh: true}})
	jar := s.newcomer()
	needs := func(want bool) {
		t.Helper()
		store.calls = 0
		if a := s.browse(jar, "GET", "/get-session", ""); a.json["needsRefresh"] != want || store.calls != 1 || len(a.Cookies) > 0 {
			t.Errorf("GET = %s, %d calls, cookies %q, want needsRefresh %v", a.Body, store.calls, a.Cookies, want)
		}
	}
	needs(false)
	s.clock.Advance(25 * time.Hour)
	needs(true)
	s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar)), true)
	needs(true)
	if a := s.browse(jar, "POST", "/get-session", ""); a.Status != 200 || len(a.Cookies) != 1 {
		t.Errorf("POST = %d %s %q", a.Status, a.Body, a.Cookies)
	}
	needs(false)
}

func BenchmarkGuardCached(b *testing.B) {
	for name, form := range cacheForms {
		b.Run(name, func(b *testing.B) {
			auth := kerniatest.New(b, kernia.Config{Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: form}}}, emailpassword.Feature{})
			jar := map[string]string{}
			a := auth.Serve(b.Context(), request("POST", "/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`))
			keep(jar, a.Cookies)
			r := request("GET", "/x", "", "Cookie", pairs(jar))
			b.ReportAllocs()
			for b.Loop() {
				if g := auth.Guard(b.Context(), r, true); g.Principal == nil {
					b.Fatal("nobody")
				}
			}
		})
	}
}
