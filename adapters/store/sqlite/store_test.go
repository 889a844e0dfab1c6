package kerniasqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

var kinds = storetest.IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID)

func TestStore(t *testing.T) {
	dir := t.TempDir()
	storetest.Run(t, func(t *testing.T, name string) ports.Store {
		s, err := kerniasqlite.OpenFast(t.Context(), filepath.Join(dir, name+".db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closed(t, s) })
		return s
	}, kinds, storetest.Explaining(explain), storetest.Joining(func(ctx context.Context, name string) (context.Context, func(bool) error, error) {
		return begin(ctx, "file:"+filepath.Join(dir, name+".db")+"?_txlock=immediate&_pragma=synchronous(0)&_pragma=busy_timeout(5000)")
	}))
}

// explain reads SQLite's own account: it searches by an index, or scans.
func explain(ctx context.Context, s ports.Store, q *ports.Query, args []ports.Value) (plan string, indexed bool, err error) {
	plan, err = s.(*kerniasqlite.Store).Explain(ctx, q, args)
	return plan, strings.Contains(plan, "SEARCH") && !strings.Contains(plan, "SCAN"), err
}

// begin begins a transaction of an application that has opened the file itself.
func begin(ctx context.Context, file string) (context.Context, func(commit bool) error, error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return nil, nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return kerniasqlite.Join(ctx, tx), func(commit bool) error {
		if commit {
			return errors.Join(tx.Commit(), db.Close())
		}
		return errors.Join(tx.Rollback(), db.Close())
	}, nil
}

// TestStoreOnOwnDatabase runs the kit on an sql.DB with the driver's own settings: a rollback journal, no waiting
// for locks, any number of connections. It does not wait for the disk either. What values mean, for which the
// statements and the driver are the same as in TestStore, is left to that.
func TestStoreOnOwnDatabase(t *testing.T) {
	dir := t.TempDir()
	storetest.Run(t, func(t *testing.T, name string) ports.Store {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, name+".db")+"?_pragma=synchronous(0)")
		if err != nil {
			t.Fatal(err)
		}
		s := kerniasqlite.New(db)
		t.Cleanup(func() {
			closed(t, s)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}, kinds, storetest.Groups("Create", "Update", "Take", "Delete", "Unique", "Migrate", "Tx", "Context", "Errors", "Random"))
}

func closed(t *testing.T, s *kerniasqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}
