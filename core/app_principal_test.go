package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"

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
