package emailpassword_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A desk is an Auth whose mail a test reads.
type desk struct {
	t     *testing.T
	auth  *kernia.Auth
	clock *memory.Clock
	box   *memory.Mailer
}

func newDesk(t *testing.T, f emailpassword.Feature) *desk {
	t.Helper()
	d := &desk{t: t, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), box: &memory.Mailer{}}
	d.auth = kerniatest.New(t, kernia.Config{Clock: d.clock, Mailer: d.box}, f)
	return d
}

// forgot asks for a link for the address and returns the mail.
func (d *desk) forgot(email string) kernia.Mail {
	d.t.Helper()
	if _, err := emailpassword.RequestReset(d.t.Context(), d.auth, emailpassword.RequestResetInput{Email: email}); err != nil {
		d.t.Fatal(err)
	}
	m, err := d.box.Next(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

func (d *desk) reset(token, password string) error {
	return emailpassword.Reset(d.t.Context(), d.auth, emailpassword.ResetInput{NewPassword: password, Token: kernia.Some(token)})
}

func (d *desk) signsIn(email, password string) bool {
	_, err := emailpassword.SignIn(d.t.Context(), d.auth, emailpassword.SignInInput{Email: email, Password: password})
	return err == nil
}

func (d *desk) user(email string) kernia.User {
	d.t.Helper()
	u, err := d.auth.Users.FindByEmail(d.t.Context(), email)
	if err != nil || u == nil {
		d.t.Fatalf("no user %s: %v", email, err)
	}
	return *u
}

func TestReset(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{})
	out, err := join(t, d.auth, "ann@example.com", "password123")
	if err != nil {
		t.Fatal(err)
	}
	m := d.forgot("ANN@example.com")
	if m.Kind != ports.MailReset || m.To != "ann@example.com" || m.User.ID != out.User.ID || m.Lifetime != time.Hour ||
		m.URL != kerniatest.BaseURL+"/reset-password/"+m.Token+"?callbackURL=" {
		t.Errorf("mailed %#v", m)
	}
	if err := d.reset(m.Token, "short"); err == nil {
		t.Error("a short password is taken")
	}
	if err := d.reset(m.Token, "password456"); err != nil {
		t.Fatalf("a link is used up by a password that was refused: %v", err)
	}
	if d.signsIn("ann@example.com", "password123") || !d.signsIn("ann@example.com", "password456") {
		t.Error("the old password signs in, or the new one does not")
	}
}

// TestD05_ResetEndsSessions: whoever stole the old password is signed out.
func TestD05_ResetEndsSessions(t *testing.T) {
	for _, keep := range []bool{false, true} {
		d := newDesk(t, emailpassword.Feature{KeepSessions: keep})
		out, err := join(t, d.auth, "ann@example.com", "password123")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.auth.Users.Verify(t.Context(), d.user("ann@example.com")); err != nil {
			t.Fatal(err)
		}
		if err := d.reset(d.forgot("ann@example.com").Token, "password456"); err != nil {
			t.Fatal(err)
		}
		if p, err := d.auth.Verify(t.Context(), *out.Token); err != nil || (p != nil) != keep {
			t.Errorf("with KeepSessions %v the session is %v, %v", keep, p, err)
		}
	}
}

// TestE01_ResetOnce: of many uses of one link at once, one sets the password.
func TestE01_ResetOnce(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{})
	if _, err := join(t, d.auth, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	token := d.forgot("ann@example.com").Token
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if d.reset(token, "password456") == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d uses of one link succeeded, want 1", won.Load())
	}
}

// TestE08_OlderLinksEnd: a link ends with the password and the address for which it was mailed, and with its time.
func TestE08_OlderLinksEnd(t *testing.T) {
	for name, end := range map[string]func(d *desk){
		"another link was used": func(d *desk) {
			if err := d.reset(d.forgot("ann@example.com").Token, "password456"); err != nil {
				d.t.Fatal(err)
			}
		},
		"the password was changed": func(d *desk) {
			hash, err := d.auth.Accounts.HashPassword(d.t.Context(), "password456")
			if err != nil {
				d.t.Fatal(err)
			}
			if err := d.auth.Accounts.SetPassword(d.t.Context(), d.user("ann@example.com").ID, hash, true); err != nil {
				d.t.Fatal(err)
			}
		},
		"the address was changed (E04)": func(d *desk) {
			if _, ok, err := d.auth.Users.ChangeEmail(d.t.Context(), d.user("ann@example.com"), "eve@example.com", true); !ok || err != nil {
				d.t.Fatal(ok, err)
			}
		},
		"its time is over (E07)": func(d *desk) { d.clock.Advance(time.Hour) },
		"the user is gone": func(d *desk) {
			if _, err := d.auth.Users.Delete(d.t.Context(), d.user("ann@example.com").ID); err != nil {
				d.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, emailpassword.Feature{})
			if _, err := join(t, d.auth, "ann@example.com", "password123"); err != nil {
				t.Fatal(err)
			}
			m := d.forgot("ann@example.com")
			end(d)
			if err := d.reset(m.Token, "password789"); !isToken(err) {
				t.Errorf("Reset = %v, want ErrToken", err)
			}
			a := kerniatest.NewBrowser(t, d.auth).Get("/reset-password/" + m.Token + "?callbackURL=/new")
			if !strings.HasSuffix(a.Value("Location"), "/new?error=INVALID_TOKEN") {
				t.Errorf("the link leads to %q", a.Value("Location"))
			}
		})
	}
}

