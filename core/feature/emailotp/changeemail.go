package emailotp

import (
	"context"

	kernia "github.com/kernia-go/kernia/core"
)

// declareChange adds the operations that change an address.
func (t *feature) declareChange(d *kernia.Declaration, opts ...kernia.Option) {
	opts = append(opts, kernia.Live, kernia.Errors(kernia.ErrInvalidEmail, ErrChangeEmail, ErrSameEmail))
	kernia.Post(d, "/email-otp/request-email-change", t.requestChange, append(opts, kernia.Errors(ErrCodeRequired))...)
	kernia.Post(d, "/email-otp/change-email", t.changeEmail, append(opts, kernia.Errors(kernia.ErrUserExists))...)
}

// RequestChangeInput is the new address.
type RequestChangeInput struct {
	NewEmail string                  `json:"newEmail"`
	OTP      kernia.Optional[string] `json:"otp"` // of the present mailbox, with ChangeEmail.VerifyCurrent
}

// RequestChange mails a code to the address that the user of kernia.As wants. The answer is the same where somebody else
// has it. Errors: kernia.ErrInvalidEmail, ErrChangeEmail, ErrSameEmail, kernia.ErrUnauthorized; with VerifyCurrent
// ErrCodeRequired, ErrCode, ErrExpired, ErrTries, kernia.ErrTooManyAttempts.
func RequestChange(ctx context.Context, auth *kernia.Auth, in RequestChangeInput) error {
	_, err := kernia.Invoke[Success](ctx, auth, "POST /email-otp/request-email-change", in)
	return err
}

func (t *feature) requestChange(ctx context.Context, c *kernia.Call, in RequestChangeInput) (Success, error) {
	p, to, err := t.changing(ctx, c, in.NewEmail)
	if err != nil {
		return Success{}, err
	}
	if t.ChangeEmail.VerifyCurrent {
		if in.OTP.Value == "" {
			return Success{}, ErrCodeRequired
		}
		if err := t.try(ctx, guess{purpose: forVerify, key: p.User.Email, code: in.OTP.Value}, nil); err != nil {
			return Success{}, err
		}
	}
	holder, err := t.auth.Users.FindByEmail(ctx, to)
	if err != nil {
		return Success{}, err
	}
	code, err := t.issue(ctx, forChange, p.User.ID, change(p, to))
	if err != nil || holder != nil { // the same work as for a free address, up to a code that nobody knows
		return Success{err == nil}, err
	}
	t.mail(ctx, c, forChange, to, code, p.User)
	return Success{true}, nil
}

// changing returns the caller and the address that they want.
func (t *feature) changing(ctx context.Context, c *kernia.Call, newEmail string) (*kernia.Principal, string, error) {
	if !t.ChangeEmail.Enabled {
		return nil, "", ErrChangeEmail
	}
	if !kernia.ValidEmail(newEmail) {
		return nil, "", kernia.ErrInvalidEmail
	}
	p, err := c.Session(ctx)
	if err != nil {
		return nil, "", err
	}
	to := kernia.NormalEmail(newEmail)
	if to == p.User.Email {
		return nil, "", ErrSameEmail
	}
	return p, to, nil
}

// change names a change from the present address of the user to another.
func change(p *kernia.Principal, to string) string { return p.User.Email + "\n" + to }

// ChangeInput is the new address, and the code that was mailed to it.
type ChangeInput struct {
	NewEmail string `json:"newEmail"`
	OTP      string `json:"otp"`
}

// Change gives the user of kernia.As the new address, which then counts as verified. Errors: kernia.ErrInvalidEmail,
// ErrChangeEmail, ErrSameEmail, ErrCode, ErrExpired, ErrTries, kernia.ErrTooManyAttempts, kernia.ErrUnauthorized,
// kernia.ErrUserExists where somebody took the address meanwhile.
func Change(ctx context.Context, auth *kernia.Auth, in ChangeInput) error {
	_, err := kernia.Invoke[Success](ctx, auth, "POST /email-otp/change-email", in)
	return err
}

func (t *feature) changeEmail(ctx context.Context, c *kernia.Call, in ChangeInput) (Success, error) {
	p, to, err := t.changing(ctx, c, in.NewEmail)
	if err != nil {
		return Success{}, err
	}
	if err := t.try(ctx, guess{purpose: forChange, key: p.User.ID, code: in.OTP, to: change(p, to)}, nil); err != nil {
		return Success{}, err
	}
	u, ok, err := t.auth.Users.ChangeEmail(ctx, p.User, to, true)
	if err != nil {
		return Success{}, err
	}
	if !ok {
		return Success{}, ErrCode
	}
	p.User = u
	c.Renew(p)
	return Success{true}, nil
}
