package kernia_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/internal/cookiecache"
	"github.com/kernia-go/kernia/core/kerniatest"

	"github.com/kernia-go/kernia/ports/memory"
)

// TestCacheVersionForPanics: without a version no cookie is set and none counts; the store answers.
func TestCacheVersionForPanics(t *testing.T) {
	broken := false
	store := &countingStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store, Session: kernia.SessionConfig{Cache: kernia.CacheConfig{
		Enabled: true, VersionFor: func(kernia.Session, kernia.User) string {
			if broken {
				panic("no version")
			}
			return "1"
		},
	}}})
	jar := s.newcomer()
	broken = true
	store.calls = 0
	g := s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar)), true)
	if g.Denied != nil || g.Principal == nil || store.calls != 1 {
		t.Errorf("a guard: %+v, %d calls", g.Denied, store.calls)
	}
	if a := s.browse(jar, "GET", "/get-session", ""); a.Status != 200 || string(a.Body) == "null" || jar[data] != "" {
		t.Errorf("get-session = %d %s, the cookie is %q", a.Status, a.Body, jar[data])
	}
	if a := s.signIn("ann@example.com"); a.Status != 200 || strings.Contains(a.cookie(), data) {
		t.Errorf("sign-in = %d, cookies %q", a.Status, a.cookie())
	}
}

// resealed returns the jar's cache cookie with a change to what it holds.
func resealed(t *testing.T, s *server, form kernia.CacheForm, jar map[string]string, secret, from, to string) string {
	t.Helper()
	codec, err := cookiecache.New(cookiecache.Form(form), []byte(kerniatest.Secret))
	if err != nil {
		t.Fatal(err)
	}
	object, ok := codec.Open(jar[data], s.clock.Now())
	if !ok || !strings.Contains(string(object), from) {
		t.Fatalf("the cookie holds %s", object)
	}
	if codec, err = cookiecache.New(cookiecache.Form(form), []byte(secret)); err != nil {
		t.Fatal(err)
	}
	text, err := codec.Seal([]byte(strings.Replace(string(object), from, to, 1)), s.clock.Now(), s.clock.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestCacheOfOtherMakers: a cookie that is not what this server writes is a miss, however well it is signed: members of
// another type, or none, somebody else's, another secret. It is never an error.
func TestCacheOfOtherMakers(t *testing.T) {
	const other = "another-secret-of-thirty-two-bytes-or-more"
	for name, form := range cacheForms {
		t.Run(name, func(t *testing.T) {
			store := &countingStore{Store: memory.New()}
			s := serve(t, kernia.Config{
				Store: store, UserFields: []kernia.Extra{kernia.Field[int64]{Name: "level", Default: kernia.Some(int64(7))}},
				Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: form}},
			})
			jar := s.newcomer()
			token := strings.SplitN(jar[session], ".", 2)[0]
			for what, change := range map[string][3]string{
				"a text for a number":    {`"level":7`, `"level":"seven"`, kerniatest.Secret},
				"an object for a number": {`"level":7`, `"level":{}`, kerniatest.Secret},
				"a list for a user":      {`"user":{`, `"user":[],"was":{`, kerniatest.Secret},
				"a text for a time":      {`"expiresAt":"2026`, `"expiresAt":"never 2026`, kerniatest.Secret},
				"no user":                {`"user":{`, `"was":{`, kerniatest.Secret},
				"a number as version":    {`"version":"1"`, `"version":1`, kerniatest.Secret},
				"another session":        {token, strings.Repeat("A", 32), kerniatest.Secret},
				"no session token":       {`"token":"` + token + `"`, `"token":""`, kerniatest.Secret},
				"another secret":         {`"level":7`, `"level":8`, other},
			} {
				store.calls = 0
				cookies := session + "=" + jar[session] + "; " + data + "=" + resealed(t, s, form, jar, change[2], change[0], change[1])
				a := s.get("/get-session", "Cookie", cookies)
				if a.Status != 200 || !strings.Contains(string(a.Body), "ann@example.com") || !strings.Contains(string(a.Body), `"level":7`) || store.calls != 1 {
					t.Errorf("%s: %d %s, %d calls", what, a.Status, a.Body, store.calls)
				}
			}
			for _, text := range []string{"", ".", "a.b.c", "e30", strings.Repeat(".", 4000), "%00", `"`} {
				store.calls = 0
				if a := s.get("/get-session", "Cookie", session+"="+jar[session]+"; "+data+"="+text); a.Status != 200 || string(a.Body) == "null" || store.calls != 1 {
					t.Errorf("%.20q: %d %s, %d calls", text, a.Status, a.Body, store.calls)
				}
			}
			store.calls = 0
			if a := s.get("/get-session", "Cookie", data+"="+jar[data]); string(a.Body) != "null" {
				t.Errorf("a cache cookie without a session cookie signs in: %s", a.Body)
			}
		})
	}
}

// TestCacheAfterRotation: what an old secret protected counts while the secret is listed.
func TestCacheAfterRotation(t *testing.T) {
	for name, form := range cacheForms {
		store := &countingStore{Store: memory.New()}
		cache := kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: form}}
		jar := serve(t, kernia.Config{Store: store, Session: cache}).newcomer()
		for _, test := range []struct {
			old   []string
			body  string
			calls int
		}{{[]string{kerniatest.Secret}, "ann@", 0}, {nil, "null", 0}} {
			s := serve(t, kernia.Config{Store: store, Session: cache, Secret: "9sL2mZq8Yt5Rk1Wd7Xc4Vb6Nf3Hj0GpQa", OldSecrets: test.old})
			store.calls = 0
			if a := s.get("/get-session", "Cookie", pairs(jar)); !strings.Contains(string(a.Body), test.body) || store.calls != test.calls {
				t.Errorf("%s with old secrets %v: %s, %d calls", name, len(test.old), a.Body, store.calls)
			}
		}
	}
}

