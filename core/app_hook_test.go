package kernia_test

import (
	"context"
	"errors"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestDuringCreate: what the hook writes and the user share one fate, for a sign-up through HTTP as well.
func TestDuringCreate(t *testing.T) {
	refused := &kernia.Error{Kind: kernia.Conflicting, Code: "NO_ROOM", Message: "No room"}
	var auth *kernia.Auth
	var fail func() error
	after := 0
	cfg := kernia.Config{Hooks: kernia.Hooks{User: kernia.UserHooks{
		DuringCreate: func(ctx context.Context, u kernia.User) error {
			if _, err := auth.Accounts.Create(ctx, kernia.Account{UserID: u.ID, ProviderID: "own", AccountID: u.Email}); err != nil {
				return err
			}
			return fail()
		},
		AfterCreate: func(context.Context, kernia.User) error { after++; return nil },
	}}}
	auth = kerniatest.New(t, cfg, emailpassword.Feature{})
	b := kerniatest.NewBrowser(t, auth)
	const body = `{"name":"Ann","email":"ann@example.com","password":"correct horse"}`
	for name, test := range map[string]struct {
		fail   func() error
		status int
		code   string
	}{
		"its own error": {func() error { return refused }, 409, "NO_ROOM"},
		"another error": {func() error { return errors.New("disk full") }, 422, "FAILED_TO_CREATE_USER"},
		"a panic":       {func() error { panic("lost") }, 500, "INTERNAL_SERVER_ERROR"},
	} {
		fail = test.fail
		if got := b.Post("/sign-up/email", body); got.Status != test.status || got.Text("code") != test.code {
			t.Errorf("%s: %d %s, want %d %s", name, got.Status, got.Text("code"), test.status, test.code)
		}
		u, err := auth.Users.FindByEmail(t.Context(), "ann@example.com")
		own, err2 := auth.Accounts.FindByProvider(t.Context(), "own", "ann@example.com")
		if u != nil || own != nil || err != nil || err2 != nil || after != 0 {
			t.Errorf("%s: left are user %v, account %v (%v, %v), %d calls of AfterCreate", name, u, own, err, err2, after)
		}
	}
	fail = func() error { return nil }
	if got := b.Post("/sign-up/email", body); got.Status != 200 {
		t.Fatalf("sign-up = %d %s", got.Status, got.Text("code"))
	}
	own, err := auth.Accounts.FindByProvider(t.Context(), "own", "ann@example.com")
	if err != nil || own == nil || after != 1 {
		t.Errorf("account of the hook = %v, %v, AfterCreate ran %d times", own, err, after)
	}
}

// TestF04_DuringCreateOfATakenAddress: a hook in the transaction runs for a taken address too, where sign-up does not
// tell, decides alike, and leaves nothing.
func TestF04_DuringCreateOfATakenAddress(t *testing.T) {
	var auth *kernia.Auth
	var seen []string
	hook := func(ctx context.Context, u kernia.User) error {
		seen = append(seen, u.Email)
		if u.Name == "refused" {
			return errors.New("refused")
		}
		if u.Name == "extra" {
			return nil
		}
		extra := auth.Users.New(ctx)
		extra.Name, extra.Email = "extra", u.Name+"@extra.example.com"
		_, err := auth.Users.Create(ctx, extra)
		return err
	}
	auth = kerniatest.New(t, kernia.Config{Hooks: kernia.Hooks{User: kernia.UserHooks{DuringCreate: hook}}}, emailpassword.Feature{DisableAutoSignIn: true})
	join := func(email, name string) error {
		_, err := emailpassword.SignUp(t.Context(), auth, emailpassword.SignUpInput{Name: name, Email: email, Password: "password123"})
		return err
	}
	if err := join("ann@example.com", "ann"); err != nil {
		t.Fatal(err)
	}
	seen = nil
	if err := join("ann@example.com", "bob"); err != nil || len(seen) == 0 || seen[0] != "ann@example.com" {
		t.Errorf("sign-up with a taken address = %v, the hook saw %q", err, seen)
	}
	for _, email := range []string{"ann@example.com", "free@example.com"} {
		if err := join(email, "refused"); !errors.Is(err, kernia.ErrCreateUser) {
			t.Errorf("%s, refused by the hook = %v", email, err)
		}
	}
	if n, err := auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 2 || err != nil {
		t.Errorf("%d users, %v, want ann and what the hook wrote for her", n, err)
	}
}
