package kernia

import (
	"context"
	"log/slog"
)

// BySession is the [Principal.By] of callers with a session.
const BySession = "session"

// A Principal is the caller: a user, and the kind of credential that authenticated them.
type Principal struct {
	User    User
	Session Session // Token is the token as it was presented. For another credential than a session: what its feature fills in
	By      string  // BySession, or the name of the feature whose credential was presented, such as "apikey"

	stored string // the token as the store has it
	cached bool   // the cache cookie says so, and not the store
}

// HasSession reports whether a session authenticated the caller, and not an API key or another credential.
func (p *Principal) HasSession() bool { return p != nil && p.By == BySession }

// LogValue keeps the token out of logs.
func (p *Principal) LogValue() slog.Value {
	if p == nil {
		return slog.StringValue("nobody")
	}
	return slog.GroupValue(slog.String("user_id", p.User.ID), slog.String("session_id", p.Session.ID), slog.String("by", p.By))
}

// Presented is what a request presents by one header: a session's token, for which the core finds the session, or a
// principal without a session. The zero Presented means nothing, so that other credentials count.
type Presented struct {
	Token     string     // of a session; it replaces the session cookie, even if there is no such session
	Principal *Principal // authenticated by the feature itself: set User; By becomes the feature's name
}

type authenticator struct {
	feature string
	header  string
	step    func(ctx context.Context, c *Call, value string) (Presented, error)
}

// Authenticate adds a way to present a credential by the named request header, in its canonical spelling. The step gets
// the header's value, of at most 8 KiB, and runs only if the header is there. The Authorization header counts before
// the session cookie, and any other header after it. An error of the step is the answer.
//
// A step that returns a Principal authenticates a caller without a session, by an API key or a signed token. Operations
// that need [Live] or [Fresh] refuse such callers.
func (d *Declaration) Authenticate(header string, step func(ctx context.Context, c *Call, value string) (Presented, error)) {
	at := len(d.credential)
	d.credential = append(d.credential, authenticator{header: header, step: step})
	d.later(func() { d.credential[at].feature = d.feature })
}

// maxCredential bounds a header that presents a credential, in bytes.
const maxCredential = 8 << 10

// present asks the steps for one kind of header, those for Authorization or all others.
func (c *Call) present(ctx context.Context, authorization bool) (Presented, error) {
	for i := range c.auth.credential {
		a := &c.auth.credential[i]
		value := c.header.First(a.header)
		if value == "" || len(value) > maxCredential || (a.header == "Authorization") != authorization {
			continue
		}
		var got Presented
		err := guarded(func() (err error) { got, err = a.step(ctx, c, value); return err })
		if err != nil {
			return Presented{}, err
		}
		if got.Principal != nil {
			got.Principal.By = a.feature
		}
		if got.Principal != nil || got.Token != "" {
			return got, nil
		}
	}
	return Presented{}, nil
}

// Session returns the caller, or ErrUnauthorized if the caller is not signed in. If a presented session has ended or
// never existed, the answer deletes its cookies. A session that is due is extended, and its cookie set again.
func (c *Call) Session(ctx context.Context) (*Principal, error) {
	p, err := c.Principal(ctx)
	if err == nil && p == nil {
		return nil, ErrUnauthorized
	}
	return p, err
}

// Principal is Session for operations that serve everybody: it returns nil and no error for a caller who is not signed
// in.
func (c *Call) Principal(ctx context.Context) (*Principal, error) { return c.who(ctx, true) }

func (c *Call) who(ctx context.Context, extend bool) (*Principal, error) {
	if c.asked {
		return c.principal, nil
	}
	got, tokens, err := c.credentials(ctx)
	switch {
	case err != nil:
		return nil, err
	case got.Principal != nil:
		c.asked, c.principal = true, got.Principal
		return c.principal, nil
	case len(tokens) > 0:
		if got.Token == "" && c.acting == "" {
			if p := c.cached(tokens); p != nil {
				c.asked, c.principal = true, p
				return p, nil
			}
		}
		if p, err := c.bySession(ctx, tokens, extend); err != nil || p != nil {
			return p, err
		}
	}
	if got, err = c.present(ctx, false); err != nil {
		return nil, err
	}
	if got.Token != "" {
		if got.Principal, err = c.bySession(ctx, []string{got.Token}, extend); err != nil {
			return nil, err
		}
	}
	c.asked, c.principal = true, got.Principal
	return c.principal, nil
}