// TestD02_CacheSeesChangesInTime: with the cache on, a guard sees a deletion or a change of the user once the cookie ends,
// and whatever writes sees it at once, wherever sessions are kept.
func TestD02_CacheSeesChangesInTime(t *testing.T) {
	for name, place := range map[string]kernia.Place{"store": kernia.InStore, "KV": kernia.InKV, "both": kernia.InBoth} {
		for what, change := range map[string]func(s *server, u kernia.User) error{
			"deletion": func(s *server, u kernia.User) error { _, err := s.auth.Users.Delete(t.Context(), u.ID); return err },
			"end":      func(s *server, u kernia.User) error { return s.auth.Sessions.RevokeAll(t.Context(), u.ID) },
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				clock := memory.NewClock(noon)
				s := serve(t, kernia.Config{
					KV:      memory.NewKV(memory.KVOptions{Clock: clock}),
					Session: kernia.SessionConfig{Place: place, Cache: kernia.CacheConfig{Enabled: true, MaxAge: time.Minute}},
				})
				jar := s.newcomer()
				u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
				if err != nil || u == nil {
					t.Fatal(u, err)
				}
				if err := change(s, *u); err != nil {
					t.Fatal(err)
				}
				guard := func(method string) bool {
					return s.auth.Guard(t.Context(), request(method, "/x", "", "Cookie", pairs(jar)), true).Principal != nil
				}
				if !guard("GET") {
					t.Error("the cookie does not answer a guard: the bound is not tested")
				}
				if a := s.post("/update-user", `{"name":"Eve"}`, "Cookie", pairs(jar)); a.Status != 401 {
					t.Errorf("update-user = %d %s, want 401 at once", a.Status, a.Body)
				}
				if a := s.get("/list-sessions", "Cookie", pairs(jar)); a.Status != 401 {
					t.Errorf("list-sessions = %d %s, want 401 at once", a.Status, a.Body)
				}
				clock.Advance(time.Minute)
				s.clock.Advance(time.Minute)
				if guard("GET") {
					t.Error("a guard takes the cookie's word after its time")
				}
			})
		}
	}
}

// TestCacheOfTwins: of two session cookies and two cache cookies, no cache cookie speaks for another session, and each
// request is answered.
func TestCacheOfTwins(t *testing.T) {
	store := &countingStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store, Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true}}})
	jar := s.newcomer()
	bob := map[string]string{}
	s.browse(bob, "POST", "/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"password123"}`)
	for what, test := range map[string]struct{ cookies, want string }{
		"bob's cache with ann's session":  {session + "=" + jar[session] + "; " + data + "=" + bob[data], "ann@"},
		"bob's cache first":               {session + "=" + jar[session] + "; " + data + "=" + bob[data] + "; " + data + "=" + jar[data], "ann@"},
		"a forged session before ann's":   {session + "=x.y; " + session + "=" + jar[session] + "; " + data + "=" + jar[data], "ann@"},
		"a part without the others":       {session + "=" + jar[session] + "; " + data + ".1=" + jar[data], "ann@"},
		"a part with a hostile number":    {session + "=" + jar[session] + "; " + data + ".99999999999999999999=" + jar[data], "ann@"},
		"the cache cookie as the session": {session + "=" + jar[data] + "; " + data + "=" + jar[data], "null"},
	} {
		if a := s.get("/get-session", "Cookie", test.cookies); a.Status != 200 || !strings.Contains(string(a.Body), test.want) {
			t.Errorf("%s: %d %s, want %s", what, a.Status, a.Body, test.want)
		}
	}
}

// TestD01_NoCacheBeforeTheSecondFactor: a sign-in that an interrupt stops sets no cache cookie, whole or in parts, and
// ends the one that was there.
func TestD01_NoCacheBeforeTheSecondFactor(t *testing.T) {
	for name, form := range cacheForms {
		for _, size := range []int{0, 6000} { // a large user makes parts
			step := false
			s := serve(t, kernia.Config{
				UserFields: []kernia.Extra{kernia.Field[string]{Name: "note", Default: kernia.Some(strings.Repeat("x", size))}},
				Session:    kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: form}},
			}, emailpassword.Feature{}, bearer.Feature{}, secondStep{&step})
			jar := s.newcomer()
			step = true
			a := s.browse(jar, "POST", "/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
			if a.Status != 200 || !strings.Contains(string(a.Body), "more") {
				t.Fatalf("%s: sign-in = %d %s", name, a.Status, a.Body)
			}
			for cookie := range jar {
				if strings.Contains(cookie, "session") {
					t.Errorf("%s: after the first factor there is the cookie %s", name, cookie)
				}
			}
			if fmt.Sprint(a.Header, string(a.Body)) != strings.ReplaceAll(fmt.Sprint(a.Header, string(a.Body)), "auth-token", "") {
				t.Errorf("%s: a token: %v", name, a.Header)
			}
		}
	}
}

// A secondStep diverts every sign-in while it is on.
type secondStep struct{ on *bool }

func (f secondStep) Declare(d *kernia.Declaration) {
	d.Name("second")
	d.Interrupt(func(context.Context, *kernia.Call, kernia.Attempt) error {
		if *f.on {
			return &kernia.Diversion{Answer: map[string]bool{"more": true}}
		}
		return nil
	})
}
