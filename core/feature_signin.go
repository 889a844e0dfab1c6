package kernia

import (
	"context"
	"errors"
)

// A Diversion ends a sign-in with an answer instead of a session, such as "a second factor is needed". An interrupt
// returns it as an error. The dispatcher then answers 200 with the diversion's answer and the feature's cookies, and
// without a session cookie. A caller without HTTP finds it by errors.As.
type Diversion struct {
	Answer   any    // the body, as JSON; fields marked json:"-" are for callers without HTTP
	Redirect string // where an operation that redirects sends the browser; "" means to answer the body instead
}

// Error says that the sign-in is not complete.
func (*Diversion) Error() string { return "kernia: the sign-in needs a further step" }

// Interrupt adds a step that every sign-in passes before a session exists, for a ban or a second factor. An error ends
// the sign-in and is the answer; a *[Diversion] is an answer that is not a failure. A panic ends the sign-in too.
func (d *Declaration) Interrupt(step func(ctx context.Context, c *Call, at Attempt) error) {
	d.interrupts = append(d.interrupts, step)
}

// SignIn begins a session for the user of the attempt, unless a feature interrupts, and makes the answer set its
// cookies. Every way to sign in ends here. Errors: that of an interrupt, which may be a *[Diversion]; ErrCreateSession,
// or a hook's own error, if a hook refuses.
func (c *Call) SignIn(ctx context.Context, at Attempt) (Session, error) {
	if err := c.interrupt(ctx, at); err != nil {
		return Session{}, err
	}
	n := at.Session
	n.Forget, n.IPAddress, n.UserAgent = at.Forget, c.ClientAddress(), c.userAgent()
	s, err := c.auth.Sessions.Issue(ctx, at.User, n)
	if err != nil {
		return Session{}, c.gone(ctx, at, err)
	}
	if err := c.confirm(ctx, at); err != nil {
		_, failed := c.auth.Sessions.Revoke(ctx, s.Token)
		return Session{}, errors.Join(err, failed)
	}
	c.renewed, c.forget, c.begun, c.ended, c.diverted = &s, at.Forget || n.ExpiresIn != 0, true, false, nil
	if c.method = at.Method; at.Renewal {
		c.method = ""
	}
	c.asked, c.principal = true, &Principal{User: at.User, Session: s, By: BySession, stored: c.auth.stored(s.Token)}
	c.holder = c.principal
	return s, nil
}

// interrupt asks every feature that wants a say in sign-ins.
func (c *Call) interrupt(ctx context.Context, at Attempt) error {
	for _, step := range c.auth.interrupts {
		if err := guarded(func() error { return step(ctx, c, at) }); err != nil {
			return c.divert(err, at)
		}
	}
	return nil
}

// confirm looks once more at what the sign-in rests on, now that the session is there: a password that was changed, a
// user who was banned or deleted while the old password was being verified. Whoever changes it meanwhile ends the
// sessions that are there; this ends the one that came later.
func (c *Call) confirm(ctx context.Context, at Attempt) error {
	now, err := c.standing(ctx, at)
	switch {
	case err != nil:
		return err
	case now == nil:
		return ErrUnauthorized
	case c.auth.sameUser(now, &at.User):
		return nil
	}
	at.User = *now
	return c.interrupt(ctx, at)
}

// standing returns the user of the attempt as they are now; nil where they, or the credential they proved, are gone.
func (c *Call) standing(ctx context.Context, at Attempt) (*User, error) {
	id := ""
	if at.Account != nil {
		id = at.Account.ID
	}
	u, account, err := c.auth.proof(ctx, at.User.ID, id)
	if err != nil || account != nil && account.Password != at.Account.Password {
		return nil, err
	}
	return u, nil
}

// gone turns the failure to store a session into ErrUnauthorized where the user was deleted meanwhile.
func (c *Call) gone(ctx context.Context, at Attempt, failure error) error {
	if errors.Is(failure, ErrUserNotFound) {
		return ErrUnauthorized.Because(failure)
	}
	if _, denied := errors.AsType[*Error](failure); denied {
		return failure
	}
	if u, err := c.auth.Users.Find(ctx, at.User.ID); err == nil && u == nil {
		return ErrUnauthorized.Because(failure)
	}
	return failure
}

// divert notes what a Diversion asks of the answer's cookies: the session that the browser had is over, and how the
// next one is to be kept is remembered.
func (c *Call) divert(err error, at Attempt) error {
	if d, ok := asDiversion(err); ok {
		c.diverted, c.forget = d, at.Forget
	}
	return err
}

// Begun returns the session that the call began, and how the user signed in: the Method of the [Attempt], or "" if the
// user was signed in already and the session replaces another. p is nil if the call began none.
func (c *Call) Begun() (p *Principal, method string) {
	if !c.begun {
		return nil, ""
	}
	return c.principal, c.method
}

// Renew makes the answer set the principal's session cookie again, remembered or not as before. For a caller without a
// session it does nothing.
func (c *Call) Renew(p *Principal) {
	if c.request != nil && p.HasSession() {
		c.renewed, c.holder, c.forget = &p.Session, p, c.Forgotten(p)
	}
}

// Forgotten reports whether the principal's session is not remembered (rememberMe was false).
func (c *Call) Forgotten(p *Principal) bool { return c.forgotten() || c.auth.short(&p.Session) }

// SignOut ends every session that the call presents, by cookies and by the Authorization header, and makes the answer
// delete the cookies. If the store is down, it returns an error, and nobody is signed out.
func (c *Call) SignOut(ctx context.Context) error {
	tokens := append([]string{c.acting}, c.cookieTokens()...)
	got, err := c.present(ctx, true)
	if err != nil {
		return err
	}
	for _, token := range append(tokens, got.Token) {
		if !isToken(token) {
			continue
		}
		if _, err := c.auth.Sessions.Revoke(ctx, token); err != nil {
			return err
		}
	}
	c.asked, c.principal = true, nil
	c.End()
	return nil
}

// End makes the answer delete the session's cookies.
func (c *Call) End() { c.ended, c.renewed = true, nil }
