package kernia_test

import (
	"context"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestA10_CookiesNeedAnOrigin: what changes something and has a Cookie header must come from a trusted page, whatever else
// is in its head.
func TestA10_CookiesNeedAnOrigin(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	token, _, _ := strings.Cut(strings.TrimPrefix(cookie, "better-auth.session_token="), ";")
	for _, test := range []struct {
		name   string
		header []string
		want   int
	}{
		{"from our page", []string{"Cookie", cookie}, 200},
		{"hidden, and vouched for", []string{"Cookie", cookie, "Origin", "null", "Sec-Fetch-Site", "same-origin"}, 200},
		{"hidden", []string{"Cookie", cookie, "Origin", "null"}, 403},
		{"hidden, same site", []string{"Cookie", cookie, "Origin", "null", "Sec-Fetch-Site", "same-site"}, 403},
		{"hidden, cross site", []string{"Cookie", cookie, "Origin", "null", "Sec-Fetch-Site", "cross-site"}, 403},
		{"hidden, no site", []string{"Cookie", cookie, "Origin", "null", "Sec-Fetch-Site", "none"}, 403},
		{"foreign", []string{"Cookie", cookie, "Origin", "https://evil.example"}, 403},
		{"foreign, with a bearer token", []string{"Cookie", cookie, "Origin", "https://evil.example", "Authorization", "Bearer " + token}, 403},
	} {
		if a := s.post("/update-user", `{"name":"Eve"}`, test.header...); a.Status != test.want {
			t.Errorf("%s = %d %s, want %d", test.name, a.Status, a.Body, test.want)
		}
	}
	r := request("POST", "/update-user", `{"name":"Eve"}`, "Origin", "https://evil.example")
	r.Header["Cookie"] = []string{""}
	if a := s.send(r); a.Status != 403 {
		t.Errorf("with an empty Cookie header = %d %s, want 403", a.Status, a.Body)
	}
}

// TestA13_HostDecidesNothing: where BaseURL is set, the Host of a request trusts nobody and leads nowhere.
func TestA13_HostDecidesNothing(t *testing.T) {
	s := serve(t, kernia.Config{Mailer: &memory.Mailer{}})
	r := request("GET", "/reset-password/token?callbackURL=http://evil.example/x", "")
	r.Host = "evil.example"
	if a := s.send(r); a.Status != 403 {
		t.Errorf("a target on the request's host = %d to %q", a.Status, a.header("Location"))
	}
	r = request("GET", "/reset-password/token?callbackURL=/x", "")
	r.Host = "evil.example"
	if a := s.send(r); !strings.HasPrefix(a.header("Location"), own+"/x") {
		t.Errorf("a path leads to %q", a.header("Location"))
	}
}

// An obliging store finds the one session whatever the token.
type obliging struct{ ports.Store }

func (o obliging) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if q.Model.Name == "session" && q.Follow == "userId" {
		all := &ports.Query{Model: q.Model, Follow: q.Follow, Limit: 1, Once: true}
		return o.Store.Find(ctx, all, nil)
	}
	return o.Store.Find(ctx, q, args)
}

// TestD08_ComparesTheToken: a session is that of the token even where a database thinks otherwise of equality.
func TestD08_ComparesTheToken(t *testing.T) {
	s := serve(t, kernia.Config{Store: obliging{memory.New()}})
	cookie := s.signUp("ann@example.com")
	token, _, _ := strings.Cut(strings.TrimPrefix(cookie, "better-auth.session_token="), ".")
	if p, err := s.auth.Verify(t.Context(), token); p == nil || err != nil {
		t.Fatalf("Verify = %v, %v", p, err)
	}
	if p, err := s.auth.Verify(t.Context(), strings.Repeat("x", len(token))); p != nil || err != nil {
		t.Errorf("another token is the session too: %v, %v", p, err)
	}
}

// brief signs a user in to a session with a life of its own.
type brief struct{}

func (brief) Declare(d *kernia.Declaration) {
	d.Name("brief")
	kernia.Post(d, "/brief", func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		u := c.Auth().Users.New(ctx)
		u.Name, u.Email = "Ann", "ann@example.com"
		u, err := c.Auth().Users.Create(ctx, u)
		if err != nil {
			return kernia.Status{}, err
		}
		_, err = c.SignIn(ctx, kernia.Attempt{User: u, Method: "brief", Session: kernia.NewSession{ExpiresIn: time.Hour}})
		return kernia.Status{Status: true}, err
	}, kernia.Unread())
}

// TestASessionWithALifeOfItsOwnEndsWithTheBrowser: its cookie has no age, since it would outlive the session.
func TestASessionWithALifeOfItsOwnEndsWithTheBrowser(t *testing.T) {
	s := serve(t, kernia.Config{}, brief{})
	a := s.post("/brief", "")
	if len(a.Cookies) != 2 || strings.Contains(a.Cookies[0], "Max-Age") || !strings.Contains(a.Cookies[1], "dont_remember=true") {
		t.Errorf("cookies %q", a.Cookies)
	}
}
