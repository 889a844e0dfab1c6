package kernia

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Hooks are functions that run before and after changes to users, sessions and accounts.
//
// A before-hook may change the value it gets. If it returns an error or panics, nothing is changed. It runs outside a
// transaction. An after-hook runs once the change is committed, and before a session is issued or an answer written.
// Its error fails the request, but the change stays; in [Users.CreateQuietly] it runs behind the answer. DuringCreate
// runs in between, in the transaction. An [Error] from a hook is the client's answer; any other error is logged, and the
// client gets a general one. Before-hooks of features run first, in the order in which the features were given to New,
// and then the application's. After-hooks run in the reverse order.
//
// Hooks run for changes to a single record. When a user is deleted, only the user's hooks run, not those of the
// sessions and accounts deleted with it. No hook runs when expired sessions are removed.
type Hooks struct {
	User    UserHooks
	Session SessionHooks
	Account AccountHooks
}

// UserHooks run around changes to users. Nil hooks are skipped. An id that BeforeCreate sets is kept.
//
// DuringCreate is for rows that every user has. It runs in the transaction that stores the user: calls of the Auth and of
// tables with its ctx belong to it, and so do an application's own statements on the transaction that TxFrom of the SQLite
// and Postgres stores returns. Its error or panic undoes the user; a store that cannot roll back keeps its
// rows. It must not send anything or call other servers. After ErrUserExists it does not run; in [Users.CreateQuietly] it
// runs for a taken address too, and is rolled back.
type UserHooks struct {
	BeforeCreate func(ctx context.Context, u *User) error
	DuringCreate func(ctx context.Context, u User) error
	AfterCreate  func(ctx context.Context, u User) error
	BeforeUpdate func(ctx context.Context, id string, change *Patch) error
	AfterUpdate  func(ctx context.Context, u User) error
	BeforeDelete func(ctx context.Context, u User) error
	AfterDelete  func(ctx context.Context, u User) error
}

// SessionHooks run around changes to sessions. Nil hooks are skipped. If there are hooks for deletion, sessions are
// read before they end; in these hooks a session's Token is its stored form. BeforeUpdate also runs when a session is
// extended: the change then has expiresAt, which it may move, and may get added fields.
type SessionHooks struct {
	BeforeCreate func(ctx context.Context, s *Session) error
	AfterCreate  func(ctx context.Context, s Session) error
	BeforeUpdate func(ctx context.Context, id string, change *Patch) error
	AfterUpdate  func(ctx context.Context, s Session) error
	BeforeDelete func(ctx context.Context, s Session) error
	AfterDelete  func(ctx context.Context, s Session) error
}

// AccountHooks run around changes to accounts. Nil hooks are skipped. They do not run when the same password is merely
// hashed again in a newer form.
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
