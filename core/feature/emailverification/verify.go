package emailverification

import (
	"context"
	"errors"
	"fmt"

	kernia "github.com/kernia-go/kernia/core"
)

// VerifyInput is the token of a mailed link.
type VerifyInput struct {
	Token       string                  `json:"token" in:"query"`
	CallbackURL kernia.Optional[string] `json:"callbackURL" in:"query"`
}

// VerifyOutput says that the link did what it is for. User is the user with their new address, where it changed.
type VerifyOutput struct {
	Status bool         `json:"status"`
	User   *kernia.User `json:"user"`
}

// Verify does what a mailed link is for: it verifies the address of a user, or takes their change of the address a step
// further. Each works once. Errors: ErrToken, ErrTokenExpired, ErrUserNotFound, ErrUser where kernia.As is somebody else,
// kernia.ErrUserExists for a new address that is taken by now.
func Verify(ctx context.Context, auth *kernia.Auth, token string) (VerifyOutput, error) {
	return kernia.Invoke[VerifyOutput](ctx, auth, "GET /verify-email", VerifyInput{Token: token})
}

func (t *feature) verify(ctx context.Context, c *kernia.Call, in VerifyInput) (VerifyOutput, error) {
	to := in.CallbackURL.Value
	out, err := t.follow(ctx, c, in.Token, to)
	if e, ok := errors.AsType[*kernia.Error](err); ok && e.Code != "" && e.Kind.Status() < 500 && c.RedirectError(to, e) {
		return VerifyOutput{}, nil
	}
	if err == nil && to != "" {
		c.Redirect(to)
	}
	return out, err
}

func (t *feature) follow(ctx context.Context, c *kernia.Call, token, callbackURL string) (VerifyOutput, error) {
	var l link
	switch err := t.links.Open(token, &l); {
	case errors.Is(err, kernia.ErrTokenExpired):
		return VerifyOutput{}, ErrTokenExpired
	case err != nil || l.Email == "" || (l.NewOne == "") != (l.For == ""):
		return VerifyOutput{}, ErrToken
	}
	u, err := c.Auth().Users.FindByEmail(ctx, l.Email)
	if err != nil {
		return VerifyOutput{}, err
	}
	if u == nil || l.UserID != "" && u.ID != l.UserID {
		return VerifyOutput{}, ErrUserNotFound
	}
	switch l.For {
	case "":
		return VerifyOutput{Status: true}, t.verified(ctx, c, *u)
	case confirms:
		return VerifyOutput{Status: true}, t.confirmed(ctx, c, *u, l, callbackURL)
	case changes:
		return t.changed(ctx, c, *u, l)
	}
	return VerifyOutput{}, ErrToken
}

// verified makes the address of the user a verified one. A link that comes second changes nothing and signs nobody in.
func (t *feature) verified(ctx context.Context, c *kernia.Call, u kernia.User) error {
	if u.EmailVerified {
		return nil
	}
	if t.BeforeVerify != nil {
		if err := t.BeforeVerify(ctx, u); err != nil {
			return err
		}
	}
	u, first, err := c.Auth().Users.Verify(ctx, u)
	if err != nil || !first {
		return err
	}
	if t.AfterVerify != nil {
		if err := t.AfterVerify(ctx, u); err != nil {
			return err
		}
	}
	p, err := c.Principal(ctx)
	switch {
	case err != nil:
		return err
	case p != nil && p.User.ID == u.ID:
		p.User = u
		c.Renew(p)
	case t.AutoSignIn:
		_, err = c.SignIn(ctx, kernia.Attempt{User: u, Method: "email-verification"})
	}
	return err
}

// caller returns who is signed in, or nil; ErrUser where it is somebody else than the user of the link.
func caller(ctx context.Context, c *kernia.Call, u kernia.User) (*kernia.Principal, error) {
	p, err := c.Principal(ctx)
	if err == nil && p != nil && p.User.ID != u.ID {
		return nil, ErrUser
	}
	return p, err
}

// confirmed mails the link for the new address, now that the holder of the old one agrees.
func (t *feature) confirmed(ctx context.Context, c *kernia.Call, u kernia.User, l link, callbackURL string) error {
	if !t.ChangeEmail.Enabled {
		return ErrToken
	}
	if _, err := caller(ctx, c, u); err != nil {
		return err
	}
	first, err := t.spent.Claim(ctx, fmt.Sprintf("%s %s %d", l.UserID, l.NewOne, l.Issued))
	if err != nil || !first { // the second mail is on its way already
		return err
	}
	l.For, l.Issued = changes, 0
	return t.mail(ctx, c, u, l, callbackURL)
}

// changed gives the user the new address. The store compares the old one in the same step, so that of several links one
// works.
func (t *feature) changed(ctx context.Context, c *kernia.Call, u kernia.User, l link) (VerifyOutput, error) {
	if !t.ChangeEmail.Enabled {
		return VerifyOutput{}, ErrToken
	}
	p, err := caller(ctx, c, u)
	if err != nil {
		return VerifyOutput{}, err
	}
	u, ok, err := c.Auth().Users.ChangeEmail(ctx, u, l.NewOne, u.EmailVerified)
	if err != nil {
		return VerifyOutput{}, err
	}
	if !ok {
		return VerifyOutput{}, ErrUserNotFound
	}
	if p != nil {
		p.User = u
		c.Renew(p)
	}
	return VerifyOutput{Status: true, User: &u}, nil
}
