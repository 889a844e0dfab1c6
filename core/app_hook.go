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
//
// Hooks see changes that name one record. What ends with its user runs the user's hooks alone, and sessions that have
// expired are swept without any.
type Hooks struct {
	User    UserHooks
	Session SessionHooks
	Account AccountHooks
}

// UserHooks are the steps around changes to users. Nil steps are skipped. An id that BeforeCreate sets is kept.
type UserHooks struct {
	BeforeCreate func(ctx context.Context, u *User) error
	AfterCreate  func(ctx context.Context, u User) error
	BeforeUpdate func(ctx context.Context, id string, change *Patch) error
	AfterUpdate  func(ctx context.Context, u User) error
	BeforeDelete func(ctx context.Context, u User) error
	AfterDelete  func(ctx context.Context, u User) error
}

// SessionHooks are the steps around changes to sessions. Nil steps are skipped. Where there are steps for deletion, the
// sessions to end are read first. A session's Token is its stored form in steps of deletion.
type SessionHooks struct {
	BeforeCreate func(ctx context.Context, s *Session) error
	AfterCreate  func(ctx context.Context, s Session) error
	BeforeUpdate func(ctx context.Context, id string, change *Patch) error
	AfterUpdate  func(ctx context.Context, s Session) error
	BeforeDelete func(ctx context.Context, s Session) error
	AfterDelete  func(ctx context.Context, s Session) error
}

// AccountHooks are the steps around changes to accounts. Nil steps are skipped. A hash that is replaced by a newer one
// of the same password changes nothing that a hook could want to know.
type AccountHooks struct {
	BeforeCreate func(ctx context.Context, a *Account) error
	AfterCreate  func(ctx context.Context, a Account) error
	BeforeUpdate func(ctx context.Context, id string, change *Patch) error
	AfterUpdate  func(ctx context.Context, a Account) error
	BeforeDelete func(ctx context.Context, a Account) error
	AfterDelete  func(ctx context.Context, a Account) error
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
