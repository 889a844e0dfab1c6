package kerniamongo_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
)

var errUndo = errors.New("undo")

// TestTx proves on a scripted replica set which commands make a transaction.
func TestTx(t *testing.T) {
	ms := newModels(ports.IDText)
	create := func(ctx context.Context, s *kerniamongo.Store, id string) error {
		_, err := s.Create(ctx, ms.user, newUser(id, id+"@x"))
		return err
	}
	want := func(t *testing.T, s *script, names ...string) {
		t.Helper()
		if got := s.names(); !slices.Equal(got, names) {
			t.Errorf("the server heard %v, want %v", got, names)
		}
	}
	ok := func(string, bson.Raw) bson.D { return nil }

	t.Run("Commits", func(t *testing.T) {
		store, s := scripted(t, ok)
		err := store.Tx(t.Context(), func(ctx context.Context) error {
			return errors.Join(create(ctx, store, "a"), create(ctx, store, "b"))
		})
		if err != nil {
			t.Fatal(err)
		}
		want(t, s, "insert", "insert", "commitTransaction")
		first, second := s.heard[0], s.heard[1]
		if starts, _ := first.Lookup("startTransaction").BooleanOK(); !starts {
			t.Error("the first command does not begin a transaction")
		}
		if first.Lookup("txnNumber").AsInt64() != second.Lookup("txnNumber").AsInt64() {
			t.Error("the second command is not part of the transaction")
		}
	})
	t.Run("RollsBackOnAnError", func(t *testing.T) {
		store, s := scripted(t, ok)
		err := store.Tx(t.Context(), func(ctx context.Context) error { return errors.Join(create(ctx, store, "a"), errUndo) })
		if !errors.Is(err, errUndo) {
			t.Errorf("Tx = %v, want the function's error", err)
		}
		want(t, s, "insert", "abortTransaction")
	})
	t.Run("RollsBackOnAPanic", func(t *testing.T) {
		store, s := scripted(t, ok)
		func() {
			defer func() {
				if got := recover(); got != errUndo { //nolint:errorlint // the panic's own value, not one that wraps it
					t.Errorf("Tx panicked with %v, want what the function did", got)
				}
			}()
			_ = store.Tx(t.Context(), func(ctx context.Context) error {
				_ = create(ctx, store, "a")
				panic(errUndo)
			})
		}()
		want(t, s, "insert", "abortTransaction")
	})
	t.Run("NeverCommitsWithoutAPartThatFailed", func(t *testing.T) {
		store, s := scripted(t, ok)
		err := store.Tx(t.Context(), func(ctx context.Context) error {
			_ = store.Tx(ctx, func(ctx context.Context) error { return errors.Join(create(ctx, store, "a"), errUndo) })
			return create(ctx, store, "b")
		})
		if !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Tx = %v, want ErrUnavailable", err)
		}
		want(t, s, "insert", "insert", "abortTransaction")
	})
	t.Run("BeginsAgainWhereItsFirstCallCollides", func(t *testing.T) {
		n := 0
		store, s := scripted(t, func(name string, _ bson.Raw) bson.D {
			if n++; name == "insert" && n < 4 {
				return refused(112, "WriteConflict", "TransientTransactionError")
			}
			return nil
		})
		if err := store.Tx(t.Context(), func(ctx context.Context) error { return create(ctx, store, "a") }); err != nil {
			t.Error(err)
		}
		want(t, s, "insert", "abortTransaction", "insert", "abortTransaction", "insert", "commitTransaction")
	})
	t.Run("FailsWhereALaterCallCollides", func(t *testing.T) {
		n := 0
		store, s := scripted(t, func(name string, _ bson.Raw) bson.D {
			if n++; n == 2 {
				return refused(112, "WriteConflict", "TransientTransactionError")
			}
			return nil
		})
		err := store.Tx(t.Context(), func(ctx context.Context) error {
			return errors.Join(create(ctx, store, "a"), create(ctx, store, "b"))
		})
		if !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Tx = %v, want ErrUnavailable", err)
		}
		want(t, s, "insert", "insert", "abortTransaction")
	})
	t.Run("AsksAgainWhetherItCommitted", func(t *testing.T) {
		n := 0
		store, s := scripted(t, func(name string, _ bson.Raw) bson.D {
			if n++; n == 2 {
				return refused(91, "shutting down", "UnknownTransactionCommitResult")
			}
			return nil
		})
		if err := store.Tx(t.Context(), func(ctx context.Context) error { return create(ctx, store, "a") }); err != nil {
			t.Error(err)
		}
		want(t, s, "insert", "commitTransaction", "commitTransaction")
	})
	t.Run("DeletesWithReferrersInOneAndTriesAgain_D04", func(t *testing.T) {
		n := 0
		store, s := scripted(t, func(name string, _ bson.Raw) bson.D {
			n++
			switch {
			case name == "find":
				return batch(bson.D{{Key: "_id", Value: "a"}})
			case name == "delete" && n == 2:
				return refused(112, "WriteConflict", "TransientTransactionError")
			}
			return bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 1}}
		})
		m := &ports.Delete{Model: ms.user, Where: []ports.Condition{{Field: "email"}}}
		if n, err := store.Delete(t.Context(), m, []ports.Value{ports.String("a@x")}); n != 1 || err != nil {
			t.Errorf("Delete = %d, %v, want 1", n, err)
		}
		want(t, s, "find", "delete", "abortTransaction", "find", "delete", "delete", "delete", "commitTransaction")
	})
	t.Run("CountsSerialIDsOutsideIt", func(t *testing.T) {
		serial := newModels(ports.IDSerial)
		store, s := scripted(t, func(name string, _ bson.Raw) bson.D {
			if name == "findAndModify" {
				return bson.D{{Key: "ok", Value: 1}, {Key: "value", Value: bson.D{{Key: "last", Value: int64(7)}}}}
			}
			return nil
		})
		err := store.Tx(t.Context(), func(ctx context.Context) error {
			r, err := store.Create(ctx, serial.user, newUser("", "a@x"))
			if err == nil && r[0].AsString() != "7" {
				t.Errorf("the id is %q, want 7", r[0].AsString())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want(t, s, "findAndModify", "insert", "commitTransaction")
		if _, err := s.heard[0].LookupErr("startTransaction"); err == nil {
			t.Error("the counter is part of the transaction")
		}
	})
}
