package kernia

import "context"

// Guarded is what a transport's guard does with one request of the application's own.
type Guarded struct {
	Principal *Principal // nil: nobody, and the route is optional
	Cookies   []string   // Set-Cookie lines to add to the application's answer
	Header    []HeaderLine
	Denied    *Response // not nil: answer this and do not run the application's handler
}

// Guard finds out who makes a request to one of the application's own routes. Where required is set, nobody is
// answered by 401 and UNAUTHORIZED; else the application is told that it is nobody. A request with cookies that
// changes something must come from a trusted origin in either case, and a store that is down is a 503. A session
// that is due is extended before the handler runs. The request's body is not read and may be left out.
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

// WithPrincipal returns a context that carries p; a transport's guard makes it for the application's handler.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// SessionFrom returns who makes the request that ctx belongs to, as a guard found out; nil means nobody, or that
// no guard ran.
func SessionFrom(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}
