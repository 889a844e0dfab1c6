package emailverification

import (
	"context"
	"errors"

	kernia "github.com/kernia-go/kernia/core"
)

// ChangeEmailInput is the new address.
type ChangeEmailInput struct {
	NewEmail    string                  `json:"newEmail" in:"email"`
	CallbackURL kernia.Optional[string] `json:"callbackURL"` // where the links lead; absent means "/"
}

// Change begins the change of the e-mail address of the user of kernia.As: it mails the link that the next step needs. The
// answer is the same where somebody else has the new address. Errors: ErrChangeEmail, ErrSameEmail,
// kernia.ErrUnauthorized.
func Change(ctx context.Context, auth *kernia.Auth, in ChangeEmailInput) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, "POST /change-email", in)
	return err
}

func (t *feature) changeEmail(ctx context.Context, c *kernia.Call, in ChangeEmailInput) (kernia.Status, error) {
	if !t.ChangeEmail.Enabled {
		return kernia.Status{}, ErrChangeEmail
	}
	p, err := c.Session(ctx)
	if err != nil {
		return kernia.Status{}, err
	}
	to := kernia.NormalEmail(in.NewEmail)
	if to == p.User.Email {
		return kernia.Status{}, ErrSameEmail
	}
	holder, err := c.Auth().Users.FindByEmail(ctx, to)
	if err != nil {
		return kernia.Status{}, err
	}
	done := kernia.Status{Status: true}
	if holder != nil {
		_, _, err := t.url(c, link{Email: p.User.Email, NewOne: to, For: changes, UserID: p.User.ID}, in.CallbackURL.Value)
		return done, err // the same work as for a free address
	}
	return done, t.begin(ctx, c, p, to, in.CallbackURL.Value)
}

// begin takes the first step of a change to a free address.
func (t *feature) begin(ctx context.Context, c *kernia.Call, p *kernia.Principal, to, callbackURL string) error {
	u := p.User
	if !u.EmailVerified && t.ChangeEmail.WithoutProof {
		changed, ok, err := c.Auth().Users.ChangeEmail(ctx, u, to, false)
		if errors.Is(err, kernia.ErrUserExists) || err == nil && !ok {
			return nil // somebody was faster
		}
		if err != nil {
			return err
		}
		p.User = changed
		c.Renew(p)
		return c.AskVerification(ctx, changed, callbackURL)
	}
	l := link{Email: u.Email, NewOne: to, For: changes, UserID: u.ID}
	if u.EmailVerified && t.ChangeEmail.Confirm {
		l.For = confirms
	}
	return t.mail(ctx, c, u, l, callbackURL)
}
