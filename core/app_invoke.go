package kernia

import (
	"context"
	"fmt"
	"reflect"

	"github.com/kernia-go/kernia/core/internal/origin"
	"github.com/kernia-go/kernia/core/internal/output"
)

type actingKey struct{}

// As returns a context in which calls without HTTP act for the session of token.
func As(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, actingKey{}, token)
}

// Invoke runs the named operation ("POST /sign-up/email") of a without HTTP and returns its output; in is the
// operation's input struct. The input is checked, hooks and features' steps run, and the session comes from As. The
// origin is not checked, and rate limits apply only if the context says who calls (see [WithClient]). Errors are *Error
// values, with the cause of an outage inside; a *[Diversion] if a feature diverts a sign-in; ErrUnknownOperation if no
// feature declares the operation.
//
// Features have typed functions that call it; an application uses those.
func Invoke[Out any](ctx context.Context, a *Auth, name string, in any) (Out, error) {
	var none Out
	o, err := a.operation(name)
	if err != nil {
		return none, err
	}
	if reflect.TypeOf(in) != o.In {
		return none, fmt.Errorf("%w: %s takes %s, not %T", ErrUnknownOperation, name, o.In, in)
	}
	out, err := a.invoke(ctx, o, func(c *Call) error {
		c.in.Set(reflect.ValueOf(in))
		if err := o.input.checkAll(c.in); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	typed, ok := out.(Out)
	if !ok {
		return none, fmt.Errorf("%w: %s answers %s, not %T", ErrUnknownOperation, name, o.Out, none)
	}
	return typed, nil
}

// InvokeJSON is Invoke for callers that know only an operation's name: an administrator's console, a queue, a test.
// body is a JSON object with the operation's input, including its query and path parameters; nil means an empty object.
// The output is the JSON that a client would get; null if there is none. It can also call operations without a route.
func InvokeJSON(ctx context.Context, a *Auth, name string, body []byte) ([]byte, error) {
	o, err := a.operation(name)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		body = []byte("{}")
	}
	out, err := a.invoke(ctx, o, func(c *Call) error {
		if int64(len(body)) > a.config.BodyLimit {
			return ErrBodyTooLarge
		}
		if err := c.source.ParseJSON(body, o.input.Names); err != nil {
			return wrongBody(err)
		}
		o.input.Spread(&c.source)
		if err := o.input.decode(&c.source, c.in, o.need); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	text, err := output.JSON(out)
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return text, nil
}

// operation returns the named operation, or an error that says it is missing.
func (a *Auth) operation(name string) (*Operation, error) {
	if o := a.router.names[name]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("%w: %s (is its feature given to New?)", ErrUnknownOperation, name)
}

// invoke runs an operation without HTTP; fill puts its input into the call.
func (a *Auth) invoke(ctx context.Context, o *Operation, fill func(c *Call) error) (any, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	c := &Call{auth: a, operation: o, in: reflect.New(o.In).Elem()}
	c.acting, _ = ctx.Value(actingKey{}).(string)
	c.client, _ = ctx.Value(clientKey{}).(*Client)
	ctx = context.WithValue(ctx, callKey{}, c)
	var out any
	err := guarded(func() (err error) {
		if err := a.refuseUnheld(ctx); err != nil {
			return err
		}
		if err := c.admit(ctx); err != nil {
			return err
		}
		if err := fill(c); err != nil {
			return err
		}
		out, err = c.run(ctx)
		return err
	})
	if d, ok := asDiversion(err); ok {
		return nil, d
	}
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return out, nil
}

// admit applies what depends on the client to a call without HTTP.
func (c *Call) admit(ctx context.Context) error {
	if c.client == nil || c.operation.Method == "" {
		return nil
	}
	if origin.Path(c.auth.config.DisabledPaths, c.operation.Path) {
		return ErrDisabledPath
	}
	return c.limit(ctx, c.operation.Path)
}
