package emailpassword_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

var errKnown = &kernia.Error{Kind: kernia.Invalid, Code: "PASSWORD_KNOWN", Message: "Attackers know this password"}

// picky refuses one password.
type picky struct{}

func (picky) Declare(d *kernia.Declaration) {
	d.Name("picky")
	d.NewPassword(func(_ context.Context, password string) error {
		if password == "password" {
			return errKnown
		}
		return nil
	})
	d.Answers([]string{"*"}, errKnown)
}

// TestSetPassword: an administrator's new password ends what the old one allowed: sessions, mailed links, the wait after
// guesses.
func TestSetPassword(t *testing.T) {
	log, box := &memory.Events{}, &memory.Mailer{}
	d := &desk{t: t, box: box}
	d.auth = kerniatest.New(t, kernia.Config{Events: log, Mailer: box}, emailpassword.Feature{})
	out, err := join(t, d.auth, "ann@example.com", "password123")
	if err != nil {
		t.Fatal(err)
	}
	link := d.forgot("ann@example.com").Token
	for range 11 {
		d.signsIn("ann@example.com", "password124")
	}
	if d.signsIn("ann@example.com", "password123") {
		t.Fatal("no wait after many guesses")
	}
	if err := emailpassword.SetPassword(t.Context(), d.auth, out.User.ID, "password456"); err != nil {
		t.Fatal(err)
	}
	if p, err := d.auth.Verify(t.Context(), *out.Token); p != nil || err != nil {
		t.Errorf("the session is left: %v, %v", p, err)
	}
	if err := d.reset(link, "password789"); !errors.Is(err, emailpassword.ErrToken) {
		t.Errorf("a link that was mailed before = %v, want ErrToken", err)
	}
	if d.signsIn("ann@example.com", "password123") || !d.signsIn("ann@example.com", "password456") {
		t.Error("the old password signs in, or the new one does not")
	}
	if err := d.auth.Close(t.Context()); err != nil { // events run behind the answer
		t.Fatal(err)
	}
	if !slices.ContainsFunc(log.All(), func(e ports.Event) bool { return e.Type == "password.changed" && e.UserID == out.User.ID }) {
		t.Errorf("no event password.changed among %v", log.All())
	}
}

// TestSetFirstPassword: a user who has none gets one, and nobody else does.
func TestSetFirstPassword(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	u := auth.Users.New(t.Context())
	u.Name, u.Email = "Bob", "bob@example.com"
	u, err := auth.Users.Create(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	if err := emailpassword.SetPassword(t.Context(), auth, u.ID, "password456"); err != nil {
		t.Fatal(err)
	}
	if _, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: u.Email, Password: "password456"}); err != nil {
		t.Errorf("the first password does not sign in: %v", err)
	}
	if err := auth.Accounts.SetPassword(t.Context(), "nobody", "hash", false); !errors.Is(err, kernia.ErrUserNotFound) {
		t.Errorf("SetPassword of nobody = %v, want ErrUserNotFound", err)
	}
	if list, err := auth.Accounts.List(t.Context(), "nobody"); len(list) != 0 || err != nil {
		t.Errorf("nobody has the accounts %v, %v", list, err)
	}
}

// TestSetPasswordRefuses changes nothing where it refuses.
func TestSetPasswordRefuses(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{}, picky{})
	out, err := join(t, auth, "ann@example.com", "password123")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]error{"short": kernia.ErrPasswordTooShort, "password": errKnown} {
		if err := emailpassword.SetPassword(t.Context(), auth, out.User.ID, password); !errors.Is(err, want) {
			t.Errorf("SetPassword to %q = %v, want %v", password, err, want)
		}
	}
	if p, err := auth.Verify(t.Context(), *out.Token); p == nil || err != nil {
		t.Errorf("a refused password ended the session: %v", err)
	}
	bare := kerniatest.New(t, kernia.Config{})
	if err := emailpassword.SetPassword(t.Context(), bare, out.User.ID, "password456"); !errors.Is(err, kernia.ErrUnknownOperation) {
		t.Errorf("SetPassword without the feature = %v, want ErrUnknownOperation", err)
	}
}
