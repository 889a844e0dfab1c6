package kernia

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/core/internal/clientip"
	"github.com/kernia-go/kernia/core/internal/cookie"
	"github.com/kernia-go/kernia/core/internal/input"
	"github.com/kernia-go/kernia/core/internal/origin"
)

// A Call is one run of one operation. A handler asks it who calls, and records effects on it: a session, a cookie, a
// redirect. The dispatcher turns these into cookies and headers. It is valid during the run, and only one goroutine may
// use it.
type Call struct {
	auth      *Auth
	operation *Operation
	request   *Request // nil without HTTP
	client    *Client  // without HTTP: who calls, where the program says so
	header    Header   // of the request, or the credentials of a call without HTTP
	source    input.Source
	in        reflect.Value // the operation's input
	acting    string        // without HTTP: the token given to As

	twins     [maxTwins]string // room for the tokens of the session cookies
	asked     bool             // principal is settled
	principal *Principal

	confirmed bool // the store has to say who makes the call
	refreshes bool // the call may extend the session where others must not
	missed    bool // the cache cookie did not say who makes the call
	silent    bool // mail of the call is dropped

	renewed  *Session   // the session whose cookie the answer sets
	holder   *Principal // whose session that is
	forget   bool       // that cookie ends with the browser
	begun    bool       // the session began in this call
	method   string     // how the user signed in
	diverted *Diversion // the sign-in ended in this
	ended    bool       // the answer deletes the session's cookies
	stale    bool       // the answer deletes a stray cache cookie
	location string
	redirect string
	headers  []HeaderLine
	written  []written   // cookies of features
	origins  *origin.Set // trusted for this request alone; nil until asked
}

// written are the Set-Cookie lines for one cookie.
type written struct {
	name  string
	lines []string
}

type callKey struct{}

// CallFrom returns the Call of ctx, or nil outside of one. A hook uses it to look at the request.
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

// Header returns the first line of a request header by its canonical name, or "".
func (c *Call) Header(name string) string { return c.header.First(name) }

// HeaderNames returns the canonical names of the request's headers, sorted.
func (c *Call) HeaderNames() []string { return slices.Sorted(maps.Keys(c.header)) }

// Input returns the value of an input field by its JSON name. It has the field's Go type; the value of an added field
// is decoded as encoding/json does. ok is false if the operation has no such field, or the caller gave no value.
func (c *Call) Input(name string) (value any, ok bool) {
	if c.operation == nil || !c.in.IsValid() {
		return nil, false
	}
	return c.operation.input.value(c.in, name)
}

// SetHeader sets a header of the answer. It replaces what the core or an earlier call set, such as Cache-Control. Vary
// and Access-Control-Expose-Headers are lists, to which the value is added. Each Set-Cookie adds a cookie; for a
// feature's own cookies use [Declaration.Cookie].
func (c *Call) SetHeader(name, value string) { c.headers = setHeader(c.headers, name, value) }

// Location adds a Location header to an answer that stays a 200, as sign-in does if a callback URL was given. Other
// characters than ASCII are percent-encoded.
func (c *Call) Location(url string) { c.location = url }

// Redirect makes the answer a 302 to url. Check the url first, by [Call.AllowsRedirect].
func (c *Call) Redirect(url string) { c.redirect = url }

// Signed returns value with a signature, in the form of cookies and bearer tokens.
func (c *Call) Signed(value string) string { return cookie.Sign(c.auth.keys.Current(), value) }

// OpenSigned returns the value that Signed signed, by the current or an old secret; ok is false for anything else.
func (c *Call) OpenSigned(signed string) (value string, ok bool) {
	return cookie.Open(signed, c.auth.presented(c.auth.keys.All())...)
}

// Trusted reports whether pages of the origin are trusted, for this request.
func (c *Call) Trusted(origin string) bool { return c.trusts(origin) }

