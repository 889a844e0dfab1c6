package kernia_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestD13_CookieAttributes is the table of every cookie under every setting: as it is set and as it is deleted.
func TestD13_CookieAttributes(t *testing.T) {
	yes, no := true, false
	for _, test := range []struct {
		name   string
		cfg    kernia.Config
		prefix string
		tail   string
	}{
		{"http", kernia.Config{}, "better-auth.", "Path=/; HttpOnly; SameSite=Lax"},
		{"https", kernia.Config{BaseURL: "https://api.example.com"}, "__Secure-better-auth.", "Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"secure by hand", kernia.Config{Cookies: kernia.CookieConfig{Secure: &yes}}, "__Secure-better-auth.", "Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"insecure by hand", kernia.Config{BaseURL: "https://api.example.com", Cookies: kernia.CookieConfig{Secure: &no}}, "better-auth.", "Path=/; HttpOnly; SameSite=Lax"},
		{"across sites", kernia.Config{Cookies: kernia.CookieConfig{Prefix: "acme", SameSite: "None", Domain: "example.com"}}, "acme.", "Domain=example.com; Path=/; HttpOnly; Secure; SameSite=None"},
		{"partitioned", kernia.Config{Cookies: kernia.CookieConfig{Partitioned: true}}, "better-auth.", "Path=/; HttpOnly; Secure; SameSite=Lax; Partitioned"},
		{"strict", kernia.Config{Cookies: kernia.CookieConfig{SameSite: "strict"}}, "better-auth.", "Path=/; HttpOnly; SameSite=Strict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, test.cfg)
			origin := []string{"Origin", own}
			if test.cfg.BaseURL != "" {
				origin[1] = "https://api.example.com"
			}
			a := s.post("/sign-up/email", `{"name":"x","email":"x@example.com","password":"password123"}`, origin...)
			checkCookies(t, "sign-up", a, []string{test.prefix + "session_token=*; Max-Age=604800; " + test.tail})
			a = s.post("/sign-in/email", `{"email":"x@example.com","password":"password123","rememberMe":false}`, origin...)
			checkCookies(t, "sign-in", a, []string{test.prefix + "session_token=*; " + test.tail, test.prefix + "dont_remember=*; " + test.tail})
			a = s.post("/sign-out", ``, append([]string{"Cookie", a.cookie()}, origin...)...)
			var gone []string
			for _, name := range []string{"session_token", "session_data", "dont_remember"} {
				gone = append(gone, deletions(test.prefix+name, test.tail)...)
			}
			checkCookies(t, "sign-out", a, gone)
			checkDeclaredCookies(t, test.cfg, test.prefix, test.tail)
		})
	}
}

// deletions are the lines that delete a cookie: where it has a domain, the one of the host alone goes, too.
func deletions(name, tail string) []string {
	lines := []string{name + "=; Max-Age=0; " + tail}
	if rest, ok := strings.CutPrefix(tail, "Domain=example.com; "); ok {
		lines = append(lines, name+"=; Max-Age=0; "+rest)
	}
	return lines
}

// TestD13_EveryScopeIsDeleted: after Cookies.Domain was removed, a browser has two session cookies, and sign-out deletes
// both, whichever comes first. A live one beside a dead one stays, and so does what another program signed.
func TestD13_EveryScopeIsDeleted(t *testing.T) {
	const site = "https://app.api.example.com"
	s := serve(t, kernia.Config{BaseURL: site})
	ann, old := kerniatest.SignIn(t, s.auth, "ann@example.com"), kerniatest.SignIn(t, s.auth, "ann@example.com")
	name, _, _ := strings.Cut(ann.Cookie, "=")
	scopes := func(a answer) (domains []string) {
		for _, line := range a.Cookies {
			if strings.HasPrefix(line, name+"=;") {
				_, rest, _ := strings.Cut(line, "Domain=")
				domain, _, _ := strings.Cut(rest, ";")
				domains = append(domains, domain)
			}
		}
		return domains
	}
	if _, err := s.auth.Sessions.Revoke(t.Context(), old.Session.Token); err != nil {
		t.Fatal(err)
	}
	for _, cookies := range []string{old.Cookie + "; " + ann.Cookie, ann.Cookie + "; " + old.Cookie} {
		if a := s.get("/get-session", "Cookie", cookies); len(a.Cookies) != 0 {
			t.Errorf("a dead twin deletes a live one: %q", a.Cookies)
		}
	}
	if got := scopes(s.post("/sign-out", "", "Origin", site, "Cookie", ann.Cookie+"; "+name+"=of-another.program")); !slices.Equal(got, []string{""}) {
		t.Errorf("beside another program's cookie the domains %q are deleted", got)
	}
	want := []string{"", "app.api.example.com", "api.example.com", "example.com"}
	if got := scopes(s.post("/sign-out", "", "Origin", site, "Cookie", old.Cookie+"; "+ann.Cookie)); !slices.Equal(got, want) {
		t.Errorf("sign-out with two cookies deletes them for %q, want %q", got, want)
	}
}

