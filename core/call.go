package kernia

import (
	"context"
	"strings"

	"github.com/kernia-go/kernia/core/internal/clientip"
	"github.com/kernia-go/kernia/core/internal/cookie"
)

// A Call is one run of one operation. Handlers learn from it who acts and record on it what the answer must do
// besides its value; the dispatcher turns that into cookies and headers. It lives as long as the run and belongs
// to one goroutine.
type Call struct {
	auth      *Auth
	operation *Operation
	request   *Request // nil without HTTP
	source    source
	acting    string // without HTTP: the token given to As

	asked     bool // presented, principal and dead are settled
	principal *Principal
	dead      bool // a session was presented and is none, or no longer

	renewed  *Session // the session whose cookie the answer sets
	forget   bool     // that cookie ends with the browser
	begun    bool     // the session began in this call
	ended    bool     // the answer deletes the cookies
	stale    bool     // the answer deletes a stray cache cookie
	location string
	redirect string
	headers  []HeaderLine
}

type callKey struct{}

// CallFrom returns the Call that ctx belongs to, or nil: a hook learns from it about the request.
func CallFrom(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// Auth returns the Auth that runs the call.
func (c *Call) Auth() *Auth { return c.auth }

// Operation returns the operation that runs, or nil in a guard.
func (c *Call) Operation() *Operation { return c.operation }

// HTTP reports whether the call came by HTTP.
func (c *Call) HTTP() bool { return c.request != nil }

// Header returns the first line of a request header under its canonical name, "" without HTTP.
func (c *Call) Header(name string) string {
	if c.request == nil {
		return ""
	}
	return c.request.Header.First(name)
}

// SetHeader adds a header to the answer.
func (c *Call) SetHeader(name, value string) {
	c.headers = append(c.headers, HeaderLine{Name: name, Value: value})
}

// Location adds a Location header to an answer that stays a 200, as upstream's sign-in does. What lies outside of
// ASCII is percent-encoded.
func (c *Call) Location(url string) { c.location = url }

// Redirect makes the answer a 302 to url, which the caller has checked.
func (c *Call) Redirect(url string) { c.redirect = url }

// Signed returns value with its signature, as cookies and bearer tokens carry it.
func (c *Call) Signed(value string) string { return cookie.Sign(c.auth.keys.Current(), value) }

// OpenSigned returns what Signed signed, with the current or an old secret; ok is false for anything else.
func (c *Call) OpenSigned(signed string) (value string, ok bool) {
	return cookie.Open(signed, c.auth.keys.All()...)
}

// Trusted reports whether a browser's origin may see what only this application should.
func (c *Call) Trusted(origin string) bool { return c.trusts(origin) }

// Session returns who makes the call. Nobody is ErrUnauthorized; where a session was presented that is no longer
// one, the answer deletes its cookies. A session that is due is extended, and its cookie set anew.
func (c *Call) Session(ctx context.Context) (*Principal, error) {
	p, err := c.Principal(ctx)
	if err == nil && p == nil {
		return nil, ErrUnauthorized
	}
	return p, err
}

// Principal is Session for whom a session is optional: nil and no error for nobody.
func (c *Call) Principal(ctx context.Context) (*Principal, error) { return c.who(ctx, true) }

func (c *Call) who(ctx context.Context, extend bool) (*Principal, error) {
	if c.asked {
		return c.principal, nil
	}
	token, presented := c.token()
	if !presented {
		c.asked = true
		return nil, nil
	}
	p, err := c.auth.lookup(ctx, token)
	if err != nil {
		return nil, err
	}
	now := c.auth.now()
	if p != nil && !now.Before(p.Session.ExpiresAt) {
		c.drop(ctx, p)
		p = nil
	}
	if p != nil && extend && c.auth.due(&p.Session, now) && !c.forgotten() {
		live, err := c.auth.extend(ctx, p, now)
		switch {
		case err != nil:
			return nil, err
		case !live:
			p = nil
		case c.request != nil:
			c.renewed, c.forget = &p.Session, false
		}
	}
	c.asked, c.principal, c.dead = true, p, p == nil
	c.ended = c.ended || c.dead
	return p, nil
}

// token returns the session token that the call presents: by the Authorization header where a feature reads its
// scheme, else by the signed cookie.
func (c *Call) token() (token string, presented bool) {
	if c.request == nil {
		return c.acting, c.acting != ""
	}
	if line := c.request.Header.First("Authorization"); line != "" && len(line) <= maxAuthorization {
		scheme, value, _ := strings.Cut(line, " ")
		for _, a := range c.auth.authorize {
			if strings.EqualFold(a.scheme, scheme) {
				if token, ok := a.read(c, strings.TrimSpace(value)); ok {
					return token, true
				}
			}
		}
	}
	signed, ok := cookie.Find(c.request.Header["Cookie"], c.auth.cookies.session)
	if !ok {
		return "", false
	}
	return c.OpenSigned(signed)
}

const maxAuthorization = 8 << 10

// forgotten reports whether the browser holds the mark of a session that is not to be remembered. What it says
// does not count, only that we signed it.
func (c *Call) forgotten() bool {
	if c.request == nil {
		return false
	}
	signed, ok := cookie.Find(c.request.Header["Cookie"], c.auth.cookies.remember)
	if ok {
		_, ok = c.OpenSigned(signed)
	}
	return ok
}

// drop deletes the row of a session that is over. The answer does not depend on it.
func (c *Call) drop(ctx context.Context, p *Principal) {
	if err := c.auth.kept.drop(ctx, p); err != nil {
		c.auth.config.Logger.WarnContext(ctx, "expired session not deleted", "session_id", p.Session.ID, "error", err)
	}
}

// SignIn begins a session for the user, unless a feature interrupts, and makes the answer set its cookies. Every way
// to sign in ends here. forget is what rememberMe false asks for.
func (c *Call) SignIn(ctx context.Context, user User, forget bool) (Session, error) {
	for _, step := range c.auth.interrupts {
		if err := guarded(func() error { return step(ctx, c, user) }); err != nil {
			return Session{}, err
		}
	}
	s, err := c.auth.Sessions.Issue(ctx, user, NewSession{Forget: forget, IPAddress: c.ClientAddress(), UserAgent: c.userAgent()})
	if err != nil {
		return Session{}, err
	}
	c.renewed, c.forget, c.begun, c.ended = &s, forget, true, false
	c.asked, c.principal, c.dead = true, &Principal{User: user, Session: s, stored: c.auth.stored(s.Token)}, false
	return s, nil
}

// Renew makes the answer set the principal's session cookie anew, in the way it was set before.
func (c *Call) Renew(p *Principal) {
	if c.request != nil {
		c.renewed, c.forget = &p.Session, c.Forgotten(p)
	}
}

// Forgotten reports whether the principal's session is one that is not to be remembered.
func (c *Call) Forgotten(p *Principal) bool { return c.forgotten() || c.auth.short(&p.Session) }

// SignOut ends the session that the call presents, if any, and makes the answer delete its cookies. A store that is
// down is an error, and nobody is signed out.
func (c *Call) SignOut(ctx context.Context) error {
	if token, presented := c.token(); presented {
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

// ClientAddress returns the address of the client: the peer's, or, where the peer is a trusted proxy, the
// rightmost address in X-Forwarded-For that is not one. IPv6 addresses are those of their /64 network, an IPv4
// address mapped into IPv6 is the IPv4 address. "" means unknown.
func (c *Call) ClientAddress() string {
	if c.request == nil {
		return ""
	}
	return clientip.Of(c.request.Remote, c.request.Header["X-Forwarded-For"], c.auth.config.TrustedProxies)
}

// maxUserAgent bounds what is kept of a User-Agent header, in bytes.
const maxUserAgent = 512

func (c *Call) userAgent() string {
	ua := strings.ToValidUTF8(strings.ReplaceAll(c.Header("User-Agent"), "\x00", ""), "")
	if len(ua) > maxUserAgent {
		ua = strings.ToValidUTF8(ua[:maxUserAgent], "")
	}
	return ua
}

// setCookies returns the Set-Cookie lines that the call's effects ask for.
func (c *Call) setCookies() []string {
	names := &c.auth.cookies
	switch {
	case c.ended:
		return []string{names.expire(names.session), names.expire(names.data), names.expire(names.remember)}
	case c.renewed != nil:
		value := c.Signed(c.renewed.Token)
		if c.forget {
			return []string{names.set(names.session, value, -1), names.set(names.remember, c.Signed("true"), -1)}
		}
		lines := []string{names.set(names.session, value, c.auth.config.Session.ExpiresIn)}
		if _, has := cookie.Find(c.request.Header["Cookie"], names.remember); c.begun && has {
			lines = append(lines, names.expire(names.remember))
		}
		return lines
	case c.stale:
		return []string{names.expire(names.data)}
	}
	return nil
}