// forgotten reports whether the browser holds the mark of a session that is not to be remembered.
func (c *Call) forgotten() bool {
	value, ok := c.auth.cookies.remember.Read(c)
	return ok && value == "true"
}

// ClientAddress returns the client's address. It is the peer's address or, if the peer is a trusted proxy, the
// rightmost address in X-Forwarded-For that is not one; without HTTP it is that of [WithClient]. An IPv6 address stands
// for its /64 network, and an IPv4 address mapped into IPv6 is returned as IPv4. "" means unknown.
func (c *Call) ClientAddress() string {
	switch {
	case c.request != nil:
		return clientip.Of(c.request.Remote, c.request.Header["X-Forwarded-For"], c.auth.config.TrustedProxies)
	case c.client != nil:
		return clientip.Of(c.client.Address, c.client.Forwarded, c.auth.config.TrustedProxies)
	}
	return ""
}

// maxUserAgent bounds what is kept of a User-Agent header, in bytes.
const maxUserAgent = 512

func (c *Call) userAgent() string {
	ua := c.Header("User-Agent")
	if c.client != nil {
		ua = c.client.UserAgent
	}
	ua = strings.ToValidUTF8(strings.ReplaceAll(ua, "\x00", ""), "")
	if len(ua) > maxUserAgent {
		ua = strings.ToValidUTF8(ua[:maxUserAgent], "")
	}
	return ua
}

// write keeps the Set-Cookie lines for a cookie, in place of those that were there for it.
func (c *Call) write(k *Cookie, lines []string) {
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" }) // of a name that is none
	for i := range c.written {
		if c.written[i].name == k.name {
			c.written[i].lines = lines
			return
		}
	}
	c.written = append(c.written, written{k.name, lines})
}

// setCookies returns the Set-Cookie lines that the call's effects ask for: those of the session, then the features'.
func (c *Call) setCookies() []string {
	lines := c.sessionCookies()
	for _, w := range c.written {
		lines = append(lines, w.lines...)
	}
	return lines
}

func (c *Call) sessionCookies() []string {
	set := &c.auth.cookies
	session, data, remember := set.session, set.data, set.remember
	switch {
	case c.diverted != nil:
		lines := append(session.expire(c, session.name), c.dataGone()...)
		if c.forget {
			lines = append([]string{remember.line(remember.name, c.Signed("true"), -1)}, lines...)
		}
		return lines
	case c.ended:
		return slices.Concat(session.expire(c, session.name), c.dataGone(), remember.expire(c, remember.name))
	case c.renewed != nil:
		return c.renewedCookies()
	}
	var lines []string
	if c.stale {
		lines = append(data.expire(c, data.name), data.expireChunks(c, 0)...)
	}
	if c.missed && c.principal.HasSession() && !c.forgotten() {
		lines = append(lines, c.cacheLines(c.principal, false)...)
	}
	return lines
}

// dataGone returns the lines that delete what is cached of a session: once more, as Better Auth does, for what the
// request has.
func (c *Call) dataGone() []string {
	data := c.auth.cookies.data
	lines := data.expire(c, data.name)
	if data.has(c) {
		lines = append(lines, data.expire(c, data.name)...)
	}
	return append(lines, data.expireChunks(c, 0)...)
}

func (c *Call) renewedCookies() []string {
	session, remember := c.auth.cookies.session, c.auth.cookies.remember
	value, age := c.Signed(c.renewed.Token), c.auth.config.Session.ExpiresIn
	var after []string
	switch {
	case c.forget:
		age, after = -1, []string{remember.line(remember.name, c.Signed("true"), -1)}
	case c.begun && remember.has(c):
		after = remember.expire(c, remember.name)
	}
	lines := append([]string{session.line(session.name, value, age)}, after...)
	if c.auth.cache != nil && c.holder != nil {
		lines = append(lines, c.cacheLines(c.holder, c.forget)...)
	}
	return lines
}
