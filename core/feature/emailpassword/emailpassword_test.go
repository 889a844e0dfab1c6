package emailpassword_test

import (
	"errors"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

func join(t *testing.T, auth *kernia.Auth, email, password string) (emailpassword.SignUpOutput, error) {
	t.Helper()
	return emailpassword.SignUp(t.Context(), auth, emailpassword.SignUpInput{Name: "Ann", Email: email, Password: password})
}

func TestSignUp(t *testing.T) {
	for _, test := range []struct {
		name            string
		feature         emailpassword.Feature
		email, password string
		want            error
	}{
		{"as recommended", emailpassword.Feature{}, "ann@example.com", "password", nil},
		{"short", emailpassword.Feature{}, "ann@example.com", "passwor", kernia.ErrPasswordTooShort},
		{"long", emailpassword.Feature{}, "ann@example.com", strings.Repeat("p", 129), kernia.ErrPasswordTooLong},
		{"just as long", emailpassword.Feature{}, "ann@example.com", strings.Repeat("p", 128), nil},
		{"counted as JavaScript does", emailpassword.Feature{}, "ann@example.com", "😀😀😀😀", nil},
		{"own bounds", emailpassword.Feature{MinLength: 3, MaxLength: 4}, "ann@example.com", "pass", nil},
		{"over own bounds", emailpassword.Feature{MinLength: 3, MaxLength: 4}, "ann@example.com", "passw", kernia.ErrPasswordTooLong},
		{"closed", emailpassword.Feature{DisableSignUp: true}, "ann@example.com", "password", emailpassword.ErrSignUpDisabled},
		{"off", emailpassword.Feature{Disabled: true}, "ann@example.com", "password", emailpassword.ErrSignUpDisabled},
	} {
		t.Run(test.name, func(t *testing.T) {
			auth := kerniatest.New(t, kernia.Config{}, test.feature)
			out, err := join(t, auth, test.email, test.password)
			if test.want == nil && err != nil || test.want != nil && !errors.Is(err, test.want) {
				t.Fatalf("SignUp = %v, want %v", err, test.want)
			}
			if (err == nil) != (out.Token != nil) {
				t.Errorf("token = %v", out.Token)
			}
		})
	}
}

func TestSignUpChecksItsInput(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	for _, email := range []string{"", "ann", "a@b", "a@x,b@y.com", "ann@example.com ", "ann@ｅxample.com", "a\x00@example.com"} {
		if _, err := join(t, auth, email, "password123"); err == nil {
			t.Errorf("SignUp with %q succeeds", email)
		}
	}
}

func TestGenericSignUp(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{DisableAutoSignIn: true})
	first, err := join(t, auth, "ann@example.com", "password123")
	if err != nil || first.Token != nil {
		t.Fatalf("SignUp = %+v, %v", first, err)
	}
	again, err := join(t, auth, "ANN@example.com", "password456")
	if err != nil || again.Token != nil || again.User.ID == first.User.ID || again.User.Email != first.User.Email {
		t.Errorf("SignUp with a taken address = %+v, %v, want what a free one gives", again, err)
	}
	if n, err := auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 1 || err != nil {
		t.Errorf("%d users, %v", n, err)
	}
	if _, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password456"}); !errors.Is(err, emailpassword.ErrCredentials) {
		t.Errorf("the second sign-up changed the password: %v", err)
	}
}

func TestSignIn(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	if _, err := join(t, auth, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	kerniatest.SignIn(t, auth, "nopassword@example.com")
	for _, test := range []struct {
		email, password string
		want            error
	}{
		{"ann@example.com", "password123", nil},
		{"ANN@example.COM", "password123", nil},
		{"ann@example.com", "password124", emailpassword.ErrCredentials},
		{"ann@example.com", "", emailpassword.ErrCredentials},
		{"bob@example.com", "password123", emailpassword.ErrCredentials},
		{"nopassword@example.com", "", emailpassword.ErrCredentials},
		{"ann", "password123", kernia.ErrInvalidEmail},
		{"ann@example.com", strings.Repeat("p", 129), kernia.ErrPasswordTooLong},
	} {
		out, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: test.email, Password: test.password})
		if test.want == nil && err != nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("SignIn(%q, %q) = %v, want %v", test.email, test.password, err, test.want)
		}
		if (err == nil) != (out.Token != "") {
			t.Errorf("SignIn(%q) gives token %q", test.email, out.Token)
		}
	}
}

