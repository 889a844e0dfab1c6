package kernia

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/core/internal/cookie"
)

// A Client says who calls without HTTP: the peer of a gRPC call, the terminal of a command-line tool.
type Client struct {
	Address   string   // of the peer, "IP" or "IP:port"; "" if unknown
	Forwarded []string // lines of X-Forwarded-For; they count only from Config.TrustedProxies
	UserAgent string   // as in the header of that name
}

type clientKey struct{}

// WithClient returns a context in which calls without HTTP count as the client's: sessions and events keep its address
// and user agent, rate limits count its calls, and Config.DisabledPaths apply.
func WithClient(ctx context.Context, client Client) context.Context {
	return context.WithValue(ctx, clientKey{}, &client)
}

// Credentials are what a caller presents without HTTP: a session's token, or headers that carry credentials, by their
// canonical names. The metadata of a gRPC call fits.
type Credentials struct {
	Token  string // a session's token, with or without its signature; Header is then ignored
	Header Header // as {"Authorization": {"Bearer …"}} or {"Cookie": {"…"}}
}

// Authenticate returns who presents the credentials. It returns nil and no error if they authenticate nobody, and an
// error if a store did not answer or a feature refuses. A session that is due is extended. If the headers have a cookie
// and an Origin, the origin must be trusted; otherwise the error is ErrOrigin.
func (a *Auth) Authenticate(ctx context.Context, credentials Credentials) (*Principal, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	c := &Call{auth: a, header: credentials.Header}
	if credentials.Token != "" {
		c.acting, c.header = a.bare(credentials.Token), nil
	}
	c.client, _ = ctx.Value(clientKey{}).(*Client)
	ctx = context.WithValue(ctx, callKey{}, c)
	var p *Principal
	err := guarded(func() (err error) {
		if err := c.trustMore(ctx); err != nil {
			return err
		}
		if c.Header("Cookie") != "" && c.Header("Origin") != "" && !c.trusts(c.Header("Origin")) {
			return ErrOrigin
		}
		p, err = c.Principal(ctx)
		return err
	})
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return p, nil
}

// bare returns the token in a value that may carry its signature; one whose signature is wrong is nobody's.
func (a *Auth) bare(value string) string {
	if !strings.Contains(value, ".") {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		value = plain
	}
	token, ok := cookie.Open(value, a.presented(a.keys.All())...)
	if !ok {
		return value // no token has a dot: it is nobody's
	}
	return token
}

// CredentialHeaders returns the canonical names of the headers by which callers present credentials: Cookie, and those
// that features read. A transport without HTTP passes these on.
func (a *Auth) CredentialHeaders() []string {
	names := []string{"Cookie"}
	for i := range a.credential {
		if name := a.credential[i].header; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Has reports whether the named feature was given to New.
func (a *Auth) Has(feature string) bool { return a.features[feature] }
