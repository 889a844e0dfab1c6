package kernia

import (
	"context"
	"fmt"
	"reflect"
)

type actingKey struct{}

// As returns a context in which calls without HTTP act for the session of token.
func As(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, actingKey{}, token)
}

// Invoke runs the named operation ("POST /sign-up/email") of a without HTTP and returns its output; in is the
// operation's input struct. The input is checked, features and hooks have their say, and the session needed comes
// from As; origins and per-address limits do not apply. Errors are *Error values, with an outage's cause inside;
// an operation that no feature declares is ErrUnknownOperation.
//
// Features offer typed functions over it; those are what an application calls.
func Invoke[Out any](ctx context.Context, a *Auth, name string, in any) (Out, error) {
	var none Out
	o := a.router.names[name]
	if o == nil {
		return none, fmt.Errorf("%w: %s (is its feature given to New?)", ErrUnknownOperation, name)
	}
	v := reflect.New(o.In).Elem()
	if reflect.TypeOf(in) != o.In {
		return none, fmt.Errorf("%w: %s takes %s, not %T", ErrUnknownOperation, name, o.In, in)
	}
	v.Set(reflect.ValueOf(in))
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	acting, _ := ctx.Value(actingKey{}).(string)
	c := &Call{auth: a, operation: o, acting: acting}
	ctx = context.WithValue(ctx, callKey{}, c)
	var out any
	err := guarded(func() (err error) {
		if err := a.refuseUnheld(ctx); err != nil {
			return err
		}
		if err := o.input.checkAll(v); err != nil {
			return err
		}
		out, err = c.run(ctx, v)
		return err
	})
	if err != nil {
		return none, a.explain(ctx, err)
	}
	typed, ok := out.(Out)
	if !ok {
		return none, fmt.Errorf("%w: %s answers %s, not %T", ErrUnknownOperation, name, o.Out, none)
	}
	return typed, nil
}
