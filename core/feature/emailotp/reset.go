package emailotp

import (
	"context"

	kernia "github.com/kernia-go/kernia/core"
)

// declareReset adds the operations of a forgotten password.
func (t *feature) declareReset(d *kernia.Declaration, opts ...kernia.Option) {
	slow := opts[0]
	kernia.Post(d, "/email-otp/request-password-reset", t.requestReset, slow)
	kernia.Post(d, "/forget-password/email-otp", t.requestReset, slow)
	kernia.Post(d, "/email-otp/reset-password", t.reset, append(opts, kernia.Errors(
		kernia.ErrInvalidEmail, kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong))...)
}

// RequestResetInput is the address of an account whose password is forgotten.
type RequestResetInput struct {
	Email string `json:"email" in:"email"`
}

// RequestReset mails a code to set a new password, if the address is a user's; it does not tell whether it is.
func RequestReset(ctx context.Context, auth *kernia.Auth, in RequestResetInput) error {
	_, err := kernia.Invoke[Success](ctx, auth, "POST /email-otp/request-password-reset", in)
	return err
}

func (t *feature) requestReset(ctx context.Context, c *kernia.Call, in RequestResetInput) (Success, error) {
	return Success{true}, t.sendTo(ctx, c, forReset, in.Email)
}

// ResetInput is a new password, and the code that was mailed.
type ResetInput struct {
	Email    string `json:"email"`
	OTP      string `json:"otp"`
	Password string `json:"password" in:"max=1048576"`
}

// Reset sets the password of the user with the address. Their sessions end, and an address that was never verified is:
// other passwords and accounts, which somebody else may have set, are gone. A password that is refused leaves the code as
// it is. Errors: ErrCode, ErrExpired, ErrTries, kernia.ErrInvalidEmail, kernia.ErrTooManyAttempts,
// kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong.
func Reset(ctx context.Context, auth *kernia.Auth, in ResetInput) error {
	_, err := kernia.Invoke[Success](ctx, auth, "POST /email-otp/reset-password", in)
	return err
}

func (t *feature) reset(ctx context.Context, _ *kernia.Call, in ResetInput) (Success, error) {
	if !kernia.ValidEmail(in.Email) {
		return Success{}, kernia.ErrInvalidEmail
	}
	if err := t.auth.Accounts.CheckLength(in.Password); err != nil {
		return Success{}, err
	}
	var hash string
	err := t.try(ctx, guess{purpose: forReset, key: kernia.NormalEmail(in.Email), code: in.OTP}, func() (err error) {
		hash, err = t.auth.Accounts.NewPassword(ctx, in.Password)
		return err
	})
	if err != nil {
		return Success{}, err
	}
	u, err := t.auth.Users.FindByEmail(ctx, in.Email)
	if err != nil {
		return Success{}, err
	}
	if u == nil {
		return Success{}, ErrCode
	}
	if *u, err = t.auth.Users.Reclaim(ctx, *u); err != nil {
		return Success{}, err
	}
	if err := t.auth.Accounts.SetPassword(ctx, u.ID, hash, t.KeepSessions); err != nil {
		return Success{}, err
	}
	if t.AfterReset != nil {
		if err := t.AfterReset(ctx, *u); err != nil {
			return Success{}, err
		}
	}
	return Success{true}, nil
}
