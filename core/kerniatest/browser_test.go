package kerniatest_test

import (
	"context"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// echo answers what a request brought.
type echo struct{}

type echoed struct {
	Origin  string `json:"origin"`
	Cookie  string `json:"cookie"`
	Type    string `json:"type"`
	Agent   string `json:"agent"`
	Address string `json:"address"`
}

func (echo) Declare(d *kernia.Declaration) {
	answer := func(_ context.Context, c *kernia.Call, _ kernia.None) (echoed, error) {
		return echoed{
			Origin: c.Header("Origin"), Cookie: c.Header("Cookie"), Type: c.Header("Content-Type"), Agent: c.Header("User-Agent"),
			Address: c.ClientAddress(),
		}, nil
	}
	kernia.Post(d, "/echo", answer)
	kernia.Get(d, "/echo", answer)
	crumb := d.Cookie("crumb", kernia.CookieOptions{Form: kernia.CookiePlain})
	kernia.Post(d, "/crumb", func(_ context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		return kernia.Status{Status: true}, crumb.Set(c, "x")
	}, kernia.Unread())
	kernia.Post(d, "/sweep", func(_ context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		crumb.Delete(c)
		return kernia.Status{}, nil
	}, kernia.Unread())
}

func TestBrowserSendsWhatAPageSends(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{BaseURL: "https://api.example.com/api/auth"}, echo{})
	b := kerniatest.NewBrowser(t, auth)
	b.Header["User-Agent"] = []string{"probe/1"}
	for _, test := range []struct {
		name string
		got  kerniatest.Answer
		want echoed
	}{
		{"post", b.Post("/echo", "{}"), echoed{Origin: "https://api.example.com", Type: "application/json", Agent: "probe/1", Address: "203.0.113.9"}},
		{"get", b.Get("/echo"), echoed{Origin: "https://api.example.com", Agent: "probe/1", Address: "203.0.113.9"}},
		{"without an origin", b.Get("/echo", "Origin", ""), echoed{Agent: "probe/1", Address: "203.0.113.9"}},
		{"another origin", b.Get("/echo", "Origin", "https://a.example"), echoed{Origin: "https://a.example", Agent: "probe/1", Address: "203.0.113.9"}},
	} {
		got := echoed{
			Origin: test.got.Text("origin"), Cookie: test.got.Text("cookie"), Type: test.got.Text("type"), Agent: test.got.Text("agent"),
			Address: test.got.Text("address"),
		}
		if test.got.Status != 200 || got != test.want {
			t.Errorf("%s: %d %+v, want %+v", test.name, test.got.Status, got, test.want)
		}
	}
	if !b.Request("GET", "/echo", "").Secure {
		t.Error("a request to an https URL is not secure")
	}
}

func TestBrowserKeepsCookies(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{}, echo{})
	b := kerniatest.NewBrowser(t, auth)
	if b.SignedIn() {
		t.Fatal("a new browser is signed in")
	}
	if a := b.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`); a.Status != 200 || a.Code() != "" {
		t.Fatalf("sign-up: %d %s", a.Status, a.Body)
	}
	b.Post("/crumb", "")
	if !b.SignedIn() || b.Cookies()["better-auth.crumb"] != "x" {
		t.Errorf("cookies = %q", b.Cookie())
	}
	b.Post("/sweep", "")
	if _, has := b.Cookies()["better-auth.crumb"]; has || !b.SignedIn() {
		t.Errorf("after one cookie was deleted: %q", b.Cookie())
	}
	b.Post("/sign-out", "")
	if b.SignedIn() || b.Cookie() != "" {
		t.Errorf("after the sign-out: %q", b.Cookie())
	}
	c := b.SignIn("ann@example.com")
	if !b.SignedIn() || b.Cookie() != c.Cookie {
		t.Errorf("after SignIn: %q, want %q", b.Cookie(), c.Cookie)
	}
	b.Origin = "https://evil.example"
	if a := b.Post("/update-user", `{"name":"B"}`); a.Status != 403 || a.Code() != "INVALID_ORIGIN" || a.Value("cache-control") != "no-store" {
		t.Errorf("from a foreign page: %d %s %v", a.Status, a.Body, a.Header)
	}
}
