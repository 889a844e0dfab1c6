package kernia

import "context"

// Guarded says what a transport's guard must do with one request to the application's own routes.
type Guarded struct {
	Principal *Principal   // nil: the caller is not signed in, and the route allows it
	Cookies   []string     // Set-Cookie lines to add to the application's answer
	Header    []HeaderLine // header lines to add to it
	Denied    *Response    // if not nil, send this answer and do not run the application's handler
}

// Guard finds out who sends a request to one of the application's own routes. If required is set, a caller who is not
// signed in gets 401 UNAUTHORIZED; otherwise the handler runs, with a nil Principal. In either case, a request with
// cookies that changes something must come from a trusted origin, and a store that is down is a 503. A session that is
// due is extended before the handler runs. Guard does not read the request's body, which may be left out.
func (a *Auth) Guard(ctx context.Context, r *Request, required bool) Guarded {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	c := &Call{auth: a, request: r, header: r.Header}
	ctx = context.WithValue(ctx, callKey{}, c)
	var p *Principal
	var cookies []string
	err := guarded(func() (err error) {
		if err := c.trustMore(ctx); err != nil {
			return err
		}
		if err := c.checkCookieOrigin(); err != nil {
			return err
		}
		p, err = c.Principal(ctx)
		if err == nil && p == nil && required {
			return ErrUnauthorized
		}
		if err == nil {
			cookies, err = c.finish()
		}
		return err
	})
	if err != nil {
		resp := c.failure(ctx, err)
		return Guarded{Denied: &resp}
	}
	// What the application answers depends on who asks, and a cookie must not stay in a cache.
	add := Response{Header: []HeaderLine{{"Vary", "Cookie, Authorization"}}, Cookies: cookies}
	if len(cookies) > 0 {
		add.Header = append(add.Header, HeaderLine{"Cache-Control", "no-store"})
	}
	add.add(c.headers)
	return Guarded{Principal: p, Cookies: add.Cookies, Header: add.Header}
}

type principalKey struct{}

// WithPrincipal returns a context that carries p: a transport's guard passes it to the application's handler.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// SessionFrom returns the caller that a guard found for the request of ctx. It is nil if the caller is not signed in,
// or if no guard ran.
func SessionFrom(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}
