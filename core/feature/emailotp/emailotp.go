// Package emailotp lets users sign in, verify or change their address and replace a forgotten password by a code that is
// mailed to them. Give its Feature to kernia.New, with a kernia.Config.Mailer.
package emailotp

import (
	"context"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Feature are codes by mail. Its zero value has Better Auth's defaults: 6 digits, five minutes and three wrong guesses a
// code, and sign-in makes a user of whoever has the mailbox.
type Feature struct {
	Digits        int           // of a code, 6 to 10; 0 means 6
	ExpiresIn     time.Duration // how long a code counts; 0 means five minutes
	Attempts      int           // how many wrong guesses a code bears, 1 to 10; 0 means 3
	DisableSignUp bool          // only users who exist are mailed a code to sign in

	Replaces     bool // a code takes the place of the link that verifies an address
	SendOnSignUp bool // a new user is mailed a code; this implies Replaces
	AutoSignIn   bool // the code that verifies an address signs in

	KeepSessions bool // a reset of the password ends no session; otherwise it ends all of the user's
	// AfterReset runs after a reset; its error is the answer, and the new password stays. Nil: nothing runs.
	AfterReset func(ctx context.Context, u kernia.User) error

	ChangeEmail ChangeEmail
}

// ChangeEmail says how users change their address by a code. The zero value lets nobody change it.
type ChangeEmail struct {
	Enabled bool
	// VerifyCurrent asks for a code from the present mailbox too: that of Send with the type "email-verification".
	VerifyCurrent bool
}

// The errors of the feature.
var (
	ErrCode         = &kernia.Error{Kind: kernia.Invalid, Code: "INVALID_OTP", Message: "Invalid OTP"}
	ErrExpired      = &kernia.Error{Kind: kernia.Invalid, Code: "OTP_EXPIRED", Message: "OTP expired"}
	ErrTries        = &kernia.Error{Kind: kernia.Denied, Code: "TOO_MANY_ATTEMPTS", Message: "Too many attempts"}
	ErrType         = &kernia.Error{Kind: kernia.Invalid, Message: "Invalid OTP type"}
	ErrChangeEmail  = &kernia.Error{Kind: kernia.Invalid, Message: "Change email with OTP is disabled"}
	ErrSameEmail    = &kernia.Error{Kind: kernia.Invalid, Message: "Email is the same"}
	ErrCodeRequired = &kernia.Error{Kind: kernia.Invalid, Message: "OTP is required to verify current email"}
)

// feature is a Feature with its handles.
type feature struct {
	Feature
	auth    *kernia.Auth
	clock   ports.Clock
	codes   map[string]*kernia.OneTime[sent] // by purpose
	guesses *kernia.Throttle
}

// Declare adds the operations.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("emailotp")
	d.NeedsMailer()
	if f.Digits == 0 {
		f.Digits = 6
	}
	if f.ExpiresIn == 0 {
		f.ExpiresIn = 5 * time.Minute
	}
	if f.Attempts == 0 {
		f.Attempts = 3
	}
	if f.Digits < 6 || f.Digits > 10 || f.Attempts < 1 || f.Attempts > maxGuesses {
		d.Fail(fmt.Errorf("codes of %d digits with %d guesses can be guessed: want 6 to 10 and 1 to %d", f.Digits, f.Attempts, maxGuesses))
	}
	t := &feature{Feature: f, auth: d.Auth(), clock: d.Clock()}
	t.declareCodes(d)
	if f.Replaces || f.SendOnSignUp {
		d.VerifyBy(t.ask, true)
	}
	if f.SendOnSignUp {
		d.VerifyOnSignUp()
	}
	slow := kernia.Limit(3, time.Minute)
	wrong := kernia.Errors(ErrCode, ErrExpired, ErrTries, kernia.ErrTooManyAttempts)
	kernia.Post(d, "/email-otp/send-verification-otp", t.send, slow, kernia.SignsIn(), kernia.Errors(ErrType, kernia.ErrInvalidEmail))
	kernia.Post(d, "/email-otp/check-verification-otp", t.check, slow, wrong, kernia.Errors(ErrType, kernia.ErrInvalidEmail))
	kernia.Post(d, "/sign-in/email-otp", t.signIn, slow, wrong, kernia.SignsIn())
	kernia.Post(d, "/email-otp/verify-email", t.verify, slow, wrong, kernia.Errors(kernia.ErrInvalidEmail))
	t.declareReset(d, slow, wrong)
	t.declareChange(d, slow, wrong)
}

