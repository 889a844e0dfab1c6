package emailpassword_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/featuretest"
)

func TestFeature(t *testing.T) {
	featuretest.Run(t, emailpassword.Feature{}, slices.Concat(signingSamples(), passwordSamples(), resetSamples()))
}

const (
	ann     = `{"name":"Ann","email":"ann@example.com","password":"password123"}`
	annIn   = `{"email":"ann@example.com","password":"password123"}`
	long    = `"` + "pppppppppppppppppppppppppppppppppppppppppppppppppp" + "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" + `"`
	correct = `"currentPassword":"password123"`
)

// joined signs ann up.
func joined(s *featuretest.Stage) { s.Page.Post("/sign-up/email", ann) }

// guessed signs ann up and guesses her password wrong, too often.
func guessed(s *featuretest.Stage) {
	joined(s)
	guess(s)
}

func guess(s *featuretest.Stage) {
	for range 10 {
		s.Page.Post("/sign-in/email", strings.Replace(annIn, "password123", "password124", 1))
	}
}

// cutOff leaves of ann's sign-up what an outage does: a user without a session.
func cutOff(s *featuretest.Stage) {
	joined(s)
	u, err := s.Auth.Users.FindByEmail(s.Context(), "ann@example.com")
	if err == nil {
		err = s.Auth.Sessions.RevokeAll(s.Context(), u.ID)
	}
	if err != nil {
		s.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
}

func signingSamples() []featuretest.Sample {
	const up, in = "POST /sign-up/email", "POST /sign-in/email"
	closed := emailpassword.Feature{DisableSignUp: true}
	denied := func(cfg *kernia.Config) {
		cfg.Hooks.User.BeforeCreate = func(context.Context, *kernia.User) error { return errors.New("no") }
	}
	late := func(cfg *kernia.Config) {
		cfg.Hooks.User.AfterCreate = func(context.Context, kernia.User) error { return errors.New("no") }
	}
	badge := kernia.Field[*string]{Name: "badge", Input: true, Unique: true}
	badged := func(cfg *kernia.Config) { cfg.UserFields = []kernia.Extra{badge} }
	return []featuretest.Sample{
		{Operation: up, Input: ann},
		{Operation: up, Input: ann[:len(ann)-1] + `,"image":"https://example.com/ann.png","callbackURL":"/in","rememberMe":false}`},
		{Operation: up, Input: ann, Feature: emailpassword.Feature{DisableAutoSignIn: true}},
		{Operation: up, Input: ann, Feature: closed, Want: emailpassword.ErrSignUpDisabled},
		{Operation: up, Input: strings.Replace(ann, "password123", "passwor", 1), Want: kernia.ErrPasswordTooShort},
		{Operation: up, Input: strings.Replace(ann, `"password123"`, long, 1), Want: kernia.ErrPasswordTooLong},
		{Operation: up, Input: ann, Given: joined, Want: kernia.ErrUserExists},
		{Operation: up, Input: ann, Config: denied, Want: kernia.ErrCreateUser},
		{Operation: up, Input: ann, Config: late, Want: kernia.ErrUserUnfinished},
		{Operation: up, Input: ann, Given: cutOff},
		{Operation: up, Input: strings.Replace(ann, "password123", "password124", 1), Given: cutOff, Want: kernia.ErrUserExists},
		{Operation: up, Input: ann, Given: func(s *featuretest.Stage) { cutOff(s); guess(s) }, Want: kernia.ErrTooManyAttempts},
		{
			Operation: up, Input: ann[:len(ann)-1] + `,"badge":"7"}`, Config: badged, Want: kernia.ErrFieldTaken,
			Given: func(s *featuretest.Stage) {
				s.Page.Post("/sign-up/email", `{"name":"Bob","email":"bob@example.com","password":"password123","badge":"7"}`)
			},
		},
		{Operation: in, Input: annIn, Given: joined},
		{Operation: in, Input: annIn[:len(annIn)-1] + `,"callbackURL":"/in","rememberMe":false}`, Given: joined},
		{Operation: in, Input: annIn, Feature: emailpassword.Feature{Disabled: true}, Want: emailpassword.ErrDisabled},
		{Operation: in, Input: `{"email":"ann","password":"password123"}`, Want: kernia.ErrInvalidEmail},
		{Operation: in, Input: `{"email":"ann@example.com","password":` + long + `}`, Want: kernia.ErrPasswordTooLong},
		{Operation: in, Input: annIn, Want: emailpassword.ErrCredentials},
		{Operation: in, Input: annIn, Given: guessed, Want: kernia.ErrTooManyAttempts},
		{Operation: "POST /sign-out", Input: `{"callbackURL":"/out"}`, Given: joined},
	}
}

// known signs ann up and puts her id into the input.
func known(s *featuretest.Stage) {
	joined(s)
	u, err := s.Auth.Users.FindByEmail(s.Context(), "ann@example.com")
	if err != nil {
		s.Fatal(err)
	}
	s.Input = strings.Replace(s.Input, "ID", u.ID, 1)
}

func passwordSamples() []featuretest.Sample {
	const change, verify, set = "POST /change-password", "POST /verify-password", "emailpassword/replace-password"
	of := `{"userId":"ID","password":"password456"}`
	to := `{` + correct + `,"newPassword":"password456"}`
	return []featuretest.Sample{
		{Operation: change, Input: to, Given: joined},
		{Operation: change, Input: to[:len(to)-1] + `,"revokeOtherSessions":true}`, Given: joined},
		{Operation: change, Input: strings.Replace(to, "password456", "passwor", 1), Given: joined, Want: kernia.ErrPasswordTooShort},
		{Operation: change, Input: strings.Replace(to, `"password456"`, long, 1), Given: joined, Want: kernia.ErrPasswordTooLong},
		{Operation: change, Input: strings.Replace(to, "password123", "password124", 1), Given: joined, Want: emailpassword.ErrPassword},
		{Operation: change, Input: to, Want: emailpassword.ErrNoCredential},
		{Operation: change, Input: to, Given: guessed, Want: kernia.ErrTooManyAttempts},
		{Operation: verify, Input: `{"password":"password123"}`, Given: joined},
		{Operation: verify, Input: `{"password":"password124"}`, Given: joined, Want: emailpassword.ErrPassword},
		{Operation: verify, Input: `{"password":"password123"}`, Given: guessed, Want: kernia.ErrTooManyAttempts},
		{Operation: set, Input: of, Given: known},
		{Operation: set, Input: of, Want: kernia.ErrUserNotFound},
		{Operation: set, Input: strings.Replace(of, "password456", "passwor", 1), Given: known, Want: kernia.ErrPasswordTooShort},
		{Operation: set, Input: strings.Replace(of, `"password456"`, long, 1), Given: known, Want: kernia.ErrPasswordTooLong},
	}
}

// forgot signs ann up and puts the token of the link that she is mailed into the input.
func forgot(s *featuretest.Stage) {
	joined(s)
	s.Page.Post("/request-password-reset", `{"email":"ann@example.com","redirectTo":"/new"}`)
	s.Input = strings.Replace(s.Input, "TOKEN", s.Mail().Token, 1)
}

func resetSamples() []featuretest.Sample {
	const ask, alias, open, reset = "POST /request-password-reset", "POST /forget-password", "GET /reset-password/:token", "POST /reset-password"
	of, to := `{"email":"ann@example.com","redirectTo":"/new"}`, `{"newPassword":"password456","token":"TOKEN"}`
	silent := func(cfg *kernia.Config) { cfg.Mailer = nil }
	return []featuretest.Sample{
		{Operation: ask, Input: of, Given: joined},
		{Operation: ask, Input: of},
		{Operation: ask, Input: of, Config: silent, Want: emailpassword.ErrResetDisabled},
		{Operation: ask, Input: of, Feature: emailpassword.Feature{DisableReset: true}, Want: emailpassword.ErrResetDisabled},
		{Operation: alias, Input: of, Given: joined},
		{Operation: alias, Input: of, Config: silent, Want: emailpassword.ErrResetDisabled},
		{Operation: open, Input: `{"token":"TOKEN","callbackURL":"/new"}`, Given: forgot},
		{Operation: open, Input: `{"token":"none","callbackURL":"/new"}`},
		{Operation: open, Input: `{"token":"none","callbackURL":""}`},
		{Operation: reset, Input: to, Given: forgot},
		{Operation: reset, Input: to, Want: emailpassword.ErrToken},
		{Operation: reset, Input: strings.Replace(to, "password456", "passwor", 1), Given: forgot, Want: kernia.ErrPasswordTooShort},
		{Operation: reset, Input: strings.Replace(to, `"password456"`, long, 1), Given: forgot, Want: kernia.ErrPasswordTooLong},
	}
}
