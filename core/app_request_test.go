package kernia_test

import (
	"context"
	"errors"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestTrustedOriginsFor: what one request trusts no other does.
func TestTrustedOriginsFor(t *testing.T) {
	cfg := config()
	cfg.TrustedOriginsFor = func(_ context.Context, c *kernia.Call) ([]string, error) {
		switch tenant := c.Header("X-Tenant"); tenant {
		case "":
			return nil, nil
		case "broken":
			return nil, errors.New("no such table")
		case "odd":
			return []string{"not an origin"}, nil
		default:
			return []string{"https://" + tenant + ".example"}, nil
		}
	}
	auth := kerniatest.New(t, cfg, emailpassword.Feature{})
	b := kerniatest.NewBrowser(t, auth)
	b.SignIn("ann@example.com")
	for _, test := range []struct {
		tenant, origin string
		status         int
	}{
		{"", "https://acme.example", 403}, {"acme", "https://acme.example", 200}, {"acme", own, 200},
		{"acme", "https://umbrella.example", 403}, {"broken", own, 500}, {"odd", own, 500}, {"", own, 200},
	} {
		if a := b.Post("/update-user", `{"name":"B"}`, "Origin", test.origin, "X-Tenant", test.tenant); a.Status != test.status {
			t.Errorf("tenant %q from %s: %d %s, want %d", test.tenant, test.origin, a.Status, a.Body, test.status)
		}
		g := auth.Guard(t.Context(), b.Request("POST", "/mine", "", "Origin", test.origin, "X-Tenant", test.tenant), true)
		if (g.Denied == nil) != (test.status == 200) {
			t.Errorf("a guard, tenant %q from %s: %+v", test.tenant, test.origin, g.Denied)
		}
	}
	signIn := `{"email":"a@example.com","password":"password123","callbackURL":"https://acme.example/in"}`
	for tenant, want := range map[string]string{"acme": "INVALID_EMAIL_OR_PASSWORD", "umbrella": "INVALID_CALLBACK_URL"} {
		if a := b.Post("/sign-in/email", signIn, "X-Tenant", tenant); a.Code() != want {
			t.Errorf("a redirect, tenant %q: %d %s, want %s", tenant, a.Status, a.Body, want)
		}
	}
}

func TestRuleFor(t *testing.T) {
	cfg := config()
	cfg.RateLimit = kernia.RateLimitConfig{Enabled: true, Rules: []kernia.RateRule{{Path: "/ok", Max: 2, Window: time.Minute}}}
	cfg.RateLimit.RuleFor = func(_ context.Context, c *kernia.Call, path string) (*kernia.RateRule, error) {
		switch c.Header("X-Plan") {
		case "free":
			return &kernia.RateRule{Path: path, Max: 1, Window: time.Minute}, nil
		case "pro":
			return &kernia.RateRule{Path: path}, nil // no limit
		case "broken":
			return nil, errors.New("no such table")
		}
		return nil, nil
	}
	for plan, want := range map[string]int{"free": 1, "": 2, "pro": 20, "broken": 0} {
		b := kerniatest.NewBrowser(t, kerniatest.New(t, cfg))
		served := 0
		for range 20 {
			if a := b.Get("/ok", "X-Plan", plan); a.Status == 200 {
				served++
			} else if a.Status != 429 && plan != "broken" {
				t.Errorf("plan %q: %d %s", plan, a.Status, a.Body)
			}
		}
		if served != want {
			t.Errorf("plan %q: %d calls are served, want %d", plan, served, want)
		}
	}
}

// TestNewSession: a session can have a life and fields of its own.
func TestNewSession(t *testing.T) {
	by := kernia.Field[*string]{Name: "impersonatedBy"}
	cfg := config()
	clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	cfg.Clock, cfg.SessionFields = clock, []kernia.Extra{by}
	auth := kerniatest.New(t, cfg)
	ann := kerniatest.SignIn(t, auth, "ann@example.com").User
	var fields kernia.Patch
	admin := "admin"
	by.Set(&fields, &admin)
	s, err := auth.Sessions.Issue(t.Context(), ann, kernia.NewSession{ExpiresIn: time.Hour, Fields: fields})
	if err != nil || *by.Of(&s) != "admin" || s.ExpiresAt.Sub(s.CreatedAt) != time.Hour {
		t.Fatalf("Issue = %+v, %v", s, err)
	}
	clock.Advance(59 * time.Minute)
	p, err := auth.Verify(t.Context(), s.Token)
	if err != nil || p == nil || *by.Of(&p.Session) != "admin" {
		t.Fatalf("Verify = %+v, %v", p, err)
	}
	b := kerniatest.NewBrowser(t, auth)
	name, value := "better-auth.session_token", auth.Sessions.Cookie(s.Token)
	b.Cookies()[name] = value[len(name)+1:]
	if a := b.Post("/update-session", `{"impersonatedBy":"me"}`); a.Status != 400 || a.Code() != "FIELD_NOT_ALLOWED" {
		t.Errorf("a client sets the field: %d %s", a.Status, a.Body)
	}
	clock.Advance(time.Minute)
	if b.SignedIn() {
		t.Error("the session lives longer than its hour")
	}
	var wrong kernia.Patch
	wrong.Put("token", ports.String("x"))
	if _, err := auth.Sessions.Issue(t.Context(), ann, kernia.NewSession{Fields: wrong}); err == nil {
		t.Error("Issue sets a field of the session's own")
	}
}
