package magiclink_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/magiclink"
	"github.com/kernia-go/kernia/core/featuretest"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

const ann = `{"name":"Ann","email":"ann@example.com","password":"password123"}`

// asked mails a link to ann and puts its token into the input.
func asked(s *featuretest.Stage) {
	s.Page.Post("/sign-in/magic-link", `{"email":"ann@example.com"}`)
	s.Input = strings.Replace(s.Input, "TOKEN", s.Mail().Token, 1)
}

func TestFeature(t *testing.T) {
	const send, verify = "POST /sign-in/magic-link", "GET /magic-link/verify"
	joined := func(s *featuretest.Stage) {
		s.Page.Post("/sign-up/email", ann)
		s.Page.Post("/sign-out", "{}")
	}
	featuretest.Run(t, magiclink.Feature{}, []featuretest.Sample{
		{Operation: send, Input: `{"email":"ann@example.com","name":"Ann","callbackURL":"/in","newUserCallbackURL":"/new","errorCallbackURL":"/no"}`},
		{Operation: send, Input: `{"email":"ann@example.com"}`, Given: joined},
		{Operation: send, Input: `{"email":"ann@example.com"}`, Feature: magiclink.Feature{DisableSignUp: true}},
		{Operation: verify, Input: `{"token":"TOKEN"}`, Given: asked},
		{Operation: verify, Input: `{"token":"TOKEN","callbackURL":"/in","newUserCallbackURL":"/new","errorCallbackURL":"/no"}`, Given: asked},
		{Operation: verify, Input: `{"token":"TOKEN"}`, Given: func(s *featuretest.Stage) {
			joined(s)
			asked(s)
		}},
		{Operation: verify, Input: `{"token":"none"}`, PageOnly: true},
	}, featuretest.With(emailpassword.Feature{}))
}

// A desk is an Auth with a page and a mailbox.
type desk struct {
	*kerniatest.Browser
	t     *testing.T
	auth  *kernia.Auth
	clock *memory.Clock
	box   *memory.Mailer
}

func newDesk(t *testing.T, f magiclink.Feature, more ...kernia.Feature) *desk {
	t.Helper()
	d := &desk{t: t, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), box: &memory.Mailer{}}
	d.auth = kerniatest.New(t, kernia.Config{Clock: d.clock, Mailer: d.box}, append([]kernia.Feature{emailpassword.Feature{}, f}, more...)...)
	d.Browser = kerniatest.NewBrowser(t, d.auth)
	return d
}

// link has a link mailed to the address and returns the mail.
func (d *desk) link(email, more string) kernia.Mail {
	d.t.Helper()
	if a := d.Post("/sign-in/magic-link", `{"email":"`+email+`"`+more+`}`); a.Status != 200 || a.Body != `{"status":true}` {
		d.t.Fatalf("sign-in/magic-link = %d %s", a.Status, a.Body)
	}
	m, err := d.box.Next(d.t.Context())
	if err != nil || m.Kind != ports.MailLink || m.To != strings.ToLower(email) {
		d.t.Fatalf("mailed %s to %s, %v", m.Kind, m.To, err)
	}
	return m
}

// follow opens the link of a mail in a browser.
func follow(b *kerniatest.Browser, m kernia.Mail) kerniatest.Answer {
	return b.Get(strings.TrimPrefix(m.URL, kerniatest.BaseURL))
}

