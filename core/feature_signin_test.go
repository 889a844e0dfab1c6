package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

// factor is a feature that asks for a further step, and notes what it was asked about.
type factor struct {
	attempts *[]kernia.Attempt
	err      error
}

type challenge struct {
	TwoFactor bool   `json:"twoFactorRedirect"`
	Server    string `json:"-"`
}

func (f factor) Declare(d *kernia.Declaration) {
	d.Name("factor")
	pending := d.Cookie("pending", kernia.CookieOptions{MaxAge: time.Minute})
	d.Interrupt(func(_ context.Context, c *kernia.Call, at kernia.Attempt) error {
		*f.attempts = append(*f.attempts, at)
		if at.Renewal || f.err == nil {
			return nil
		}
		return errors.Join(f.err, pending.Set(c, at.User.ID))
	})
}

func TestDiversion(t *testing.T) {
	var attempts []kernia.Attempt
	diversion := &kernia.Diversion{Answer: challenge{TwoFactor: true, Server: "for Go alone"}}
	b, auth := signedUp(t, factor{&attempts, diversion})
	const in = `{"email":"ann@example.com","password":"password123","rememberMe":false}`
	a := b.Post("/sign-in/email", in)
	if a.Status != 200 || a.Body != `{"twoFactorRedirect":true}` {
		t.Errorf("answer: %d %s", a.Status, a.Body)
	}
	checkCookies(t, "a diverted sign-in", answer{Response: a.Response}, []string{
		"better-auth.dont_remember=*; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.pending=*; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
	})
	if b.SignedIn() {
		t.Error("the browser is signed in")
	}
	if sessions, err := auth.Sessions.List(t.Context(), attempts[0].User.ID); err != nil || len(sessions) != 0 {
		t.Errorf("sessions = %v, %v", sessions, err)
	}
	at := attempts[0]
	if at.User.Email != "ann@example.com" || at.Method != "email" || !at.Forget || at.Renewal || !at.ByPassword() {
		t.Errorf("the attempt = %+v", at)
	}
	_, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password123"})
	got, ok := errors.AsType[*kernia.Diversion](err)
	if !ok || got.Answer.(challenge).Server != "for Go alone" {
		t.Errorf("without HTTP: %v", err)
	}
	text, err := kernia.InvokeJSON(t.Context(), auth, "POST /sign-in/email", []byte(in))
	if _, ok := errors.AsType[*kernia.Diversion](err); !ok || text != nil {
		t.Errorf("by name: %s, %v", text, err)
	}
}

// signedUp returns an Auth with the feature, in whose store ann is, and a browser without cookies.
func signedUp(t *testing.T, f kernia.Feature) (*kerniatest.Browser, *kernia.Auth) {
	t.Helper()
	cfg := config()
	cfg.Clock = memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	kerniatest.NewBrowser(t, kerniatest.New(t, cfg, emailpassword.Feature{})).
		Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
	auth := kerniatest.New(t, cfg, emailpassword.Feature{}, f)
	u, err := auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err == nil {
		err = auth.Sessions.RevokeAll(t.Context(), u.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return kerniatest.NewBrowser(t, auth), auth
}

func TestDiversionLeadsABrowserElsewhere(t *testing.T) {
	var attempts []kernia.Attempt
	enter := named{"link", func(d *kernia.Declaration) {
		run := func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
			u, err := c.Auth().Users.FindByEmail(ctx, "ann@example.com")
			if err != nil {
				return kernia.Status{}, err
			}
			_, err = c.SignIn(ctx, kernia.Attempt{User: *u, Method: "link"})
			c.Redirect("/home")
			return kernia.Status{}, err
		}
		kernia.Get(d, "/enter", run)
		kernia.Post(d, "/enter", run, kernia.Unread())
		factor{&attempts, &kernia.Diversion{Answer: challenge{TwoFactor: true}, Redirect: "/second"}}.Declare(d)
	}}
	b, _ := signedUp(t, enter)
	if a := b.Get("/enter"); a.Status != 302 || a.Value("Location") != "/second" || a.Body != "" {
		t.Errorf("by a link: %d %s %v", a.Status, a.Body, a.Header)
	}
	if a := b.Post("/enter", ""); a.Value("Location") == "/home" {
		t.Errorf("by a call: the handler's redirect counts: %d %s %v", a.Status, a.Body, a.Header)
	}
}

func TestInterruptDenies(t *testing.T) {
	for name, f := range map[string]func(at kernia.Attempt) error{
		"an error": func(kernia.Attempt) error { return errCaptcha },
		"a panic":  func(kernia.Attempt) error { panic("oh") },
	} {
		b, auth := signedUp(t, declared(func(d *kernia.Declaration) {
			d.Interrupt(func(_ context.Context, _ *kernia.Call, at kernia.Attempt) error { return f(at) })
		}))
		a := b.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
		if a.Status == 200 || b.SignedIn() || strings.Contains(strings.Join(a.Cookies, ""), "session_token=a") {
			t.Errorf("%s: %d %s %q", name, a.Status, a.Body, a.Cookies)
		}
		u, _ := auth.Users.FindByEmail(t.Context(), "ann@example.com")
		if sessions, err := auth.Sessions.List(t.Context(), u.ID); err != nil || len(sessions) != 0 {
			t.Errorf("%s: sessions = %v, %v", name, sessions, err)
		}
	}
}

// TestRenewalIsNoSignIn: a change of the password asks for no second factor, and says so.
func TestRenewalIsNoSignIn(t *testing.T) {
	var attempts []kernia.Attempt
	b, _ := signedUp(t, factor{&attempts, &kernia.Diversion{Answer: challenge{TwoFactor: true}}})
	b.SignIn("ann@example.com")
	a := b.Post("/change-password", `{"currentPassword":"password123","newPassword":"password456","revokeOtherSessions":true}`)
	if a.Status != 200 || !b.SignedIn() || len(attempts) != 1 || !attempts[0].Renewal {
		t.Errorf("%d %s, attempts %+v", a.Status, a.Body, attempts)
	}
}

func TestBegun(t *testing.T) {
	var methods []string
	b, _ := signedUp(t, declared(func(d *kernia.Declaration) {
		kernia.Post(d, "/renew", func(ctx context.Context, c *kernia.Call, _ kernia.None) (bool, error) {
			p, err := c.Session(ctx)
			if err == nil {
				_, err = c.SignIn(ctx, kernia.Attempt{User: p.User, Method: "email", Renewal: true})
			}
			return true, err
		}, kernia.SignedIn)
		d.After([]string{"/sign-in/*", "/get-session", "/renew"}, func(_ context.Context, c *kernia.Call, _ *kernia.Outcome) error {
			p, method := c.Begun()
			if p != nil {
				method += " " + p.User.Email
			}
			methods = append(methods, method)
			return nil
		})
	}))
	b.Post("/sign-in/email", `{"email":"ann@example.com","password":"wrong-one"}`)
	b.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
	b.Get("/get-session")
	b.Post("/renew", "{}")
	if got := strings.Join(methods, ","); got != ",email ann@example.com,, ann@example.com" {
		t.Errorf("begun: %q", got)
	}
}