func isToken(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "INVALID_TOKEN") }

// TestC14_ResetOfAnUnverifiedUser: whoever signed up with somebody's address loses the account to the owner of the
// mailbox, with all that they left in it.
func TestC14_ResetOfAnUnverifiedUser(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{KeepSessions: true})
	attacker, err := join(t, d.auth, "victim@example.com", "password123")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.auth.Accounts.Create(t.Context(), kernia.Account{UserID: attacker.User.ID, ProviderID: "github", AccountID: "666"}); err != nil {
		t.Fatal(err)
	}
	if err := d.reset(d.forgot("victim@example.com").Token, "password456"); err != nil {
		t.Fatal(err)
	}
	list, err := d.auth.Accounts.List(t.Context(), attacker.User.ID)
	if err != nil || len(list) != 1 || list[0].ProviderID != kernia.CredentialProvider {
		t.Errorf("accounts %v, %v, want the new password alone", list, err)
	}
	if p, err := d.auth.Verify(t.Context(), *attacker.Token); p != nil || err != nil {
		t.Errorf("the attacker is still signed in: %v, %v", p, err)
	}
	if d.signsIn("victim@example.com", "password123") || !d.user("victim@example.com").EmailVerified {
		t.Error("the attacker's password signs in, or the address is not verified")
	}
}

// TestE05_ResetNeedsAToken: what is no token of ours is INVALID_TOKEN or a 400, whatever its type.
func TestE05_ResetNeedsAToken(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{})
	if _, err := join(t, d.auth, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	token := d.forgot("ann@example.com").Token
	b := kerniatest.NewBrowser(t, d.auth)
	for _, value := range []string{
		`""`, `null`, `0`, `true`, `[]`, `{}`, `["` + token + `"]`, `{"$ne":null}`, `{"$gt":""}`, `"` + token + ` "`, `" ` + token + `"`,
		`"` + token[:31] + `"`, `"` + token + `\u0000"`, `"reset-password:` + token + `"`, `"` + strings.ToUpper(token) + `"`,
	} {
		if a := b.Post("/reset-password", `{"newPassword":"password456","token":`+value+`}`); a.Status != 400 || strings.Contains(a.Body, token) {
			t.Errorf("token %s = %d %s, want 400", value, a.Status, a.Body)
		}
	}
	if err := d.reset(token, "password456"); err != nil {
		t.Errorf("a wrong token used up the right one: %v", err)
	}
}

// TestUnknownAddressGetsNoMail: and the answer does not tell.
func TestUnknownAddressGetsNoMail(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{})
	if _, err := join(t, d.auth, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	b := kerniatest.NewBrowser(t, d.auth)
	known := b.Post("/request-password-reset", `{"email":"ann@example.com"}`)
	unknown := b.Post("/request-password-reset", `{"email":"bob@example.com"}`)
	if known.Status != 200 || known.Body != unknown.Body || known.Status != unknown.Status {
		t.Errorf("known %d %s, unknown %d %s", known.Status, known.Body, unknown.Status, unknown.Body)
	}
	if err := d.auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := d.box.All(); len(all) != 1 || all[0].To != "ann@example.com" {
		t.Errorf("mailed %v", all)
	}
}

// TestA12_LinksHaveTheConfiguredHost: a forged Host header does not lead a user's token to somebody else's server.
func TestA12_LinksHaveTheConfiguredHost(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{})
	if _, err := join(t, d.auth, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	b := kerniatest.NewBrowser(t, d.auth)
	r := b.Request("POST", "/request-password-reset", `{"email":"ann@example.com"}`,
		"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "Forwarded", "host=evil.example")
	r.Host = "evil.example"
	b.Send(r)
	m, err := d.box.Next(t.Context())
	if err != nil || !strings.HasPrefix(m.URL, kerniatest.BaseURL+"/reset-password/") {
		t.Errorf("mailed %q, %v", m.URL, err)
	}
}

// TestA14_TokensGoToTrustedPlacesAlone: a link with a token is not forwarded to a foreign page.
func TestA14_TokensGoToTrustedPlacesAlone(t *testing.T) {
	d := newDesk(t, emailpassword.Feature{})
	if _, err := join(t, d.auth, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	b := kerniatest.NewBrowser(t, d.auth)
	if a := b.Post("/request-password-reset", `{"email":"ann@example.com","redirectTo":"https://evil.example/"}`); a.Status != 403 {
		t.Errorf("a link to a foreign page = %d %s", a.Status, a.Body)
	}
	token := d.forgot("ann@example.com").Token
	for _, target := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/..//evil.example", "javascript:alert(1)"} {
		a := b.Get("/reset-password/" + token + "?callbackURL=" + url.QueryEscape(target))
		if a.Status != 403 || strings.Contains(a.Value("Location"), token) {
			t.Errorf("to %s = %d to %q", target, a.Status, a.Value("Location"))
		}
	}
	a := b.Get("/reset-password/" + token + "?callbackURL=%2Fnew%23part")
	if got := a.Value("Location"); !strings.HasSuffix(got, "/new?token="+token+"#part") || a.Value("Referrer-Policy") != "no-referrer" {
		t.Errorf("to our own page: %q, Referrer-Policy %q", got, a.Value("Referrer-Policy"))
	}
}
