package kerniapostgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// signUp writes what a sign-up writes, the session within a transaction of its own.
func signUp(ctx context.Context, s *kerniapostgres.Store, m tables) error {
	u, err := s.Create(ctx, m.user, record(m.user, nil))
	if err != nil {
		return err
	}
	return s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Create(ctx, m.account, record(m.account, values{"userId": u[0]})); err != nil {
			return err
		}
		_, err := s.Create(ctx, m.session, record(m.session, values{"userId": u[0]}))
		return err
	})
}

func TestJoin(t *testing.T) {
	begin := func(t *testing.T) (*kerniapostgres.Store, tables, pgx.Tx) {
		t.Helper()
		pool, m := newPool(t), newTables(ports.IDText)
		s := newStore(t, pool, m.all()...)
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) }) //nolint:usetesting // the test's own context has ended
		return s, m, tx
	}
	count := func(t *testing.T, s *kerniapostgres.Store, m tables) int64 {
		t.Helper()
		return size(t, s, m.user) + size(t, s, m.account) + size(t, s, m.session)
	}
	t.Run("LeavesNothingAfterARollback", func(t *testing.T) {
		s, m, tx := begin(t)
		if err := signUp(kerniapostgres.Join(t.Context(), tx), s, m); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, m); n != 0 {
			t.Errorf("%d records are seen outside before the commit", n)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, m); n != 0 {
			t.Errorf("%d records are left after the rollback", n)
		}
	})
	t.Run("KeepsAllAfterACommit", func(t *testing.T) {
		s, m, tx := begin(t)
		if err := signUp(kerniapostgres.Join(t.Context(), tx), s, m); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, m); n != 3 {
			t.Errorf("%d records after the commit, want 3", n)
		}
	})
	t.Run("NeedsNoOtherConnection", func(t *testing.T) {
		m := newTables(ports.IDText)
		schema := newStoreSchema(t, m)
		one := newPool(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
		tx, err := one.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		s := kerniapostgres.New(one, kerniapostgres.Options{Schema: schema})
		bound, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		ctx := kerniapostgres.Join(bound, tx)
		if err := signUp(ctx, s, m); err != nil {
			t.Fatal(err)
		}
		err = s.Tx(ctx, func(ctx context.Context) error {
			_, err := s.Create(ctx, m.user, record(m.user, values{"id": ports.String("2")}))
			return err
		})
		var conflict *ports.ConflictError
		if !errors.As(err, &conflict) || conflict.Key != "email" {
			t.Errorf("a conflict in a joined transaction: %v", err)
		}
		if rs, err := s.Find(ctx, by(m.user, "id"), []ports.Value{ports.String("user-id")}); err != nil || len(rs) != 1 {
			t.Errorf("Find after a savepoint was undone = %v, %v", rs, err)
		}
	})
	t.Run("IsKnownFromTheContext", func(t *testing.T) {
		s, _, tx := begin(t)
		joined := kerniapostgres.Join(t.Context(), tx)
		if s.Joined(t.Context()) || !s.Joined(joined) {
			t.Errorf("Joined = %v, %v, want false, true", s.Joined(t.Context()), s.Joined(joined))
		}
		err := s.Tx(t.Context(), func(ctx context.Context) error {
			if s.Joined(ctx) {
				t.Errorf("the Store's own transaction counts as joined")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("CountsFromWhereItIsCalled", func(t *testing.T) {
		s, m, tx := begin(t)
		err := s.Tx(t.Context(), func(ctx context.Context) error { return signUp(kerniapostgres.Join(ctx, tx), s, m) })
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, m); n != 0 {
			t.Errorf("what was joined within another transaction was committed by that one")
		}
	})
	t.Run("RefusesATransactionThatIsOver", func(t *testing.T) {
		s, m, tx := begin(t)
		_ = tx.Rollback(t.Context())
		if err := signUp(kerniapostgres.Join(t.Context(), tx), s, m); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Create after the transaction: %v, want ErrInvalid", err)
		}
	})
}

// newStoreSchema returns a schema with the tables of m.
func newStoreSchema(tb testing.TB, m tables) string {
	tb.Helper()
	pool := newPool(tb)
	schema := newSchema(tb, pool)
	migrate(tb, kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema}), m.all()...)
	return schema
}

// TestTxFrom: a statement on it is undone with the store's own.
func TestTxFrom(t *testing.T) {
	m := newTables(ports.IDText)
	s := newStore(t, newPool(t), m.all()...)
	if tx := s.TxFrom(t.Context()); tx != nil {
		t.Errorf("TxFrom outside of a transaction = %v", tx)
	}
	lost := errors.New("lost")
	for _, want := range []error{lost, nil} { // the second time, nothing is left of the first
		err := s.Tx(t.Context(), func(ctx context.Context) error {
			if _, err := s.TxFrom(ctx).Exec(ctx, "CREATE TABLE own (n bigint)"); err != nil {
				return err
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Errorf("Tx = %v, want %v", err, want)
		}
	}
}