// credentials returns what the Authorization header presents, or else the tokens of the session cookies.
func (c *Call) credentials(ctx context.Context) (Presented, []string, error) {
	if c.acting != "" {
		c.twins[0] = c.acting
		return Presented{}, c.twins[:1], nil
	}
	got, err := c.present(ctx, true)
	switch {
	case err != nil || got.Principal != nil:
		return got, nil, err
	case got.Token != "":
		c.twins[0] = got.Token
		return got, c.twins[:1], nil
	}
	return Presented{}, c.cookieTokens(), nil
}

// maxTwins is how many session cookies of one request are looked up.
const maxTwins = 4

// cookieTokens returns the tokens in the session cookies of the request, each once: a browser sends two cookies of one
// name where one is for the host and one for its domain.
func (c *Call) cookieTokens() []string {
	if len(c.header["Cookie"]) == 0 {
		return nil
	}
	return c.auth.cookies.session.values(c, c.twins[:0])
}

// bySession finds the first live session of the tokens, and settles who makes the call.
func (c *Call) bySession(ctx context.Context, tokens []string, extend bool) (*Principal, error) {
	var p *Principal
	for _, token := range tokens {
		found, err := c.live(ctx, token, extend)
		if err != nil {
			return nil, err
		}
		if p = found; p != nil {
			break
		}
	}
	c.asked, c.principal = p != nil, p
	c.ended = c.ended || p == nil // what was presented is no session, or no longer
	return p, nil
}

// live returns whose live session the token is, extended where it is due; nil for nobody's.
func (c *Call) live(ctx context.Context, token string, extend bool) (*Principal, error) {
	p, err := c.auth.lookup(ctx, token)
	if err != nil || p == nil {
		return nil, err
	}
	now := c.auth.now()
	if !now.Before(p.Session.ExpiresAt) {
		if !c.defers() {
			c.drop(ctx, p)
		}
		return nil, nil
	}
	if !extend || !c.auth.due(&p.Session, now) || c.forgotten() || c.defers() {
		return p, nil
	}
	live, err := c.auth.extend(ctx, p, now)
	switch {
	case err != nil:
		return nil, err
	case !live:
		return nil, nil
	case c.request != nil:
		c.renewed, c.holder, c.forget = &p.Session, p, false
	}
	return p, nil
}

// defers reports whether the call must not write to the session: another one will, see SessionConfig.DeferRefresh.
func (c *Call) defers() bool { return c.auth.config.Session.DeferRefresh && !c.refreshes }

// drop deletes the row of a session that is over. The answer does not depend on it.
func (c *Call) drop(ctx context.Context, p *Principal) {
	if err := c.auth.kept.drop(ctx, p); err != nil {
		c.auth.config.Logger.WarnContext(ctx, "expired session not deleted", "session_id", p.Session.ID, "error", err)
	}
}

// check reports why the caller may not call an operation of the access, or nil.
func (c *Call) check(ctx context.Context, access Access) error {
	if access == Anyone {
		return nil
	}
	p, err := c.Session(ctx)
	if err != nil {
		return err
	}
	if access >= Live && !p.HasSession() {
		return ErrUnauthorized
	}
	if access == Fresh && !c.Fresh(p) {
		return ErrNotFresh
	}
	return nil
}

// Fresh reports whether the principal signed in recently, as Session.FreshAge says. Somebody without a session is not
// fresh.
func (c *Call) Fresh(p *Principal) bool {
	age := c.auth.config.Session.FreshAge
	return p.HasSession() && (age < 0 || c.auth.now().Sub(p.Session.CreatedAt) < age)
}

// Live is Principal for what needs a session that the store has confirmed: it returns nil for a caller with any other
// credential.
func (c *Call) Live(ctx context.Context) (*Principal, error) {
	p, err := c.Principal(ctx)
	if err == nil && p != nil && p.cached {
		c.confirmed, c.asked = true, false
		p, err = c.Principal(ctx)
	}
	if err != nil || !p.HasSession() {
		return nil, err
	}
	return p, nil
}
