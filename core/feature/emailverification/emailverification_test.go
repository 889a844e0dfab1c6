package emailverification_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A desk is an Auth with a page and a mailbox.
type desk struct {
	*kerniatest.Browser
	t     *testing.T
	auth  *kernia.Auth
	clock *memory.Clock
	box   *memory.Mailer
}

func newDesk(t *testing.T, f emailverification.Feature) *desk {
	t.Helper()
	d := &desk{t: t, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), box: &memory.Mailer{}}
	d.auth = kerniatest.New(t, kernia.Config{Clock: d.clock, Mailer: d.box}, emailpassword.Feature{}, f)
	d.Browser = kerniatest.NewBrowser(t, d.auth)
	return d
}

// next returns the next mail, which must be of the kind and to the address.
func (d *desk) next(kind ports.MailKind, to string) kernia.Mail {
	d.t.Helper()
	m, err := d.box.Next(d.t.Context())
	if err != nil || m.Kind != kind || m.To != to {
		d.t.Fatalf("mailed %s to %s, %v, want %s to %s", m.Kind, m.To, err, kind, to)
	}
	return m
}

func (d *desk) user(email string) *kernia.User {
	d.t.Helper()
	u, err := d.auth.Users.FindByEmail(d.t.Context(), email)
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

const signIn = `{"email":"ann@example.com","password":"password123"}`

// follow opens the link of a mail in the page.
func (d *desk) follow(m kernia.Mail) kerniatest.Answer {
	d.t.Helper()
	path, ok := strings.CutPrefix(m.URL, kerniatest.BaseURL)
	if !ok {
		d.t.Fatalf("the link is %q", m.URL)
	}
	return d.Get(path)
}

func TestRequired(t *testing.T) {
	d := newDesk(t, emailverification.Feature{Required: true, SendOnSignIn: true, AutoSignIn: true})
	first := d.Post("/sign-up/email", strings.Replace(ann, "}", `,"callbackURL":"/welcome"}`, 1))
	m := d.next(ports.MailVerify, "ann@example.com")
	if first.Status != 200 || d.SignedIn() || !strings.HasSuffix(m.URL, "&callbackURL=%2Fwelcome") {
		t.Fatalf("sign-up = %d %s, mailed %s", first.Status, first.Body, m.URL)
	}
	if again := d.Post("/sign-up/email", ann); again.Status != 200 || again.Text("token") != "" {
		t.Errorf("a second sign-up = %d %s, want what a first one gives", again.Status, again.Body)
	}
	d.next(ports.MailExisting, "ann@example.com")
	if a := d.Post("/sign-in/email", signIn); a.Status != 403 || a.Code() != "EMAIL_NOT_VERIFIED" || d.SignedIn() {
		t.Errorf("sign-in = %d %s", a.Status, a.Body)
	}
	d.next(ports.MailVerify, "ann@example.com")
	if a := d.Post("/sign-in/email", strings.Replace(signIn, "password123", "password124", 1)); a.Status != 401 {
		t.Errorf("a wrong password = %d %s", a.Status, a.Body)
	}
	if a := d.follow(m); a.Status != 302 || a.Value("Location") != "/welcome" || !d.SignedIn() {
		t.Errorf("the link = %d to %q, signed in: %v", a.Status, a.Value("Location"), d.SignedIn())
	}
	if !d.user("ann@example.com").EmailVerified {
		t.Error("the address is not verified")
	}
	d.Post("/sign-out", "{}")
	if a := d.follow(m); a.Status != 302 || d.SignedIn() {
		t.Errorf("the link signs in a second time: %d", a.Status)
	}
	if a := d.Post("/sign-in/email", signIn); a.Status != 200 {
		t.Errorf("sign-in once verified = %d %s", a.Status, a.Body)
	}
	if err := d.auth.Close(t.Context()); err != nil || len(d.box.All()) != 3 {
		t.Errorf("%d mails, %v, want 3", len(d.box.All()), err)
	}
}

func TestSendOnSignUp(t *testing.T) {
	for _, test := range []struct {
		feature emailverification.Feature
		want    int
	}{
		{emailverification.Feature{}, 0},
		{emailverification.Feature{SendOnSignUp: kernia.Some(true)}, 1},
		{emailverification.Feature{Required: true}, 1},
		{emailverification.Feature{Required: true, SendOnSignUp: kernia.Some(false)}, 0},
	} {
		d := newDesk(t, test.feature)
		d.Post("/sign-up/email", ann)
		if err := d.auth.Close(t.Context()); err != nil || len(d.box.All()) != test.want {
			t.Errorf("%+v mails %v, %v, want %d", test.feature, d.box.All(), err, test.want)
		}
	}
}

func TestHooks(t *testing.T) {
	no := &kernia.Error{Kind: kernia.Denied, Code: "NOT_HERE", Message: "Not here"}
	var before, after error
	var seen []string
	d := newDesk(t, emailverification.Feature{
		BeforeVerify: func(_ context.Context, u kernia.User) error { seen = append(seen, "before "+u.Email); return before },
		AfterVerify:  func(_ context.Context, u kernia.User) error { seen = append(seen, "after"); return after },
	})
	d.Post("/sign-up/email", ann)
	d.Post("/send-verification-email", `{"email":"ann@example.com"}`)
	m := d.next(ports.MailVerify, "ann@example.com")
	before = no
	if a := d.follow(m); a.Value("Location") != "/?error=NOT_HERE" || d.user("ann@example.com").EmailVerified {
		t.Errorf("with a before-hook that refuses: %q, %+v", a.Value("Location"), d.user("ann@example.com"))
	}
	before, after = nil, no
	if a := d.follow(m); a.Value("Location") != "/?error=NOT_HERE" || !d.user("ann@example.com").EmailVerified {
		t.Errorf("with an after-hook that fails: %q, %+v", a.Value("Location"), d.user("ann@example.com"))
	}
	if got := strings.Join(seen, ", "); got != "before ann@example.com, before ann@example.com, after" {
		t.Errorf("hooks ran: %s", got)
	}
}

// TestE01_VerifyOnce: of many uses of one link at once, one signs in.
func TestE01_VerifyOnce(t *testing.T) {
	d := newDesk(t, emailverification.Feature{Required: true, AutoSignIn: true})
	d.Post("/sign-up/email", ann)
	m := d.next(ports.MailVerify, "ann@example.com")
	var begun atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			r := d.Request("GET", "/verify-email?token="+m.Token, "")
			if a := d.auth.Serve(t.Context(), r); a.Status != 200 || len(a.Cookies) > 0 {
				begun.Add(1)
			}
		})
	}
	wg.Wait()
	list, err := d.auth.Sessions.List(t.Context(), d.user("ann@example.com").ID)
	if begun.Load() != 1 || len(list) != 1 || err != nil {
		t.Errorf("%d uses signed in, %d sessions, %v, want 1", begun.Load(), len(list), err)
	}
}