// Success says that it is done.
type Success struct {
	Success bool `json:"success"`
}

// SendInput says to whom a code is mailed, and what for.
type SendInput struct {
	Email string `json:"email"`
	Type  string `json:"type" in:"oneof=email-verification|sign-in|forget-password|change-email"` // the last is ErrType
}

// Send mails a code. It does not tell whether somebody has the address. An older code for the same purpose is then worth
// nothing. Errors: kernia.ErrInvalidEmail, ErrType.
func Send(ctx context.Context, auth *kernia.Auth, in SendInput) error {
	_, err := kernia.Invoke[Success](ctx, auth, "POST /email-otp/send-verification-otp", in)
	return err
}

func (t *feature) send(ctx context.Context, c *kernia.Call, in SendInput) (Success, error) {
	switch {
	case !kernia.ValidEmail(in.Email):
		return Success{}, kernia.ErrInvalidEmail
	case in.Type == forChange:
		return Success{}, ErrType
	}
	return Success{true}, t.sendTo(ctx, c, in.Type, in.Email)
}

// sendTo mails a code to an address. Somebody who gets no mail takes the same steps, up to a code that nobody knows.
func (t *feature) sendTo(ctx context.Context, c *kernia.Call, purpose, email string) error {
	email = kernia.NormalEmail(email)
	u, err := t.auth.Users.FindByEmail(ctx, email)
	if err != nil {
		return err
	}
	code, err := t.issue(ctx, purpose, email, "")
	if err != nil {
		return err
	}
	if u == nil {
		if purpose != forSignIn || t.DisableSignUp {
			return nil
		}
		u = &kernia.User{}
	}
	t.mail(ctx, c, purpose, email, code, *u)
	return nil
}

// ask mails a user the code that verifies their address.
func (t *feature) ask(ctx context.Context, c *kernia.Call, u kernia.User, _ string) error {
	code, err := t.issue(ctx, forVerify, u.Email, "")
	if err != nil {
		return err
	}
	t.mail(ctx, c, forVerify, u.Email, code, u)
	return nil
}

// CheckInput is a code and what it is for.
type CheckInput struct {
	Email string `json:"email"`
	Type  string `json:"type" in:"oneof=email-verification|sign-in|forget-password|change-email"` // the last is ErrType
	OTP   string `json:"otp"`
}

// Check reports by its error whether a code is right, and does not use it up; a wrong one counts as a guess. Errors:
// ErrCode, ErrExpired, ErrTries, ErrType, kernia.ErrInvalidEmail, kernia.ErrTooManyAttempts.
func Check(ctx context.Context, auth *kernia.Auth, in CheckInput) error {
	_, err := kernia.Invoke[Success](ctx, auth, "POST /email-otp/check-verification-otp", in)
	return err
}

func (t *feature) check(ctx context.Context, _ *kernia.Call, in CheckInput) (Success, error) {
	switch {
	case !kernia.ValidEmail(in.Email):
		return Success{}, kernia.ErrInvalidEmail
	case in.Type == forChange:
		return Success{}, ErrType
	}
	err := t.try(ctx, guess{purpose: in.Type, key: kernia.NormalEmail(in.Email), code: in.OTP, keep: true}, nil)
	return Success{err == nil}, err
}
