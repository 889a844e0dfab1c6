package kernia

import "context"

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
	for _, step := range c.auth.interrupts {
		if err := guarded(func() error { return step(ctx, c, at) }); err != nil {
			return Session{}, c.divert(err, at)
		}
	}
	n := at.Session
	n.Forget, n.IPAddress, n.UserAgent = at.Forget, c.ClientAddress(), c.userAgent()
	s, err := c.auth.Sessions.Issue(ctx, at.User, n)
	if err != nil {
		return Session{}, err
	}
	c.renewed, c.forget, c.begun, c.ended, c.diverted = &s, at.Forget || n.ExpiresIn != 0, true, false, nil
	c.method = at.Method
	c.asked, c.principal = true, &Principal{User: at.User, Session: s, By: BySession, stored: c.auth.stored(s.Token)}
	return s, nil
}

// divert notes what a Diversion asks of the answer's cookies: the session that the browser had is over, and how the
// next one is to be kept is remembered.
func (c *Call) divert(err error, at Attempt) error {
	if d, ok := asDiversion(err); ok {
		c.diverted, c.forget = d, at.Forget
	}
	return err
}

// Begun returns the session that the call began, and how the user signed in. p is nil if it began none.
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
		c.renewed, c.forget = &p.Session, c.Forgotten(p)
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
