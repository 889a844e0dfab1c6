package kernia_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

var evil = []string{
	"https://evil.example", "//evil.example", "///evil.example", "https:evil.example", `/\evil.example`, "/%5cevil.example",
	"/%2f%2fevil.example", "/\t/evil.example", "/..//evil.example", "/a/../..//evil.example", "javascript:alert(1)",
	"data:text/html,x", "http://localhost:8080.evil.example", "http://localhost:8080@evil.example", "evil.example", "myapp://cb.evil",
}

var redirectParameters = []string{"callbackURL", "callback_url", "redirectTo", "redirect_to", "errorCallbackURL", "newUserCallbackURL"}

// TestA01_EveryParameterOfEveryEndpoint loops over what is declared: an endpoint that is added is covered.
func TestA01_EveryParameterOfEveryEndpoint(t *testing.T) {
	s := serve(t, kernia.Config{TrustedOrigins: []string{"http://app.example.com"}})
	cookie := s.signUp("ann@example.com")
	for _, o := range s.auth.Operations() {
		for _, name := range redirectParameters {
			for _, target := range evil {
				body := valid(o)
				body[name] = target
				raw, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				query := "?" + name + "=" + url.QueryEscape(target)
				for _, r := range []*kernia.Request{
					request(o.Method, o.Path+query, "", "Cookie", cookie), request(o.Method, o.Path, string(raw), "Cookie", cookie),
				} {
					a := s.send(r)
					leads := strings.Contains(a.header("Location"), "evil") || strings.Contains(string(a.Body), "evil.example")
					if leads || strings.Contains(a.header("Location"), ":alert") {
						t.Errorf("%s with %s=%q leads there: %d %q %s", o.Name(), name, target, a.Status, a.header("Location"), a.Body)
					}
					if a.Status >= 500 {
						t.Errorf("%s with %s=%q = %d", o.Name(), name, target, a.Status)
					}
				}
				if o.Method == "POST" && len(valid(o)) > 0 {
					if a := s.post(o.Path, string(raw), "Cookie", cookie); a.Status != 403 {
						t.Errorf("%s with body %s=%q = %d, want 403", o.Name(), name, target, a.Status)
					}
				}
			}
		}
	}
}

func TestA17_OddRedirectTargets(t *testing.T) {
	s := serve(t, kernia.Config{})
	s.signUp("ann@example.com")
	for _, odd := range []string{`5`, `null`, `true`, `["/a"]`, `{"a":"/a"}`} {
		a := s.signIn("ann@example.com", `,"callbackURL":`+odd)
		if a.Status != 400 || a.cookie() != "" {
			t.Errorf("callbackURL %s = %d %s, want 400 and no session", odd, a.Status, a.Body)
		}
	}
	for _, twice := range []string{`,"callbackURL":"/a","callbackURL":"/b"`, `,"callbackURL":"/a","callback_url":"/b"`} {
		if a := s.signIn("ann@example.com", twice); a.Status != 400 || a.cookie() != "" {
			t.Errorf("%s = %d %s, want 400 and no session", twice, a.Status, a.Body)
		}
	}
	a := s.post("/sign-in/email?callbackURL=/a&callbackURL=https://evil.example", `{"email":"ann@example.com","password":"password123"}`)
	if a.Status != 400 {
		t.Errorf("a query that names two targets = %d %s, want 400", a.Status, a.Body)
	}
}

func TestCallbackURL(t *testing.T) {
	s := serve(t, kernia.Config{TrustedOrigins: []string{"http://app.example.com", "myapp://"}})
	s.signUp("ann@example.com")
	for _, target := range []string{"/dash?x=1", "http://app.example.com/x", "myapp://home", own + "/in"} {
		a := s.signIn("ann@example.com", `,"callback_url":"`+target+`"`)
		if a.Status != 200 || a.header("Location") != target || a.json["redirect"] != true || a.json["url"] != target {
			t.Errorf("callback_url %q = %d, Location %q, %s", target, a.Status, a.header("Location"), a.Body)
		}
	}
	if a := s.signIn("ann@example.com", `,"callbackURL":"/ä?q=ö"`); a.header("Location") != "/%C3%A4?q=%C3%B6" {
		t.Errorf("Location = %q, want it percent-encoded", a.header("Location"))
	}
}

func TestA08_RefererIsNoTarget(t *testing.T) {
	s := serve(t, kernia.Config{ErrorURL: "/oops"})
	cookie := s.signUp("ann@example.com")
	for _, o := range s.auth.Operations() {
		raw, _ := json.Marshal(valid(o))
		for _, r := range []*kernia.Request{
			request(o.Method, o.Path, "", "Cookie", cookie, "Referer", "https://evil.example/x"),
			request(o.Method, o.Path, string(raw), "Cookie", cookie, "Referer", "https://evil.example/x"),
		} {
			if a := s.send(r); strings.Contains(a.header("Location"), "evil") || strings.Contains(string(a.Body), "evil.example") {
				t.Errorf("%s leads to the Referer: %d %q %s", o.Name(), a.Status, a.header("Location"), a.Body)
			}
		}
	}
}

func TestA07_ErrorPage(t *testing.T) {
	s := serve(t, kernia.Config{}, emailpassword.Feature{})
	for _, code := range []string{"<script>alert(1)</script>", `"><img src=x>`, "a b", strings.Repeat("x", 65), "%00", "'"} {
		a := s.get("/error?error=" + url.QueryEscape(code) + "&error_description=" + url.QueryEscape(code))
		if a.Status != 200 || strings.Contains(string(a.Body), code) || !strings.Contains(string(a.Body), "UNKNOWN") {
			t.Errorf("error=%q is repeated: %s", code, a.Body)
		}
		if a.header("Content-Type") != "text/html; charset=utf-8" || a.header("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(a.header("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("headers of the page: %v", a.Header)
		}
	}
	if a := s.get("/error?error=state_mismatch"); !strings.Contains(string(a.Body), "state_mismatch") {
		t.Errorf("a plain code is not shown: %s", a.Body)
	}
}

func TestErrorURL(t *testing.T) {
	s := serve(t, kernia.Config{ErrorURL: "https://app.example.com/oops?x=1"})
	a := s.get("/error?error=%3Cb%3E")
	if a.Status != 302 || a.header("Location") != "https://app.example.com/oops?x=1&error=UNKNOWN" {
		t.Errorf("error = %d %q", a.Status, a.header("Location"))
	}
}