var changing = emailverification.Feature{ChangeEmail: emailverification.ChangeEmail{Enabled: true, Confirm: true}}

func TestChangeEmail(t *testing.T) {
	d := newDesk(t, changing)
	d.Post("/sign-up/email", ann)
	d.Post("/send-verification-email", `{"email":"ann@example.com"}`)
	d.follow(d.next(ports.MailVerify, "ann@example.com"))
	if a := d.Post("/change-email", `{"newEmail":"Eve@example.com","callbackURL":"/done"}`); a.Status != 200 {
		t.Fatalf("change-email = %d %s", a.Status, a.Body)
	}
	old := d.next(ports.MailChange, "ann@example.com")
	if old.NewEmail != "eve@example.com" {
		t.Errorf("the mail to the old address names %q", old.NewEmail)
	}
	for range 2 { // the second click mails nothing
		if a := d.follow(old); a.Status != 302 || a.Value("Location") != "/done" || d.user("ann@example.com") == nil {
			t.Errorf("the first link = %d to %q", a.Status, a.Value("Location"))
		}
	}
	m := d.next(ports.MailVerify, "eve@example.com")
	if a := d.follow(m); a.Status != 302 || d.user("ann@example.com") != nil {
		t.Errorf("the second link = %d to %q", a.Status, a.Value("Location"))
	}
	if u := d.user("eve@example.com"); u == nil || !u.EmailVerified {
		t.Errorf("the user is %+v", u)
	}
	for _, used := range []kernia.Mail{m, old} {
		if a := d.follow(used); a.Value("Location") != "/done?error=USER_NOT_FOUND" {
			t.Errorf("a used link leads to %q", a.Value("Location"))
		}
	}
	if err := d.auth.Close(t.Context()); err != nil || len(d.box.All()) != 3 {
		t.Errorf("%d mails, %v, want 3", len(d.box.All()), err)
	}
}

