package kerniamongo

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"github.com/kernia-go/kernia/ports"
)

// txKey is the context key of the transaction of one Store.
type txKey struct{ s *Store }

// A transaction is what a context carries inside Tx, also where the server has none.
type transaction struct {
	session mongo.Session // nil where the server has no transactions
	begun   bool          // a call was made in it
	failed  atomic.Bool   // an inner one failed
	ended   atomic.Bool
}

// settings returns what every transaction begins with.
func settings() *options.TransactionOptions {
	return options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority())
}

// again begins the transaction anew.
func (t *transaction) again(ctx context.Context) error {
	_ = t.session.AbortTransaction(ctx) // the server has done so
	t.failed.Store(false)
	return t.session.StartTransaction(settings())
}

// do makes one call to the server, which f does: it refuses what is over and bounds the rest. Where the first call
// of a transaction collides with another transaction, nothing is lost by beginning again, as if it had waited.
func (s *Store) do(ctx context.Context, f func(ctx context.Context) error) error {
	t, _ := ctx.Value(txKey{s}).(*transaction)
	if t != nil && t.ended.Load() {
		return fmt.Errorf("%w: the transaction has ended", ports.ErrInvalid)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if t == nil || t.session == nil {
		return f(ctx)
	}
	for tries := 0; ; tries++ {
		err := f(ctx)
		if t.begun || !collided(err) || !pause(ctx, tries) {
			t.begun = true
			return err
		}
		if err := t.again(ctx); err != nil {
			return err
		}
	}
}

// collided reports whether err says that a transaction lost against another one and may be tried again.
func collided(err error) bool {
	var said mongo.ServerError
	return errors.As(err, &said) && said.HasErrorLabel("TransientTransactionError")
}

// pause waits longer from try to try; it reports false once ctx is done.
func pause(ctx context.Context, tries int) bool {
	wait := time.NewTimer(time.Duration(min(tries+1, 20)) * 2 * time.Millisecond)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
		return true
	}
}

// Tx runs f in a transaction where the server has them; the package documentation says what holds where. See
// [ports.Store].
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if t, ok := ctx.Value(txKey{s}).(*transaction); ok {
		return t.inner(ctx, f)
	}
	var has *traits
	err := s.do(ctx, func(call context.Context) (err error) {
		has, err = s.ask(call)
		return err
	})
	if err != nil {
		return fail(ctx, "tx", nil, err)
	}
	t := &transaction{}
	defer t.ended.Store(true)
	ctx = context.WithValue(ctx, txKey{s}, t)
	if !has.transactions {
		return f(ctx)
	}
	return s.transact(ctx, t, f)
}

// inner runs f in a transaction that has begun. There are no savepoints: its failure is the whole one's.
func (t *transaction) inner(ctx context.Context, f func(ctx context.Context) error) error {
	if t.ended.Load() {
		return fail(ctx, "tx", nil, fmt.Errorf("%w: the transaction has ended", ports.ErrInvalid))
	}
	if err := ctx.Err(); err != nil {
		return fail(ctx, "tx", nil, err)
	}
	ok := false
	defer func() {
		if !ok {
			t.failed.Store(true)
		}
	}()
	err := f(ctx)
	ok = err == nil
	return err
}

func (s *Store) transact(ctx context.Context, t *transaction, f func(ctx context.Context) error) error {
	session, err := s.db.Client().StartSession()
	if err != nil {
		return fail(ctx, "tx", nil, err)
	}
	lasting := context.WithoutCancel(ctx)
	defer session.EndSession(lasting)
	t.session = session
	if err := session.StartTransaction(settings()); err != nil {
		return fail(ctx, "tx", nil, err)
	}
	committed := false
	defer func() {
		if !committed { // an error, a panic, or runtime.Goexit
			end, cancel := s.bound(lasting)
			defer cancel()
			_ = session.AbortTransaction(end)
		}
	}()
	if err := f(mongo.NewSessionContext(ctx, session)); err != nil { //nolint:contextcheck // it is ctx with the session
		return err
	}
	if err := ctx.Err(); err != nil {
		return fail(ctx, "tx", nil, err)
	}
	if t.failed.Load() {
		return fail(ctx, "tx", nil, fmt.Errorf("%w: a part of the transaction failed, and MongoDB undoes no part alone", ports.ErrUnavailable))
	}
	committed = true
	return s.commit(ctx, session)
}

// commit commits, asking again while the server does not know the outcome: the second answer is the first one's.
func (s *Store) commit(ctx context.Context, session mongo.Session) error {
	for tries := 0; ; tries++ {
		end, cancel := s.bound(ctx)
		err := session.CommitTransaction(end)
		cancel()
		if err == nil {
			return nil
		}
		var said mongo.ServerError
		unknown := errors.As(err, &said) && said.HasErrorLabel("UnknownTransactionCommitResult")
		if !unknown || tries > 2 || ctx.Err() != nil {
			return fail(ctx, "tx", nil, err)
		}
	}
}

// together runs f in a transaction where it is more than one step and the server has them, again and again while
// others are quicker.
func (s *Store) together(ctx context.Context, steps bool, f func(ctx context.Context) error) error {
	if !steps {
		return f(ctx)
	}
	own := ctx.Value(txKey{s}) == nil
	for tries := 0; ; tries++ {
		err := s.Tx(ctx, f)
		if !own || !collided(err) || !pause(ctx, tries) {
			return err
		}
	}
}
