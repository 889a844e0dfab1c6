package kernia

import (
	"context"
	"errors"
)

// A MailboxAttempt is a sign-in by a proof of a mailbox, such as a link or a code that was mailed to it.
type MailboxAttempt struct {
	Method string // as in Attempt
	Email  string // the address whose mailbox was proved
	Closed *Error // the answer where nobody has the address; nil: a user is created
	Wrong  *Error // the answer where the address has just lost its user
	// New fills in a user who is created. Nil: nothing but the address.
	New func(u *User) error
}

// SignInByMailbox begins a session for the user with the address by [Call.SignIn]. Where nobody has it, a user is created,
// whose address is verified. If it was never verified before, what was set up with it ends, see [Users.Reclaim]. Errors:
// Closed, Wrong, those of New, [Users.Create], Reclaim and SignIn.
func (c *Call) SignInByMailbox(ctx context.Context, at MailboxAttempt) (s Session, u User, created bool, err error) {
	u, created, err = c.ofMailbox(ctx, at)
	if err != nil {
		return Session{}, User{}, false, err
	}
	attempt := Attempt{User: u, Method: at.Method}
	if created {
		s, err = c.SignInNew(ctx, attempt)
	} else {
		s, err = c.SignIn(ctx, attempt)
	}
	return s, u, created, err
}

// ofMailbox returns the user with the address of the attempt, whom it creates if there is none.
func (c *Call) ofMailbox(ctx context.Context, at MailboxAttempt) (u User, created bool, err error) {
	users := c.auth.Users
	found, err := users.FindByEmail(ctx, at.Email)
	if err != nil {
		return User{}, false, err
	}
	if found == nil && at.Closed != nil {
		return User{}, false, at.Closed
	}
	if found == nil {
		u = users.New(ctx)
		u.Email, u.EmailVerified = at.Email, true
		if at.New != nil {
			if err := at.New(&u); err != nil {
				return User{}, false, err
			}
		}
		u, err = users.Create(ctx, u)
		if !errors.Is(err, ErrUserExists) {
			return u, err == nil, err
		}
		// Somebody signed up meanwhile.
		if found, err = users.FindByEmail(ctx, at.Email); err != nil {
			return User{}, false, err
		}
		if found == nil {
			return User{}, false, at.Wrong
		}
	}
	u, err = users.Reclaim(ctx, *found)
	return u, false, err
}
