package kernia_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// keys is a feature whose callers present the key of a user, or a session's token, by a header.
func keys(header string) named {
	return named{"keys", func(d *kernia.Declaration) {
		auth := d.Auth()
		d.Authenticate(header, func(ctx context.Context, _ *kernia.Call, value string) (kernia.Presented, error) {
			switch email, key := strings.CutPrefix(value, "key:"); {
			case value == "denied":
				return kernia.Presented{}, errCaptcha
			case value == "crash":
				panic("oh")
			case key:
				u, err := auth.Users.FindByEmail(ctx, email)
				if err != nil || u == nil {
					return kernia.Presented{}, err
				}
				return kernia.Presented{Principal: &kernia.Principal{User: *u, By: "somebody else"}}, nil
			case strings.HasPrefix(value, "token:"):
				return kernia.Presented{Token: strings.TrimPrefix(value, "token:")}, nil
			}
			return kernia.Presented{}, nil
		})
		who := func(ctx context.Context, c *kernia.Call, _ kernia.None) (string, error) {
			p, err := c.Principal(ctx)
			if err != nil || p == nil {
				return "nobody", err
			}
			return p.User.Email + " by " + p.By, nil
		}
		kernia.Get(d, "/who", who)
		kernia.Get(d, "/signed-in", who, kernia.SignedIn)
		kernia.Get(d, "/live", who, kernia.Live)
		kernia.Get(d, "/fresh", who, kernia.Fresh)
	}}
}

func TestAuthenticate(t *testing.T) {
	auth := kerniatest.New(t, config(), bearer.Feature{}, keys("X-Key"))
	b := kerniatest.NewBrowser(t, auth)
	ann, bob := kerniatest.SignIn(t, auth, "ann@example.com"), kerniatest.SignIn(t, auth, "bob@example.com")
	for _, test := range []struct {
		name    string
		path    string
		headers []string
		want    string
	}{
		{"a key", "/who", []string{"X-Key", "key:ann@example.com"}, `"ann@example.com by keys"`},
		{"a key of nobody", "/who", []string{"X-Key", "key:eve@example.com"}, `"nobody"`},
		{"a token", "/who", []string{"X-Key", "token:" + ann.Session.Token}, `"ann@example.com by session"`},
		{"no token", "/who", []string{"X-Key", "token:x"}, `"nobody"`},
		{"another header", "/who", []string{"X-Other", "key:ann@example.com"}, `"nobody"`},
		{"a denial", "/who", []string{"X-Key", "denied"}, "CAPTCHA"},
		{"a panic", "/who", []string{"X-Key", "crash"}, "INTERNAL_SERVER_ERROR"},
		{"a long header", "/who", []string{"X-Key", "key:ann@example.com" + strings.Repeat(" ", 8<<10)}, `"nobody"`},
		{"a key beside a cookie", "/who", []string{"X-Key", "key:ann@example.com", "Cookie", bob.Cookie}, `"bob@example.com by session"`},
		{"a key beside a bearer token", "/who", []string{"X-Key", "key:ann@example.com", "Authorization", bob.Bearer}, `"bob@example.com by session"`},
		{"a key where any credential will do", "/signed-in", []string{"X-Key", "key:ann@example.com"}, `"ann@example.com by keys"`},
		{"a key where a session is needed", "/live", []string{"X-Key", "key:ann@example.com"}, "UNAUTHORIZED"},
		{"a key where a fresh session is needed", "/fresh", []string{"X-Key", "key:ann@example.com"}, "UNAUTHORIZED"},
		{"a token where a session is needed", "/live", []string{"X-Key", "token:" + ann.Session.Token}, `"ann@example.com by session"`},
		{"nobody where anybody will do", "/signed-in", nil, "UNAUTHORIZED"},
	} {
		a := b.Get(test.path, test.headers...)
		if got := a.Code(); got != test.want && a.Body != test.want {
			t.Errorf("%s: %d %s, want %s", test.name, a.Status, a.Body, test.want)
		}
	}
}

