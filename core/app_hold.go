package kernia

import (
	"context"
	"sync"
)

type holdKey struct{}

// Held keeps what must wait for the commit of the application's own transaction: events, background tasks, and writes
// to Config.KV about sessions and users that the transaction may still undo. [Auth.Hold] makes it.
type Held struct {
	mu    sync.Mutex
	steps []func(ctx context.Context)
}

func (h *Held) add(step func(ctx context.Context)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.steps = append(h.steps, step)
}

// Hold makes events, background tasks and writes to Config.KV wait while the application runs Kernia's calls in its own
// transaction: it returns a context for those calls, and the Held that keeps what waits. Call Hold on the joined
// context, commit, and then call Release, with any context. After a rollback drop the Held, and nothing has happened.
// If sessions are in Config.KV, those that began in the transaction are there from Release on, and those that ended in it
// are there until then.
func (a *Auth) Hold(ctx context.Context) (*Held, context.Context) {
	h := &Held{}
	return h, context.WithValue(ctx, holdKey{}, h)
}

// Release runs what was held, in order. Calling it again does nothing. Failures are logged, since the transaction is
// committed already.
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
// background tasks and writes to Config.KV wait for the commit. If f fails or panics, nothing has happened. A store
// that cannot roll back runs f all the same, and keeps what f wrote.
func (a *Auth) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if err := a.refuseUnheld(ctx); err != nil {
		return err
	}
	return a.tx(ctx, f)
}

// tx runs f in a transaction of the store. What f held is released after the commit or, inside another Hold, handed to
// that.
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

// committed runs step once the transaction of ctx is committed: when its Held is released, and step's error is then
// logged. Without a Held it runs step at once and returns its error.
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

// refuseUnheld fails if the context is in the application's own transaction without a Hold: events would come before
// the commit.
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
