package kerniasqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/kernia-go/kernia/ports"
)

// A transaction travels in a context.
type transaction struct {
	tx       *sql.Tx
	store    *Store       // nil: joined, and any Store's
	outer    *transaction // what the context carried before
	depth    int          // of savepoints
	prepared map[*statement]*sql.Stmt
	cold     []*statement // used, and not yet prepared outside
}

type txKey struct{}

// Join returns a context with which calls of a Store on the same database belong to the application's own
// transaction: they are kept if it commits and gone if it rolls back. Begin it as a writer (BEGIN IMMEDIATE), or
// its first write fails where another connection has written since it began to read. A Tx inside is a savepoint.
// The context must not be used by two goroutines at once, nor after the transaction has ended.
func Join(ctx context.Context, tx *sql.Tx) context.Context {
	outer, _ := ctx.Value(txKey{}).(*transaction)
	return context.WithValue(ctx, txKey{}, &transaction{tx: tx, outer: outer})
}

// Joined reports whether calls with ctx belong to a transaction of the application, brought by [Join].
func (s *Store) Joined(ctx context.Context) bool {
	t, _ := ctx.Value(txKey{}).(*transaction)
	for t != nil && t.store != nil {
		t = t.outer
	}
	return t != nil
}

// transaction returns the innermost transaction in ctx that is this Store's, or nil.
func (s *Store) transaction(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{}).(*transaction)
	for t != nil && t.store != nil && t.store != s {
		t = t.outer
	}
	return t
}

// TxFrom returns the transaction that calls of this Store with ctx belong to, or nil, for statements of the application's
// own in it, as in a hook that runs while a user is created. Whoever began it ends it.
func (s *Store) TxFrom(ctx context.Context) *sql.Tx {
	if t := s.transaction(ctx); t != nil {
		return t.tx
	}
	return nil
}

// Tx runs f in a transaction, or in a savepoint of the one that ctx carries. See [ports.Store].
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if t := s.transaction(ctx); t != nil {
		return s.savepoint(ctx, t, f)
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return s.fail(ctx, "tx", nil, err)
	}
	defer leave()
	var tx *sql.Tx
	if err := s.retry(ctx, func() (err error) { tx, err = s.begin(ctx); return err }); err != nil {
		return s.fail(ctx, "tx", nil, err)
	}
	outer, _ := ctx.Value(txKey{}).(*transaction)
	t := &transaction{tx: tx, store: s, outer: outer, prepared: map[*statement]*sql.Stmt{}}
	defer func() { _ = tx.Rollback() }() // after an error, a panic or runtime.Goexit; else it is over
	if err := f(context.WithValue(ctx, txKey{}, t)); err != nil {
		return err
	}
	if err := s.commit(ctx, tx); err != nil {
		return s.fail(ctx, "commit", nil, err)
	}
	s.warm(ctx, t)
	return nil
}

// begin begins a transaction that writes: one that began by reading could not, once another has written.
func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil || s.owned {
		return tx, err
	}
	for _, text := range []string{"rollback", "begin immediate"} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			_ = tx.Rollback()
			return nil, err
		}
	}
	return tx, nil
}

// commit commits; a reader in rollback journal mode may be in the way for a while.
func (s *Store) commit(ctx context.Context, tx *sql.Tx) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.owned {
		return tx.Commit()
	}
	return s.retry(ctx, func() error {
		_, err := tx.ExecContext(ctx, "commit")
		return err
	})
}

// warm prepares what a transaction had to prepare for itself, so that the next one need not.
func (s *Store) warm(ctx context.Context, t *transaction) {
	_ = t.tx.Rollback() // over already; gives its connection back
	for _, st := range t.cold {
		if _, err := s.prepare(ctx, st, true); err != nil { //nolint:sqlclosecheck // kept for the store's life
			return
		}
	}
}

func (s *Store) savepoint(ctx context.Context, t *transaction, f func(ctx context.Context) error) (err error) {
	name := "kernia_" + strconv.Itoa(t.depth)
	if _, err := t.tx.ExecContext(ctx, "savepoint "+name); err != nil {
		return s.fail(ctx, "savepoint", nil, err)
	}
	t.depth++
	kept := false
	defer func() {
		t.depth--
		if kept {
			return
		}
		ctx := context.WithoutCancel(ctx)
		_, failed := t.tx.ExecContext(ctx, "rollback to "+name)
		if failed == nil {
			_, failed = t.tx.ExecContext(ctx, "release "+name)
		}
		if failed != nil && err == nil {
			err = s.fail(ctx, "rollback", nil, failed)
		}
	}()
	if err := f(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.fail(ctx, "savepoint", nil, err)
	}
	if _, err := t.tx.ExecContext(ctx, "release "+name); err != nil {
		return s.fail(ctx, "release", nil, err)
	}
	kept = true
	return nil
}

// run starts st inside the transaction. A joined one may come from another sql.DB on the same file, whose
// prepared statements are not ours.
func (t *transaction) run(ctx context.Context, st *statement, args []any) (*sql.Rows, error) {
	if t.store == nil || st.once {
		return t.tx.QueryContext(ctx, st.sql, args...)
	}
	p := t.prepared[st]
	if p == nil {
		if outside := st.write.Load(); outside != nil {
			p = t.tx.StmtContext(ctx, outside)
		} else {
			var err error
			if p, err = t.tx.PrepareContext(ctx, st.sql); err != nil {
				return nil, err
			}
			t.cold = append(t.cold, st)
		}
		t.prepared[st] = p
	}
	return p.QueryContext(ctx, args...)
}

// within calls f inside a transaction, all or nothing.
func (s *Store) within(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		t := s.transaction(ctx)
		if t == nil {
			return fmt.Errorf("%w: no transaction", ports.ErrInvalid)
		}
		return f(ctx, t.tx)
	})
}