func (d *desk) user() *kernia.User {
	d.t.Helper()
	u, err := d.auth.Users.FindByEmail(d.t.Context(), "ann@example.com")
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

// origin is where the pages of the tests are.
func origin(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(kerniatest.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host
}

func TestSignsUpAndIn(t *testing.T) {
	d := newDesk(t, magiclink.Feature{})
	places := `,"name":"Ann","callbackURL":"/in","newUserCallbackURL":"/new","errorCallbackURL":"/no?x=1"`
	first := d.link("Ann@Example.com", places)
	want := kerniatest.BaseURL + "/magic-link/verify?token=" + first.Token + "&callbackURL=%2Fin&newUserCallbackURL=%2Fnew&errorCallbackURL=%2Fno%3Fx%3D1"
	if first.URL != want || first.Lifetime != 5*time.Minute || first.User.ID != "" {
		t.Errorf("mailed %s for %s, want %s", first.URL, first.Lifetime, want)
	}
	other := kerniatest.NewBrowser(t, d.auth) // another browser than the one that asked
	if a := follow(other, first); a.Status != 302 || a.Value("Location") != origin(t)+"/new" || !other.SignedIn() {
		t.Fatalf("the link = %d to %s", a.Status, a.Value("Location"))
	}
	if u := d.user(); u == nil || u.Name != "Ann" || !u.EmailVerified {
		t.Fatalf("the user is %+v", u)
	}
	if a := follow(d.Browser, first); a.Value("Location") != origin(t)+"/no?x=1&error=INVALID_TOKEN" || d.SignedIn() {
		t.Errorf("the link a second time = %d to %s", a.Status, a.Value("Location"))
	}
	again := d.link("ann@example.com", places)
	if a := follow(d.Browser, again); a.Value("Location") != origin(t)+"/in" || !d.SignedIn() || again.User.ID != d.user().ID {
		t.Errorf("for a user who exists = %d to %s", a.Status, a.Value("Location"))
	}
	last := d.link("ann@example.com", "")
	out, err := magiclink.Verify(t.Context(), d.auth, last.Token)
	if err != nil || out.Session.Token != out.Token || out.User.Email != "ann@example.com" {
		t.Errorf("Verify = %+v, %v", out, err)
	}
	if _, err := magiclink.Verify(t.Context(), d.auth, last.Token); !errors.Is(err, magiclink.ErrToken) {
		t.Errorf("Verify a second time = %v", err)
	}
	if err := magiclink.Send(t.Context(), d.auth, magiclink.SendInput{Email: "ann@example.com"}); err != nil {
		t.Errorf("Send = %v", err)
	}
}

func TestDisableSignUp(t *testing.T) {
	d := newDesk(t, magiclink.Feature{DisableSignUp: true})
	if a := d.Post("/sign-in/magic-link", `{"email":"eve@example.com"}`); a.Status != 200 || a.Body != `{"status":true}` {
		t.Errorf("for nobody = %d %s", a.Status, a.Body)
	}
	d.Post("/sign-up/email", ann)
	m := d.link("ann@example.com", "") // and not the mail to eve
	if _, err := d.auth.Users.Delete(t.Context(), d.user().ID); err != nil {
		t.Fatal(err)
	}
	if a := follow(kerniatest.NewBrowser(t, d.auth), m); a.Value("Location") != origin(t)+"/?error=new_user_signup_disabled" || d.user() != nil {
		t.Errorf("the link of a user who is gone = %d to %s", a.Status, a.Value("Location"))
	}
}

// TestE01_SignsInOnce: of many uses of one link at once, one signs in.
func TestE01_SignsInOnce(t *testing.T) {
	d := newDesk(t, magiclink.Feature{})
	m := d.link("ann@example.com", "")
	var begun atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		r := d.Request("GET", "/magic-link/verify?token="+m.Token, "")
		wg.Go(func() {
			if a := d.auth.Serve(t.Context(), r); a.Status == 200 || len(a.Cookies) > 0 {
				begun.Add(1)
			}
		})
	}
	wg.Wait()
	list, err := d.auth.Sessions.List(t.Context(), d.user().ID)
	if begun.Load() != 1 || len(list) != 1 || err != nil {
		t.Errorf("%d uses began a session, %d sessions, %v, want one", begun.Load(), len(list), err)
	}
}

// TestE07_LinksEnd: a link is worth nothing from the instant at which it ends.
func TestE07_LinksEnd(t *testing.T) {
	d := newDesk(t, magiclink.Feature{ExpiresIn: time.Minute})
	early, late := d.link("ann@example.com", ""), d.link("bob@example.com", "")
	d.clock.Advance(time.Minute - time.Millisecond)
	if a := follow(kerniatest.NewBrowser(t, d.auth), early); a.Value("Location") != origin(t)+"/" {
		t.Errorf("in time = %d to %s", a.Status, a.Value("Location"))
	}
	d.clock.Advance(time.Millisecond)
	if a := follow(d.Browser, late); !strings.HasSuffix(a.Value("Location"), "error=INVALID_TOKEN") || d.SignedIn() {
		t.Errorf("at its end = %d to %s", a.Status, a.Value("Location"))
	}
}

// TestE06_OtherTokens: a token that was mailed for something else does not sign in, and stays valid.
func TestE06_OtherTokens(t *testing.T) {
	d := newDesk(t, magiclink.Feature{})
	d.Post("/sign-up/email", ann)
	d.Post("/sign-out", "{}")
	d.Post("/request-password-reset", `{"email":"ann@example.com"}`)
	m, err := d.box.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := d.Get("/magic-link/verify?token=" + m.Token); a.Status != 302 || d.SignedIn() {
		t.Errorf("the token of a reset = %d", a.Status)
	}
	if a := d.Post("/reset-password", `{"newPassword":"password456","token":"`+m.Token+`"}`); a.Status != 200 {
		t.Errorf("the reset = %d %s", a.Status, a.Body)
	}
	link := d.link("ann@example.com", "")
	if a := d.Post("/reset-password", `{"newPassword":"password789","token":"`+link.Token+`"}`); a.Status != 400 {
		t.Errorf("a reset by the token of a link = %d %s", a.Status, a.Body)
	}
}

// TestC14_LinkOfAnUnverifiedUser: whoever signed up with somebody else's address keeps nothing once its owner follows a
// link.
func TestC14_LinkOfAnUnverifiedUser(t *testing.T) {
	d := newDesk(t, magiclink.Feature{})
	d.Post("/sign-up/email", ann) // by somebody else
	owner := kerniatest.NewBrowser(t, d.auth)
	follow(owner, d.link("ann@example.com", ""))
	if !owner.SignedIn() || d.Get("/get-session").Body != "null" || !d.user().EmailVerified {
		t.Errorf("the owner is in: %v, the other: %s", owner.SignedIn(), d.Get("/get-session").Body)
	}
	if a := d.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`); a.Status != 401 {
		t.Errorf("the password that was set before = %d %s", a.Status, a.Body)
	}
}

// A counting store notes its calls.
type counting struct {
	ports.Store
	calls []string
}

func (s *counting) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	s.calls = append(s.calls, "find "+q.Model.Name)
	return s.Store.Find(ctx, q, args)
}

func (s *counting) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	s.calls = append(s.calls, "create "+m.Name)
	return s.Store.Create(ctx, m, r)
}

func (s *counting) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	s.calls = append(s.calls, "delete "+d.Model.Name)
	return s.Store.Delete(ctx, d, args)
}

// TestF04_SendsAlike: the answer for an address that nobody has is that for a user, and so is the work.
func TestF04_SendsAlike(t *testing.T) {
	for _, f := range []magiclink.Feature{{}, {DisableSignUp: true}} {
		var seen []string
		for _, email := range []string{"ann@example.com", "eve@example.com"} {
			store := &counting{Store: memory.New()}
			auth := kerniatest.New(t, kernia.Config{Store: store, Mailer: &memory.Mailer{}}, emailpassword.Feature{}, f)
			b := kerniatest.NewBrowser(t, auth)
			b.Post("/sign-up/email", ann)
			b = kerniatest.NewBrowser(t, auth)
			store.calls = nil
			a := b.Post("/sign-in/magic-link", `{"email":"`+email+`"}`)
			seen = append(seen, fmt.Sprint(a.Status, a.Body, a.Header, store.calls))
		}
		if seen[0] != seen[1] {
			t.Errorf("%+v: for a user %s, for nobody %s", f, seen[0], seen[1])
		}
	}
}
