package kernia

import (
	"context"
	"sync"
)

type holdKey struct{}

// Held keeps what must wait for the commit of a transaction that the application runs itself: events, and what is
// written to Config.KV of sessions and users that the transaction may yet undo. Make it with [Auth.Hold].
type Held struct {
	mu    sync.Mutex
	steps []func(ctx context.Context)
}

func (h *Held) add(step func(ctx context.Context)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.steps = append(h.steps, step)
}

// Hold returns a context in which whatever must wait for a commit waits, and the Held that lets it go. An
// application that runs Kernia's calls in a transaction of its own calls Hold on the joined context, commits, and
// then calls Release, with that context or another; after a rollback it drops the Held, and nothing has
// happened. Where sessions are in Config.KV, those that began in the transaction are there from Release on.
func (a *Auth) Hold(ctx context.Context) (*Held, context.Context) {
	h := &Held{}
	return h, context.WithValue(ctx, holdKey{}, h)
}

// Release lets go what was held, in order. Calling it again does nothing. What fails then is logged: the transaction
// is committed.
func (h *Held) Release(ctx context.Context) {
	h.mu.Lock()
	steps := h.steps
	h.steps = nil
	h.mu.Unlock()
	for _, step := range steps {
		step(valueless{ctx}) //nolint:contextcheck // it is ctx, but for the values
	}
}

// valueless is a context without its values: what is released belongs neither to the transaction nor to the Held
// that ctx may still carry.
type valueless struct{ context.Context } //nolint:containedctx // a context itself

// Value returns nil.
func (valueless) Value(any) any { return nil }

// Tx runs f in a transaction of the store; calls of this Auth with the context that f gets belong to it. Events,
// background tasks and what is written to Config.KV wait for the commit. Where f fails or panics, nothing has happened.
// A store that cannot roll back runs f all the same.
func (a *Auth) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if err := a.refuseUnheld(ctx); err != nil {
		return err
	}
	return a.tx(ctx, f)
}

// tx runs f in a transaction of the store; what f held is released after the commit, into the enclosing hold if
// there is one.
func (a *Auth) tx(ctx context.Context, f func(ctx context.Context) error) error {
	outer, nested := ctx.Value(holdKey{}).(*Held)
	held, inner := a.Hold(ctx)
	if err := a.config.Store.Tx(inner, f); err != nil {
		return err
	}
	if nested {
		held.mu.Lock()
		defer held.mu.Unlock()
		for _, step := range held.steps {
			outer.add(step)
		}
		return nil
	}
	held.Release(ctx)
	return nil
}

// committed runs step once what ctx belongs to is committed: at the release of its Held, where its error is logged,
// or at once, where its error is returned.
func (a *Auth) committed(ctx context.Context, step func(ctx context.Context) error) error {
	h, ok := ctx.Value(holdKey{}).(*Held)
	if !ok {
		return step(ctx)
	}
	h.add(func(ctx context.Context) {
		if err := step(ctx); err != nil {
			a.config.Logger.ErrorContext(ctx, "not done after a commit", "error", err)
		}
	})
	return nil
}

// refuseUnheld fails where the context is in an application's own transaction without a Hold: events would
// come out before the commit.
func (a *Auth) refuseUnheld(ctx context.Context) error {
	if a.joined == nil || !a.joined(ctx) {
		return nil
	}
	if _, ok := ctx.Value(holdKey{}).(*Held); ok {
		return nil
	}
	return errUnheld
}

var errUnheld = &Error{Kind: Internal, Code: ErrInternal.Code, Message: ErrInternal.Message, cause: errJoined{}}

type errJoined struct{}

func (errJoined) Error() string {
	return "kernia: the context is in a transaction of the application's own; call Auth.Hold on it first"
}
