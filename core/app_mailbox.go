package kernia

import (
	"context"

	"github.com/kernia-go/kernia/ports"
)

// Verify marks the user's e-mail address as verified, in one step with a check that it is still u.Email and was not
// verified before. first is false where it was, or where the user or the address is gone; nothing is then changed. Of
// any number of callers at once, first is true for one. The user's hooks run around the change.
func (users Users) Verify(ctx context.Context, u User) (verified User, first bool, err error) {
	var change Patch
	change.Put("emailVerified", ports.Bool(true))
	when := condition{}.is("email", ports.String(u.Email)).is("emailVerified", ports.Bool(false))
	verified, first, err = users.change(ctx, u.ID, change, when)
	if first {
		users.auth.trail.add(ctx, Event{Type: "email.verified", UserID: u.ID})
	}
	return verified, first, err
}

// ChangeEmail replaces the user's e-mail address, in one step with a check that it is still u.Email. ok is false where it
// is not. Errors: ErrUserExists for an address that is taken, ErrInvalidEmail, the hooks' own.
func (users Users) ChangeEmail(ctx context.Context, u User, to string, verified bool) (changed User, ok bool, err error) {
	var change Patch
	change.Email(to, verified)
	changed, ok, err = users.change(ctx, u.ID, change, condition{}.is("email", ports.String(u.Email)))
	if ok {
		users.auth.trail.add(ctx, Event{Type: "email.changed", UserID: u.ID})
	}
	return changed, ok, err
}

// Reclaim is Verify for a proof of the mailbox that signs in or sets a password by itself: a magic link, a code, a reset.
// Where the address was not verified before, somebody else may have signed up with it. Their password, other accounts
// and sessions end before the address counts as verified.
func (users Users) Reclaim(ctx context.Context, u User) (User, error) {
	a := users.auth
	if u.EmailVerified {
		return u, nil
	}
	accounts, err := a.Accounts.List(ctx, u.ID)
	if err != nil {
		return u, err
	}
	for _, account := range accounts {
		if _, err := a.Accounts.Delete(ctx, account); err != nil {
			return u, err
		}
	}
	if err := a.Sessions.RevokeAll(ctx, u.ID); err != nil {
		return u, err
	}
	now, first, err := users.Verify(ctx, u)
	if err != nil || first {
		return now, err
	}
	return u, ErrUnauthorized // the address or the user changed meanwhile, or another proof was faster
}
