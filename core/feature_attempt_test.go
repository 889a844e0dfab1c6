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
)

// terms is a feature that asks for a further step at every sign-in.
type terms struct{}

type termsAnswer struct {
	Wait  bool   `json:"wait"`
	Token string `json:"-"`
}

type acceptInput struct {
	Token string `json:"-"`
}

var theme = kernia.Field[string]{Name: "theme"}

func (terms) Declare(d *kernia.Declaration) {
	d.Name("terms")
	d.SessionField(theme)
	waiting := kernia.OneTimeOf[string](d, "terms", time.Minute)
	d.Interrupt(func(ctx context.Context, c *kernia.Call, at kernia.Attempt) error {
		if at.Renewal || len(at.Passed) > 0 {
			return nil
		}
		theme.Set(&at.Session.Fields, "dark")
		text, err := c.Suspend(at)
		if err != nil {
			return err
		}
		token, err := waiting.Issue(ctx, text)
		if err != nil {
			return err
		}
		return &kernia.Diversion{Answer: termsAnswer{Wait: true, Token: token}}
	})
	kernia.Post(d, "/terms/accept", func(ctx context.Context, c *kernia.Call, in acceptInput) (kernia.Status, error) {
		text, _, err := waiting.Take(ctx, in.Token)
		if err != nil {
			return kernia.Status{}, err
		}
		at, err := c.Resume(ctx, text)
		if err != nil || at == nil {
			return kernia.Status{}, errors.Join(err, kernia.ErrUnauthorized)
		}
		if !at.ByPassword() || at.Method != "email" {
			return kernia.Status{}, errors.New("another attempt")
		}
		at.Passed = append(at.Passed, "terms")
		s, err := c.SignIn(ctx, *at)
		return kernia.Status{Status: theme.Of(&s) == "dark" && s.ExpiresAt.Sub(s.CreatedAt) == 24*time.Hour}, err
	}, kernia.OptionalBody())
}

// TestSuspendedSignIn: a diverted sign-in goes on as it was, unless what was proved is no longer so.
func TestSuspendedSignIn(t *testing.T) {
	ctx := t.Context()
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{}, terms{})
	u := auth.Users.New(ctx)
	u.Name, u.Email = "Ann", "ann@example.com"
	hash, err := auth.Accounts.HashPassword(ctx, "password123")
	if err != nil {
		t.Fatal(err)
	}
	if u, err = auth.Users.Create(ctx, u, kernia.Account{ProviderID: kernia.CredentialProvider, Password: hash}); err != nil {
		t.Fatal(err)
	}
	divert := func() string {
		t.Helper()
		_, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: u.Email, Password: "password123", RememberMe: kernia.Some(false)})
		d, ok := errors.AsType[*kernia.Diversion](err)
		if !ok {
			t.Fatalf("SignIn = %v, want a Diversion", err)
		}
		return d.Answer.(termsAnswer).Token
	}
	accept := func(token string) (kernia.Status, error) {
		return kernia.Invoke[kernia.Status](ctx, auth, "POST /terms/accept", acceptInput{Token: token})
	}
	if got, err := accept(divert()); err != nil || !got.Status {
		t.Errorf("a session of another kind: %v, %v", got, err)
	}
	if _, err := kernia.InvokeJSON(ctx, auth, "POST /terms/accept", []byte(`{"Token":"`+divert()+`"}`)); !errors.Is(err, kernia.ErrUnauthorized) {
		t.Errorf("JSON sets a field for Go alone: %v", err)
	}
	token := divert()
	account, err := auth.Accounts.Find(ctx, u.ID, kernia.CredentialProvider)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := auth.Accounts.ReplacePassword(ctx, account, hash+"x"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := accept(token); !errors.Is(err, kernia.ErrUnauthorized) {
		t.Errorf("after a change of the password = %v", err)
	}
	account.Password = hash + "x"
	if ok, err := auth.Accounts.ReplacePassword(ctx, account, hash); err != nil || !ok {
		t.Fatal(ok, err)
	}
	token = divert()
	if _, err := auth.Users.Delete(ctx, u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := accept(token); !errors.Is(err, kernia.ErrUnauthorized) {
		t.Errorf("after the user has gone = %v", err)
	}
}

// TestResumeChecksTheProof: an attempt goes on as it was suspended, and only while what was proved holds: the account is
// there with its password or, without an account, the address is the same.
func TestResumeChecksTheProof(t *testing.T) {
	var at kernia.Attempt
	var text string
	s := serve(t, kernia.Config{}, declared(func(d *kernia.Declaration) {
		kernia.Func(d, "suspend", func(_ context.Context, c *kernia.Call, _ kernia.None) (v kernia.Status, err error) {
			text, err = c.Suspend(at)
			return v, err
		})
		kernia.Func(d, "resume", func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
			got, err := c.Resume(ctx, text)
			if got != nil {
				at = *got
			}
			return kernia.Status{Status: got != nil}, err
		})
	}))
	ctx := t.Context()
	run := func(name string) bool {
		t.Helper()
		out, err := kernia.Invoke[kernia.Status](ctx, s.auth, name, kernia.None{})
		if err != nil {
			t.Fatal(err)
		}
		return out.Status
	}
	ann := kerniatest.SignIn(t, s.auth, "ann@example.com").User
	start := kernia.Attempt{User: ann, Method: "link", Passed: []string{"captcha"}, Session: kernia.NewSession{ExpiresIn: time.Hour}}
	at = start
	run("suspend")
	if !run("resume") || at.ByPassword() || at.Method != "link" || at.Session.ExpiresIn != time.Hour || len(at.Passed) != 1 || at.Passed[0] != "captcha" {
		t.Errorf("resumed: %+v", at)
	}
	var change kernia.Patch
	change.Put("email", ports.String("anna@example.com"))
	if _, err := s.auth.Users.Update(ctx, ann.ID, change); err != nil {
		t.Fatal(err)
	}
	if run("resume") {
		t.Error("the proof of an address counts after the address has changed")
	}
	var linked [2]kernia.Account
	for i, id := range []string{"1", "2"} {
		var err error
		if linked[i], err = s.auth.Accounts.Create(ctx, kernia.Account{UserID: ann.ID, ProviderID: "github", AccountID: id}); err != nil {
			t.Fatal(err)
		}
	}
	at = start
	at.Account = &linked[1]
	run("suspend")
	if !run("resume") || at.Account.ID != linked[1].ID || at.ByPassword() {
		t.Errorf("resumed with another account: %+v", at.Account)
	}
	if gone, err := s.auth.Accounts.Delete(ctx, linked[1]); err != nil || !gone {
		t.Fatal(gone, err)
	}
	if run("resume") {
		t.Error("the proof of an account counts after it was unlinked")
	}
}
