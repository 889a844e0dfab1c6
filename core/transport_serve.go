package kernia

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/kernia-go/kernia/core/internal/origin"
)

// Serve answers one request. It never fails and never panics: what goes wrong is in the answer, its cause in the
// log.
func (a *Auth) Serve(ctx context.Context, r *Request) Response {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	c := &Call{auth: a, request: r, header: r.Header}
	ctx = context.WithValue(ctx, callKey{}, c)
	var resp Response
	err := guarded(func() (err error) { resp, err = c.serve(ctx); return err })
	if d, ok := asDiversion(err); ok {
		err = guarded(func() (err error) { resp, err = c.diversion(d); return err })
	}
	if err != nil {
		return c.failure(ctx, err)
	}
	return resp
}

func (c *Call) serve(ctx context.Context) (Response, error) {
	path, ok := strings.CutPrefix(c.request.Path, c.auth.config.BasePath)
	if !ok || path == "" || path[0] != '/' {
		return notFound(), nil
	}
	if origin.Path(c.auth.config.DisabledPaths, path) {
		return Response{Status: 404, Body: []byte("Not Found"), Header: headers("text/plain;charset=UTF-8")}, nil
	}
	o, param := c.auth.router.find(c.request.Method, path)
	if err := c.limit(ctx, path); err != nil {
		return Response{}, err
	}
	if o == nil {
		return notFound(), nil
	}
	c.operation, c.source.Path = o, param
	if err := c.trustMore(ctx); err != nil {
		return Response{}, err
	}
	if err := c.parse(); err != nil {
		return Response{}, err
	}
	if err := c.checkCookieOrigin(); err != nil {
		return Response{}, err
	}
	if err := c.checkRedirects(); err != nil {
		return Response{}, err
	}
	c.in = reflect.New(o.In).Elem()
	if err := o.input.decode(&c.source, c.in, o.need); err != nil {
		return Response{}, err
	}
	if o.login {
		if err := c.checkLogin(); err != nil {
			return Response{}, err
		}
	}
	out, err := c.run(ctx)
	if err != nil {
		return Response{}, err
	}
	return c.success(out)
}

// bounded limits ctx to the configured timeout, with a cause that tells our limit from the caller's.
func (a *Auth) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, a.config.Timeout, errTimeout)
}

var errTimeout = errors.New("kernia: the configured timeout has passed")