// TestKeyInAuthorization: what the Authorization header presents counts before the cookie.
func TestKeyInAuthorization(t *testing.T) {
	auth := kerniatest.New(t, config(), keys("Authorization"))
	b := kerniatest.NewBrowser(t, auth)
	bob := kerniatest.SignIn(t, auth, "bob@example.com")
	kerniatest.SignIn(t, auth, "ann@example.com")
	for value, want := range map[string]string{"key:ann@example.com": `"ann@example.com by keys"`, "Basic x": `"bob@example.com by session"`} {
		if a := b.Get("/who", "Authorization", value, "Cookie", bob.Cookie); a.Body != want {
			t.Errorf("%s beside a cookie: %s, want %s", value, a.Body, want)
		}
	}
	g := auth.Guard(t.Context(), b.Request("GET", "/mine", "", "Authorization", "key:ann@example.com"), true)
	if g.Denied != nil || g.Principal.By != "keys" || g.Principal.HasSession() || len(g.Cookies) > 0 {
		t.Errorf("a guard = %+v", g)
	}
	p, err := auth.Authenticate(t.Context(), kernia.Credentials{Header: kernia.Header{"Authorization": {"key:ann@example.com"}}})
	if err != nil || p == nil || p.By != "keys" {
		t.Errorf("Authenticate = %+v, %v", p, err)
	}
	if _, err := auth.Authenticate(t.Context(), kernia.Credentials{Header: kernia.Header{"Authorization": {"denied"}}}); !errors.Is(err, errCaptcha) {
		t.Errorf("Authenticate = %v", err)
	}
	foreign := kernia.Header{"Cookie": {bob.Cookie}, "Origin": {"https://evil.example"}}
	if _, err := auth.Authenticate(t.Context(), kernia.Credentials{Header: foreign}); !errors.Is(err, kernia.ErrOrigin) {
		t.Errorf("Authenticate from a foreign page = %v", err)
	}
	_, signed, _ := strings.Cut(bob.Cookie, "=")
	for token, want := range map[string]bool{bob.Session.Token: true, signed: true, signed[:len(signed)-6] + "AAAAAA": false, "x": false} {
		p, err := auth.Authenticate(t.Context(), kernia.Credentials{Token: token})
		if err != nil || (p != nil) != want {
			t.Errorf("Authenticate by %q = %+v, %v, want somebody: %v", token, p, err, want)
		}
	}
}

// TestFreshEndsAtItsInstant: FreshAge after sign-in a session is no longer fresh, and still live.
func TestFreshEndsAtItsInstant(t *testing.T) {
	for age, fresh := range map[time.Duration]bool{time.Hour - time.Millisecond: true, time.Hour: false} {
		s := serve(t, kernia.Config{Session: kernia.SessionConfig{FreshAge: time.Hour}}, keys("X-Key"))
		ann := kerniatest.SignIn(t, s.auth, "ann@example.com")
		s.clock.Advance(age)
		if a := s.get("/live", "Cookie", ann.Cookie); a.Status != 200 {
			t.Errorf("after %v, live: %d %s", age, a.Status, a.Body)
		}
		if a := s.get("/fresh", "Cookie", ann.Cookie); (a.Status == 200) != fresh || !fresh && a.code() != kernia.ErrNotFresh.Code {
			t.Errorf("after %v, fresh: %d %s", age, a.Status, a.Body)
		}
	}
	s := serve(t, kernia.Config{Session: kernia.SessionConfig{FreshAge: -1}}, keys("X-Key"))
	ann := kerniatest.SignIn(t, s.auth, "ann@example.com")
	s.clock.Advance(6 * 24 * time.Hour)
	if a := s.get("/fresh", "Cookie", ann.Cookie); a.Status != 200 {
		t.Errorf("fresh for ever, after six days: %d %s", a.Status, a.Body)
	}
}

// TestTwinsOfTheSessionCookie: of several session cookies the first with a live session counts, and a dead one beside it
// deletes nothing.
func TestTwinsOfTheSessionCookie(t *testing.T) {
	s := serve(t, kernia.Config{}, keys("X-Key"))
	ann, bob := kerniatest.SignIn(t, s.auth, "ann@example.com"), kerniatest.SignIn(t, s.auth, "bob@example.com")
	dead := kerniatest.SignIn(t, s.auth, "eve@example.com")
	if _, err := s.auth.Sessions.Revoke(t.Context(), dead.Session.Token); err != nil {
		t.Fatal(err)
	}
	for cookie, want := range map[string]string{
		dead.Cookie + "; " + ann.Cookie:                                `"ann@example.com by session"`,
		dead.Cookie + "; " + dead.Cookie + "; " + ann.Cookie:           `"ann@example.com by session"`,
		bob.Cookie + "; " + ann.Cookie:                                 `"bob@example.com by session"`,
		strings.Repeat(dead.Cookie+"; ", 5) + bob.Cookie:               `"bob@example.com by session"`,
		dead.Cookie + "; " + strings.Replace(ann.Cookie, "=", "=x", 1): `"nobody"`,
	} {
		a := s.get("/who", "Cookie", cookie)
		if string(a.Body) != want || len(a.Cookies) > 0 != (want == `"nobody"`) {
			t.Errorf("%s: %s, cookies %q, want %s", cookie, a.Body, a.Cookies, want)
		}
	}
}

// TestCredentialsAreBounded: a step sees no header that is empty, and none of more than 8 KiB.
func TestCredentialsAreBounded(t *testing.T) {
	var seen []int
	s := serve(t, kernia.Config{}, keys("X-Other"), named{"long", func(d *kernia.Declaration) {
		d.Authenticate("X-Key", func(_ context.Context, _ *kernia.Call, value string) (kernia.Presented, error) {
			seen = append(seen, len(value))
			return kernia.Presented{}, nil
		})
	}})
	for _, n := range []int{0, 1, 8 << 10, 8<<10 + 1} {
		r := request("GET", "/who", "")
		r.Header["X-Key"] = []string{strings.Repeat("k", n)}
		s.send(r)
	}
	if !slices.Equal(seen, []int{1, 8 << 10}) {
		t.Errorf("the step saw %v bytes", seen)
	}
}
