package kernia_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/ports/memory"
)

// signing is a feature with a cookie of each signed form, which it sets and reads.
type signing struct{ seen *map[string]string }

func (f signing) Declare(d *kernia.Declaration) {
	d.Name("signing")
	bound, shared := d.Cookie("bound", kernia.CookieOptions{}), d.Cookie("shared", kernia.CookieOptions{Form: kernia.CookieShared})
	sealed := d.Cookie("sealed", kernia.CookieOptions{Form: kernia.CookieSealed})
	kernia.Post(d, "/cookies/set", func(_ context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		for _, k := range []*kernia.Cookie{bound, shared, sealed} {
			if err := k.Set(c, "challenge"); err != nil {
				return kernia.Status{}, err
			}
		}
		return kernia.Status{Status: true}, nil
	}, kernia.Unread())
	kernia.Get(d, "/cookies/read", func(_ context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		*f.seen = map[string]string{}
		for name, k := range map[string]*kernia.Cookie{"bound": bound, "shared": shared, "sealed": sealed} {
			if value, ok := k.Read(c); ok {
				(*f.seen)[name] = value
			}
		}
		return kernia.Status{Status: true}, nil
	})
}

// TestC06_EachSignatureForItsPurpose presents everything that the server signs in the place of everything else: nothing
// authenticates, is remembered, verifies or is believed but in its own place.
func TestC06_EachSignatureForItsPurpose(t *testing.T) {
	for form, cache := range cacheForms {
		t.Run(form, func(t *testing.T) {
			box, seen := &memory.Mailer{}, map[string]string{}
			s := serve(t, kernia.Config{Mailer: box, Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, Form: cache}}},
				emailpassword.Feature{}, bearer.Feature{}, emailverification.Feature{}, signing{&seen})
			jar := map[string]string{}
			s.browse(jar, "POST", "/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
			s.browse(jar, "POST", "/cookies/set", "")
			short := map[string]string{}
			s.browse(short, "POST", "/sign-in/email", `{"email":"ann@example.com","password":"password123","rememberMe":false}`)
			s.post("/send-verification-email", `{"email":"ann@example.com"}`)
			mail, err := box.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			const prefix = "better-auth."
			signed := map[string]string{
				"session_token": jar[prefix+"session_token"], "session_data": jar[prefix+"session_data"], "dont_remember": short[prefix+"dont_remember"],
				"bound": jar[prefix+"bound"], "shared": jar[prefix+"shared"], "sealed": jar[prefix+"sealed"], "link": mail.Token,
			}
			for kind, value := range signed {
				if value == "" {
					t.Fatalf("there is no %s", kind)
				}
				for _, value := range forms(value) {
					s.misplace(kind, value, &seen)
				}
			}
		})
	}
}

// forms returns how a value may be presented elsewhere.
func forms(value string) []string {
	plain, _ := url.PathUnescape(value)
	token, _, _ := strings.Cut(plain, ".")
	return []string{value, plain, token, url.QueryEscape(plain)}
}

// misplace presents a value of a kind in the place of all others.
func (s *server) misplace(kind, value string, seen *map[string]string) {
	s.t.Helper()
	const prefix = "better-auth."
	if kind != "session_token" {
		if a := s.get("/get-session", "Cookie", prefix+"session_token="+value); string(a.Body) != "null" {
			s.t.Errorf("%s is a session: %.60s", kind, value)
		}
		if a := s.get("/get-session", "Authorization", "Bearer "+value); string(a.Body) != "null" {
			s.t.Errorf("%s is a bearer token: %.60s", kind, value)
		}
	}
	if a := s.get("/get-session", "Cookie", prefix+"session_data="+value); string(a.Body) != "null" {
		s.t.Errorf("%s is a cached session: %.60s", kind, value)
	}
	if a := s.get("/verify-email?token=" + url.QueryEscape(value)); kind != "link" && a.code() != "INVALID_TOKEN" {
		s.t.Errorf("%s is a link: %.60s: %s", kind, value, a.Body)
	}
	for _, place := range []string{"bound", "sealed"} {
		s.get("/cookies/read", "Cookie", prefix+place+"="+value)
		if got, ok := (*seen)[place]; ok && kind != place {
			s.t.Errorf("%s is read as the cookie %s: %q", kind, place, got)
		}
	}
	// Better Auth signs all of its cookies alike. What is read as another one must at least say something else.
	s.get("/cookies/read", "Cookie", prefix+"shared="+value)
	if got, ok := (*seen)["shared"]; ok && kind != "shared" && got == "challenge" {
		s.t.Errorf("%s is read as a shared cookie with its own value", kind)
	}
	a := s.post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "Cookie", prefix+"dont_remember="+value)
	if kind != "dont_remember" && !strings.Contains(strings.Join(a.Cookies, "\n"), "session_token=") {
		s.t.Errorf("sign-in beside %s = %d %s", kind, a.Status, a.Body)
	}
}
