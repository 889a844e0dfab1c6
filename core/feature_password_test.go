package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

func TestLength(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 2, "😀": 2, "\xff": 1} {
		if got := kernia.Length(s); got != want {
			t.Errorf("Length(%q) = %d, want %d", s, got, want)
		}
	}
}

// The bounds of one feature hold for all, and 8 to 128 where no feature has any.
func TestPasswordLength(t *testing.T) {
	for _, test := range []struct {
		features    []kernia.Feature
		least, most int
	}{
		{nil, 8, 128},
		{[]kernia.Feature{emailpassword.Feature{MinLength: 3, MaxLength: 5}}, 3, 5},
	} {
		auth := kerniatest.New(t, kernia.Config{}, test.features...)
		for n, want := range map[int]error{
			test.least - 1: kernia.ErrPasswordTooShort, test.least: nil, test.most: nil, test.most + 1: kernia.ErrPasswordTooLong,
		} {
			password := strings.Repeat("x", n)
			if err := auth.Accounts.CheckLength(password); !errors.Is(err, want) {
				t.Errorf("CheckLength of %d characters = %v, want %v", n, err, want)
			}
			if want == kernia.ErrPasswordTooShort {
				want = nil // users may have chosen it under other bounds
			}
			if _, err := auth.Accounts.CheckPassword(t.Context(), kernia.Guess{Name: "ann", Password: password}); !errors.Is(err, want) {
				t.Errorf("CheckPassword of %d characters = %v, want %v", n, err, want)
			}
		}
	}
}

// TestF04_PretendsWhatHooksMake: a user who is not created looks as one who is, changed by hooks as well.
func TestF04_PretendsWhatHooksMake(t *testing.T) {
	hooks := kernia.Hooks{User: kernia.UserHooks{BeforeCreate: func(_ context.Context, u *kernia.User) error {
		u.Name = strings.ToUpper(u.Name)
		return nil
	}}}
	auth := kerniatest.New(t, kernia.Config{Hooks: hooks}, emailpassword.Feature{DisableAutoSignIn: true})
	for range 2 {
		out, err := emailpassword.SignUp(t.Context(), auth, emailpassword.SignUpInput{Name: "Ann", Email: "Ann@example.com", Password: "password123"})
		if err != nil || out.User.Name != "ANN" || out.User.Email != "ann@example.com" || len(out.User.ID) != 32 {
			t.Errorf("SignUp = %+v, %v, want ANN", out.User, err)
		}
	}
}
