package kerniapostgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// rollbackTime bounds how long a roll-back waits for the server when the caller's context is already over.
const rollbackTime = 5 * time.Second

// A transaction travels in a context. Outer is the joined transaction within which it began, if any.
type transaction struct {
	tx    pgx.Tx
	outer *transaction
}

type (
	joinedKey struct{}
	ownKey    struct{ store *Store }
)

// Join returns a context whose calls, of any Store, belong to tx, a transaction of the application. The
// application commits tx or rolls it back; until then nobody else sees what was written. As always in PostgreSQL,
// a call that fails spoils the transaction; one inside [Store.Tx] spoils only up to that savepoint. The context
// must not be used by two goroutines at once, nor after tx is over.
func Join(ctx context.Context, tx pgx.Tx) context.Context {
	return context.WithValue(ctx, joinedKey{}, &transaction{tx: tx})
}

// Joined reports whether calls with ctx belong to a transaction of the application, brought by [Join].
func (s *Store) Joined(ctx context.Context) bool {
	return ctx.Value(joinedKey{}) != nil
}

// on returns what calls with ctx run on: the transaction that was begun or joined last, else the pool.
func (s *Store) on(ctx context.Context) (on querier, inTx bool) {
	joined, _ := ctx.Value(joinedKey{}).(*transaction)
	own, _ := ctx.Value(ownKey{s}).(*transaction)
	switch {
	case own != nil && own.outer == joined:
		return own.tx, true
	case joined != nil:
		return joined.tx, true
	}
	return s.pool, false
}

// TxFrom returns the transaction that calls of this Store with ctx belong to, or nil, for statements of the application's
// own in it, as in a hook that runs while a user is created. Whoever began it ends it.
func (s *Store) TxFrom(ctx context.Context) pgx.Tx {
	on, _ := s.on(ctx)
	tx, _ := on.(pgx.Tx)
	return tx
}

// Tx implements [ports.Store]. It never runs f twice: a transaction that the server gives up because of others
// fails with [ports.ErrUnavailable].
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	on, _ := s.on(ctx)
	tx, err := on.Begin(ctx)
	if err != nil {
		return s.fail(ctx, "tx", nil, err)
	}
	finished := false
	defer func() {
		if !finished { // f failed, panicked or ended the goroutine
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
			defer cancel()
			_ = tx.Rollback(late) // where even this fails, pgx drops the connection, and the server rolls back
		}
	}()
	joined, _ := ctx.Value(joinedKey{}).(*transaction)
	if err := f(context.WithValue(ctx, ownKey{s}, &transaction{tx: tx, outer: joined})); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return s.fail(ctx, "commit", nil, err)
	}
	finished = true
	return nil
}