func TestSignOut(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	c := kerniatest.SignIn(t, auth, "ann@example.com")
	other := kerniatest.SignIn(t, auth, "ann@example.com")
	if err := emailpassword.SignOut(kernia.As(t.Context(), c.Session.Token), auth); err != nil {
		t.Fatal(err)
	}
	for token, live := range map[string]bool{c.Session.Token: false, other.Session.Token: true} {
		if p, err := auth.Verify(t.Context(), token); err != nil || (p != nil) != live {
			t.Errorf("Verify = %v, %v, want live: %v", p, err, live)
		}
	}
	if err := emailpassword.SignOut(t.Context(), auth); err != nil {
		t.Errorf("SignOut of nobody = %v", err)
	}
}

func TestChangePassword(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	out, err := join(t, auth, "ann@example.com", "password123")
	if err != nil {
		t.Fatal(err)
	}
	other := kerniatest.SignIn(t, auth, "ann@example.com")
	as := kernia.As(t.Context(), *out.Token)
	change := func(from, to string, revoke bool) error {
		_, err := emailpassword.ChangePassword(as, auth, emailpassword.ChangePasswordInput{CurrentPassword: from, NewPassword: to, RevokeOtherSessions: kernia.Some(revoke)})
		return err
	}
	if err := change("wrong-one", "password456", true); !errors.Is(err, emailpassword.ErrPassword) {
		t.Errorf("with a wrong password = %v", err)
	}
	if err := change("password123", "short", false); !errors.Is(err, kernia.ErrPasswordTooShort) {
		t.Errorf("to a short password = %v", err)
	}
	if err := change("password123", "password456", false); err != nil {
		t.Fatal(err)
	}
	if p, err := auth.Verify(t.Context(), other.Session.Token); p == nil || err != nil {
		t.Errorf("the other session ended: %v, %v", p, err)
	}
	if err := emailpassword.VerifyPassword(as, auth, "password456"); err != nil {
		t.Errorf("VerifyPassword = %v", err)
	}
	if err := emailpassword.VerifyPassword(as, auth, "password123"); !errors.Is(err, emailpassword.ErrPassword) {
		t.Errorf("VerifyPassword of the old one = %v", err)
	}
	if err := emailpassword.VerifyPassword(t.Context(), auth, "password456"); !errors.Is(err, kernia.ErrUnauthorized) {
		t.Errorf("VerifyPassword of nobody = %v", err)
	}
	none := kerniatest.SignIn(t, auth, "bob@example.com")
	if _, err := emailpassword.ChangePassword(kernia.As(t.Context(), none.Session.Token), auth, emailpassword.ChangePasswordInput{
		CurrentPassword: "password123", NewPassword: "password456",
	}); !errors.Is(err, emailpassword.ErrNoCredential) {
		t.Errorf("ChangePassword without one = %v", err)
	}
}

// TestRenewsOldHash: a password kept in an older form is kept in the current one after sign-in.
func TestRenewsOldHash(t *testing.T) {
	store := memory.New()
	old := kerniatest.New(t, kernia.Config{Store: store, Hasher: kernia.Scrypt()}, emailpassword.Feature{})
	if _, err := join(t, old, "ann@example.com", "password123"); err != nil {
		t.Fatal(err)
	}
	auth := kerniatest.New(t, kernia.Config{Store: store, Hasher: kernia.Argon2id()}, emailpassword.Feature{})
	for _, want := range []string{":", "$argon2id$"} {
		found, err := auth.Accounts.FindCredential(t.Context(), "ann@example.com")
		if err != nil || !strings.Contains(found.Account.Password, want) {
			t.Fatalf("stored form = %v, %v, want it to have %q", found, err, want)
		}
		if _, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password123"}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAbsentFeature(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{})
	if _, err := join(t, auth, "ann@example.com", "password123"); !errors.Is(err, kernia.ErrUnknownOperation) || !strings.Contains(err.Error(), "/sign-up/email") {
		t.Errorf("SignUp = %v, want an error that names the operation", err)
	}
}

func BenchmarkSignIn(b *testing.B) {
	auth := kerniatest.New(b, kernia.Config{}, emailpassword.Feature{}) // with a hasher that costs nothing
	ctx := b.Context()
	if _, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "password123"}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password123"}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestLengths(t *testing.T) {
	for _, f := range []emailpassword.Feature{{MinLength: -1}, {MinLength: 129}, {MinLength: 20, MaxLength: 10}, {MaxLength: 5000}} {
		if _, err := kernia.New(kernia.Config{BaseURL: kerniatest.BaseURL, Secret: kerniatest.Secret, Store: memory.New()}, f); err == nil {
			t.Errorf("New takes %+v", f)
		}
	}
}