// checkDeclaredCookies sets and deletes every cookie that an Auth with the settings has, a feature's among them.
func checkDeclaredCookies(t *testing.T, cfg kernia.Config, prefix, tail string) {
	t.Helper()
	everything := declared(func(d *kernia.Declaration) {
		d.Cookie("crumb", kernia.CookieOptions{Form: kernia.CookieSealed})
		kernia.Post(d, "/set", func(_ context.Context, c *kernia.Call, _ kernia.None) (string, error) {
			for _, k := range c.Auth().Cookies() {
				if err := k.SetFor(c, "x", time.Minute); err != nil {
					return "", err
				}
			}
			return "", nil
		}, kernia.Unread())
		kernia.Post(d, "/delete", func(_ context.Context, c *kernia.Call, _ kernia.None) (string, error) {
			for _, k := range c.Auth().Cookies() {
				k.Delete(c)
			}
			return "", nil
		}, kernia.Unread())
	})
	auth := kerniatest.New(t, cfg, everything)
	var set, gone []string
	for _, k := range auth.Cookies() {
		if !strings.HasPrefix(k.Name(), prefix) {
			t.Errorf("a cookie is called %q, want the prefix %q", k.Name(), prefix)
		}
		set, gone = append(set, k.Name()+"=*; Max-Age=60; "+tail), append(gone, deletions(k.Name(), tail)...)
	}
	if len(set) != 4 {
		t.Errorf("%d cookies are declared, want the core's three and one of the feature's", len(set))
	}
	b := kerniatest.NewBrowser(t, auth)
	checkCookies(t, "setting all", answer{Response: b.Post("/set", "").Response}, set)
	checkCookies(t, "deleting all", answer{Response: b.Post("/delete", "").Response}, gone)
}

// checkCookies compares Set-Cookie lines; a star stands for a value that is not empty.
func checkCookies(t *testing.T, what string, a answer, want []string) {
	t.Helper()
	var got []string
	for _, line := range a.Cookies {
		pair, rest, _ := strings.Cut(line, "; ")
		name, value, _ := strings.Cut(pair, "=")
		if value != "" {
			value = "*"
		}
		got = append(got, name+"="+value+"; "+rest)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s (%d) sets\n\t%q, want\n\t%q", what, a.Status, got, want)
	}
}

func TestD13_TwinsAndAges(t *testing.T) {
	s := serve(t, kernia.Config{BaseURL: "https://api.example.com"})
	a := s.post("/sign-up/email", `{"name":"x","email":"x@example.com","password":"password123"}`, "Origin", "https://api.example.com")
	if !s.signedIn(a.cookie()) {
		t.Fatal("the secure cookie does not count")
	}
	if s.signedIn(strings.TrimPrefix(a.cookie(), "__Secure-")) {
		t.Error("the insecure twin of a secure cookie counts")
	}
	_, err := kernia.New(kernia.Config{BaseURL: own, Secret: strings.Repeat("aB3$", 10), Store: s.store, Session: kernia.SessionConfig{ExpiresIn: 401 * 24 * time.Hour}})
	if err == nil {
		t.Error("a cookie of more than 400 days is accepted")
	}
	remembered := s.signInAt("https://api.example.com", a.cookie()+"; __Secure-better-auth.dont_remember="+"true.x")
	checkCookies(t, "sign-in beside a mark", remembered, []string{
		"__Secure-better-auth.session_token=*; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax",
		"__Secure-better-auth.dont_remember=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
	})
}

func (s *server) signInAt(origin, cookie string) answer {
	return s.post("/sign-in/email", `{"email":"x@example.com","password":"password123"}`, "Origin", origin, "Cookie", cookie)
}

// TestD14_NothingIsCached looks at every operation, answered and refused, and at what is no route.
func TestD14_NothingIsCached(t *testing.T) {
	s := serve(t, kernia.Config{DisabledPaths: []string{"/update-session"}})
	cookie := s.signUp("ann@example.com")
	check := func(name string, a answer) {
		if a.header("Cache-Control") != "no-store" || !strings.Contains(a.header("Vary"), "Cookie") || !strings.Contains(a.header("Vary"), "Authorization") {
			t.Errorf("%s (%d): headers %v", name, a.Status, a.Header)
		}
	}
	for _, o := range s.auth.Operations() {
		for _, headers := range [][]string{nil, {"Cookie", cookie}, {"Cookie", cookie, "Origin", "https://evil.example"}} {
			check(o.Name(), s.send(request(o.Method, o.Path, "", headers...)))
		}
	}
	check("no route", s.get("/nope"))
	g := s.auth.Guard(t.Context(), request("GET", "/x", ""), true)
	check("a guard", answer{Response: *g.Denied})
}

// TestD14_GuardedAnswers: an answer of the application's own that sets a session's cookie is kept by no cache.
func TestD14_GuardedAnswers(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	ask := func() answer {
		g := s.auth.Guard(t.Context(), request("GET", "/mine", "", "Cookie", cookie), true)
		return answer{Response: kernia.Response{Header: g.Header, Cookies: g.Cookies}}
	}
	if a := ask(); a.header("Vary") != "Cookie, Authorization" || a.header("Cache-Control") != "" || len(a.Cookies) > 0 {
		t.Errorf("without a cookie to set: %q", a.Header)
	}
	s.clock.Advance(25 * time.Hour)
	if a := ask(); a.header("Cache-Control") != "no-store" || len(a.Cookies) == 0 {
		t.Errorf("with a cookie to set: %q", a.Header)
	}
}
