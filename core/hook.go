package kernia

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Hooks are an application's or a feature's own steps around changes to users, sessions and accounts.
//
// A before-hook may change what it is given and denies the change by an error (a panic counts as one). It runs
// outside of a transaction. An after-hook runs once the change is committed and before a session is issued or an
// answer written; its error fails the request, the row stays. An [Error] that a hook returns is the client's
// answer; any other error is logged and answered by a general one. Features' hooks run in the order in which they
// were given to New, then the application's; after-hooks run the other way round.
type Hooks struct {
	User    Hook[User]
	Session Hook[Session]
	Account Hook[Account]
}

// check refuses hooks around changes that are made of many records at once or of a hash: they would never run, and
// whoever relies on one to deny would not be asked.
func (h Hooks) check() error {
	s, a := h.Session, h.Account
	if s.BeforeDelete != nil || s.AfterDelete != nil || a.BeforeUpdate != nil || a.AfterUpdate != nil || a.BeforeDelete != nil || a.AfterDelete != nil {
		return fmt.Errorf("sessions have no hooks for deletion, accounts none for update and deletion")
	}
	return nil
}

// Hook holds the steps around changes to one kind of record. Nil steps are skipped. Users have all of them, sessions
// those of creation and update, accounts those of creation; New refuses others.
type Hook[T any] struct {
	BeforeCreate func(ctx context.Context, record *T) error
	AfterCreate  func(ctx context.Context, record T) error
	BeforeUpdate func(ctx context.Context, id string, change *Patch) error
	AfterUpdate  func(ctx context.Context, record T) error
	BeforeDelete func(ctx context.Context, record T) error
	AfterDelete  func(ctx context.Context, record T) error
}

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
