package emailotp

import (
	"context"

	kernia "github.com/kernia-go/kernia/core"
)

// SignInInput is an address and the code that was mailed to it. Name, Image and Fields are those of a new user.
type SignInInput struct {
	Email  string                  `json:"email"`
	OTP    string                  `json:"otp"`
	Name   kernia.Optional[string] `json:"name"`
	Image  kernia.Optional[string] `json:"image"`
	Fields kernia.FieldValues
}

// SignInOutput is the token of the session, and its user.
type SignInOutput struct {
	Token string      `json:"token"`
	User  kernia.User `json:"user"`
}

// SignIn begins a session for the user with the address, whom it creates if there is none. If the address was never
// verified before, passwords, accounts and sessions that somebody else may have set up with it are gone. Errors: ErrCode,
// ErrExpired, ErrTries, kernia.ErrTooManyAttempts, for a new user those of kernia.Users.Create, whatever a feature that
// interrupts the sign-in answers.
func SignIn(ctx context.Context, auth *kernia.Auth, in SignInInput) (SignInOutput, error) {
	return kernia.Invoke[SignInOutput](ctx, auth, "POST /sign-in/email-otp", in)
}

func (t *feature) signIn(ctx context.Context, c *kernia.Call, in SignInInput) (SignInOutput, error) {
	if !kernia.ValidEmail(in.Email) {
		return SignInOutput{}, ErrCode
	}
	if err := t.try(ctx, guess{purpose: forSignIn, key: kernia.NormalEmail(in.Email), code: in.OTP}, nil); err != nil {
		return SignInOutput{}, err
	}
	at := kernia.MailboxAttempt{Method: "email-otp", Email: in.Email, Wrong: ErrCode, New: func(u *kernia.User) error {
		u.Name = in.Name.Value
		if in.Image.Set {
			u.Image = &in.Image.Value
		}
		return t.auth.Users.SetFields(u, in.Fields)
	}}
	if t.DisableSignUp {
		at.Closed = ErrCode
	}
	s, u, _, err := c.SignInByMailbox(ctx, at)
	return SignInOutput{Token: s.Token, User: u}, err
}

// VerifyInput is an address and the code that was mailed to it.
type VerifyInput struct {
	Email string `json:"email"`
	OTP   string `json:"otp"`
}

// VerifyOutput is the user, and with Feature.AutoSignIn the token of a session.
type VerifyOutput struct {
	Status bool        `json:"status"`
	Token  *string     `json:"token"`
	User   kernia.User `json:"user"`
}

// Verify makes the address of a user a verified one. What the user has stays, passwords too. Errors: ErrCode, ErrExpired,
// ErrTries, kernia.ErrInvalidEmail, kernia.ErrTooManyAttempts.
func Verify(ctx context.Context, auth *kernia.Auth, in VerifyInput) (VerifyOutput, error) {
	return kernia.Invoke[VerifyOutput](ctx, auth, "POST /email-otp/verify-email", in)
}

func (t *feature) verify(ctx context.Context, c *kernia.Call, in VerifyInput) (VerifyOutput, error) {
	if !kernia.ValidEmail(in.Email) {
		return VerifyOutput{}, kernia.ErrInvalidEmail
	}
	if err := t.try(ctx, guess{purpose: forVerify, key: kernia.NormalEmail(in.Email), code: in.OTP}, nil); err != nil {
		return VerifyOutput{}, err
	}
	u, err := t.auth.Users.FindByEmail(ctx, in.Email)
	if err != nil {
		return VerifyOutput{}, err
	}
	if u == nil {
		return VerifyOutput{}, ErrCode
	}
	if !u.EmailVerified {
		now, first, err := t.auth.Users.Verify(ctx, *u)
		if err != nil {
			return VerifyOutput{}, err
		}
		if !first {
			return VerifyOutput{}, ErrCode // another proof was faster, or the address changed
		}
		u = &now
	}
	out := VerifyOutput{Status: true, User: *u}
	if !t.AutoSignIn {
		return out, nil
	}
	s, err := c.SignIn(ctx, kernia.Attempt{User: *u, Method: "email-otp"})
	out.Token = &s.Token
	return out, err
}