// TestE04_LinksCannotCross: of two changes of one address, one happens; a link serves nobody but its user; none works once
// the feature is off.
func TestE04_LinksCannotCross(t *testing.T) {
	d := newDesk(t, emailverification.Feature{ChangeEmail: emailverification.ChangeEmail{Enabled: true}})
	d.Post("/sign-up/email", ann)
	var links []kernia.Mail
	for _, to := range []string{"one@example.com", "two@example.com"} {
		d.Post("/change-email", `{"newEmail":"`+to+`"}`)
		links = append(links, d.next(ports.MailVerify, to))
	}
	other := kerniatest.NewBrowser(t, d.auth)
	other.Post("/sign-up/email", strings.Replace(ann, "ann@", "bob@", 1))
	if a := other.Get("/verify-email?token=" + links[0].Token); a.Status != 401 || a.Code() != "INVALID_USER" {
		t.Errorf("signed in as somebody else = %d %s", a.Status, a.Body)
	}
	off := kerniatest.New(t, kernia.Config{Clock: d.clock, Mailer: d.box}, emailverification.Feature{})
	if _, err := emailverification.Verify(t.Context(), off, links[0].Token); !errors.Is(err, emailverification.ErrToken) && !errors.Is(err, emailverification.ErrUserNotFound) {
		t.Errorf("with the feature off = %v", err)
	}
	done := 0
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 64 {
		wg.Go(func() {
			if _, err := emailverification.Verify(t.Context(), d.auth, links[i%2].Token); err == nil {
				mu.Lock()
				defer mu.Unlock()
				done++
			}
		})
	}
	wg.Wait()
	if done != 1 {
		t.Errorf("%d changes happened, want 1", done)
	}
}

// TestChangeTellsNothing: whether an address is taken does not show.
func TestChangeTellsNothing(t *testing.T) {
	d := newDesk(t, emailverification.Feature{ChangeEmail: emailverification.ChangeEmail{Enabled: true}})
	d.Post("/sign-up/email", strings.Replace(ann, "ann@", "bob@", 1))
	d.Post("/sign-out", "{}")
	d.Post("/sign-up/email", ann)
	free, taken := d.Post("/change-email", `{"newEmail":"eve@example.com"}`), d.Post("/change-email", `{"newEmail":"bob@example.com"}`)
	if free.Body != taken.Body || free.Status != taken.Status || free.Status != 200 {
		t.Errorf("free %d %s, taken %d %s", free.Status, free.Body, taken.Status, taken.Body)
	}
	d.next(ports.MailVerify, "eve@example.com")
	if err := d.auth.Close(t.Context()); err != nil || len(d.box.All()) != 1 {
		t.Errorf("mailed %v, %v", d.box.All(), err)
	}
}

// TestSendTellsNothing: for a caller who is not signed in, an unknown, a known and a verified address are alike.
func TestSendTellsNothing(t *testing.T) {
	d := newDesk(t, emailverification.Feature{})
	d.Post("/sign-up/email", ann)
	d.Post("/send-verification-email", `{"email":"ann@example.com"}`)
	d.follow(d.next(ports.MailVerify, "ann@example.com"))
	d.Post("/sign-out", "{}")
	d.Post("/sign-up/email", strings.Replace(ann, "ann@", "bob@", 1))
	d.Post("/sign-out", "{}")
	var bodies []string
	for _, email := range []string{"ann@example.com", "bob@example.com", "nobody@example.com"} {
		a := d.Post("/send-verification-email", `{"email":"`+email+`"}`)
		bodies = append(bodies, a.Body)
		if a.Status != 200 || a.Body != bodies[0] {
			t.Errorf("%s = %d %s", email, a.Status, a.Body)
		}
	}
	d.next(ports.MailVerify, "bob@example.com")
	if err := d.auth.Close(t.Context()); err != nil || len(d.box.All()) != 2 {
		t.Errorf("mailed %v, %v", d.box.All(), err)
	}
}

// TestC06_TokensAreForOnePurpose: a signed text of another kind is no link, and a link is no session.
func TestC06_TokensAreForOnePurpose(t *testing.T) {
	d := newDesk(t, changing)
	d.Post("/sign-up/email", ann)
	d.Post("/send-verification-email", `{"email":"ann@example.com"}`)
	link := d.next(ports.MailVerify, "ann@example.com").Token
	session, _, _ := strings.Cut(strings.TrimPrefix(d.Cookie(), "better-auth.session_token="), ";")
	for _, token := range []string{session, "", "null", link + ".x", link + " ", link[:len(link)-4]} {
		if _, err := emailverification.Verify(t.Context(), d.auth, token); !errors.Is(err, emailverification.ErrToken) {
			t.Errorf("Verify(%q) = %v, want ErrToken", token, err)
		}
	}
	a := kerniatest.NewBrowser(t, d.auth).Get("/get-session", "Cookie", "better-auth.session_token="+link)
	if a.Body != "null" {
		t.Errorf("a link is a session: %s", a.Body)
	}
}
