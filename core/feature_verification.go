package kernia

import (
	"context"

	"github.com/kernia-go/kernia/core/internal/secret"
)

// ErrEmailNotVerified is the answer to a right password whose user has not verified their e-mail address, where that is
// required.
var ErrEmailNotVerified = &Error{Kind: Denied, Code: "EMAIL_NOT_VERIFIED", Message: "Email not verified"}

// RequireVerification says that nobody signs in by a password before their e-mail address is verified. Sign-up then
// begins no session, and gives the same answer if the address is taken. The feature itself adds the interrupt.
func (d *Declaration) RequireVerification() { d.auth.verified = true }

// NeedsVerification reports whether some feature called RequireVerification.
func (a *Auth) NeedsVerification() bool { return a.verified }

// A Verifier asks a user for a proof that their e-mail address is theirs, usually by mailing a link. callbackURL is
// where the browser goes afterwards; "" means nowhere in particular.
type Verifier func(ctx context.Context, c *Call, u User, callbackURL string) error

// VerifyBy sets the feature's Verifier, for [Call.AskVerification]. One that replaces others counts whatever the order of
// features; of several alike, the last counts.
func (d *Declaration) VerifyBy(ask Verifier, replaces bool) {
	if d.auth.verifier == nil || replaces || !d.auth.replaces {
		d.auth.verifier, d.auth.replaces = ask, replaces
	}
}

// AskVerification asks the user to prove their e-mail address, by the Verifier of some feature. Without one it does
// nothing.
func (c *Call) AskVerification(ctx context.Context, u User, callbackURL string) error {
	if c.auth.verifier == nil {
		return nil
	}
	return c.auth.verifier(ctx, c, u, callbackURL)
}

// PretendVerification takes the steps of AskVerification for an address that must not show whether it waits for a proof:
// the Verifier runs for a user with this address and an id that nobody has, and no mail of the call is sent meanwhile.
func (c *Call) PretendVerification(ctx context.Context, address, callbackURL string) error {
	id, err := secret.Random32(c.auth.config.Random, Alphanumeric, 32)
	if err != nil {
		return err
	}
	c.silent = true
	defer func() { c.silent = false }()
	return c.AskVerification(ctx, User{ID: id, Email: address}, callbackURL)
}

// VerifyOnSignUp makes [Call.SignedUp] ask new users to prove their address.
func (d *Declaration) VerifyOnSignUp() { d.auth.greets = true }

// SignedUp is to be called for every user who has just signed up by themselves: if some feature wants it, and their
// address is not verified, they are asked to prove it.
func (c *Call) SignedUp(ctx context.Context, u User, callbackURL string) error {
	if !c.auth.greets || u.EmailVerified {
		return nil
	}
	return c.AskVerification(ctx, u, callbackURL)
}

// PretendedSignUp takes the steps of SignedUp for an address that was taken, and asks nobody.
func (c *Call) PretendedSignUp(ctx context.Context, address, callbackURL string) error {
	if !c.auth.greets {
		return nil
	}
	return c.PretendVerification(ctx, address, callbackURL)
}
