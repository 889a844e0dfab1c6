package kernia

import (
	"context"
	"errors"
	"time"
)

// SignInNew is [Call.SignIn] for a user whom the call has just created. If the session cannot be stored, the user is
// deleted again, so that the same sign-up succeeds when it is tried again. Where a feature or a hook refuses or diverts
// the sign-in, the user stays.
func (c *Call) SignInNew(ctx context.Context, at Attempt) (Session, error) {
	s, err := c.SignIn(ctx, at)
	if err != nil && cutOff(err) {
		c.auth.Users.withdraw(ctx, at.User.ID)
	}
	return s, err
}

// cutOff reports whether err says that something we depend on failed, and nobody decided anything.
func cutOff(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind == Unavailable
	}
	_, diverted := asDiversion(err)
	_, panicked := errors.AsType[*panicError](err)
	return !diverted && !panicked
}

// withdraw deletes a user who has just been created, although ctx may be done.
func (users Users) withdraw(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), users.auth.config.Timeout)
	defer cancel()
	if gone, err := users.Delete(ctx, id); !gone && err != nil {
		users.auth.config.Logger.WarnContext(ctx, "half a sign-up is left", "user_id", id, "error", err)
	}
}

// resumable is how long a sign-up that was cut off can be resumed.
const resumable = time.Hour

// ResumeSignUp signs in a user whose sign-up got no further than the user: an outage kept the session from being stored,
// and the user from being deleted again. That is a user who has existed for longer than Config.Timeout, so that no
// sign-up can still be at work, but for less than an hour, and who has no session. Errors: Wrong for any other user and
// a wrong password, and those of [Call.SignInByPassword].
func (c *Call) ResumeSignUp(ctx context.Context, at PasswordAttempt) (SignInOutput, error) {
	found, err := at.Find(ctx, at.Name)
	if err != nil {
		return SignInOutput{}, err
	}
	if found == nil {
		return SignInOutput{}, at.Wrong
	}
	if age := c.auth.now().Sub(found.User.CreatedAt); age <= c.auth.config.Timeout || age >= resumable {
		return SignInOutput{}, at.Wrong
	}
	sessions, err := c.auth.Sessions.List(ctx, found.User.ID)
	if err != nil {
		return SignInOutput{}, err
	}
	if len(sessions) > 0 {
		return SignInOutput{}, at.Wrong
	}
	at.Find = func(context.Context, string) (*Credential, error) { return found, nil }
	return c.SignInByPassword(ctx, at)
}
