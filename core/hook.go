package kernia

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// before runs one before-hook on a record; its error denies.
func before[T any](ctx context.Context, hook func(context.Context, *T) error, record *T, denial *Error) error {
	if hook == nil {
		return nil
	}
	return denied(guarded(func() error { return hook(ctx, record) }), denial)
}

// after runs one hook on a finished record; its error fails the call.
func after[T any](ctx context.Context, hook func(context.Context, T) error, record T, denial *Error) error {
	if hook == nil {
		return nil
	}
	return denied(guarded(func() error { return hook(ctx, record) }), denial)
}

func beforeUpdate(ctx context.Context, hook func(context.Context, string, *Patch) error, id string, change *Patch, denial *Error) error {
	if hook == nil {
		return nil
	}
	return denied(guarded(func() error { return hook(ctx, id, change) }), denial)
}

// denied turns a hook's own failure into the answer for a denial; an Error is the answer the hook wants, and an
// outage or a panic stays what it is.
func denied(err error, denial *Error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok || outage(err) {
		return err
	}
	if _, ok := errors.AsType[*panicError](err); ok {
		return err
	}
	return denial.Because(err)
}

// A panicError is a panic that was caught, with where it happened.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// guarded runs f and returns its panic, if any, as an error.
func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return f()
}
