package kerniasqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

// TestOwnDatabase works on an application's own sql.DB, with foreign keys off and on.
func TestOwnDatabase(t *testing.T) {
	for name, query := range map[string]string{
		"ForeignKeysOff":     "?_pragma=foreign_keys(0)",
		"ForeignKeysOn":      "?_pragma=foreign_keys(1)",
		"TimesFromText":      "?_texttotime=1&_inttotime=1&_time_format=sqlite",
		"RecursiveTriggers":  "?_pragma=recursive_triggers(1)&_pragma=foreign_keys(1)",
		"ReverseUnordered":   "?_pragma=reverse_unordered_selects(1)",
		"ExclusiveAndMemory": "?_pragma=journal_mode(memory)",
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, "file:"+filepath.Join(t.TempDir(), "app.db")+query)
			s := kerniasqlite.New(db)
			cascades(t, s)
			closed(t, s)
			if err := db.PingContext(t.Context()); err != nil {
				t.Errorf("Close closed the application's database: %v", err)
			}
			if _, err := s.Count(t.Context(), &ports.Query{Model: newAuth().user, Limit: 1}, nil); !errors.Is(err, ports.ErrUnavailable) {
				t.Errorf("Count after Close = %v, want ErrUnavailable", err)
			}
		})
	}
	t.Run("OneConnection", func(t *testing.T) {
		db := openDB(t, filepath.Join(t.TempDir(), "app.db"))
		db.SetMaxOpenConns(1)
		cascades(t, kerniasqlite.New(db))
	})
	t.Run("InMemory", func(t *testing.T) { cascades(t, openStore(t, ":memory:")) })
	t.Run("OddPath", func(t *testing.T) { cascades(t, openStore(t, filepath.Join(t.TempDir(), "a b?c#d%41é.db"))) })
}

// cascades removes a user with all that refers to it, and no more.
func cascades(t *testing.T, s *kerniasqlite.Store) {
	t.Helper()
	a, ctx := newAuth(), t.Context()
	if _, err := s.Migrate(ctx, a.all(), true); err != nil {
		t.Fatal(err)
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		for _, u := range []string{"u1", "u2", "u3"} {
			if _, err := s.Create(ctx, a.user, a.newUser(u)); err != nil {
				return err
			}
			for _, r := range []string{"-1", "-2"} {
				if _, err := s.Create(ctx, a.session, a.newSession(u+r, u)); err != nil {
					return err
				}
				if _, err := s.Create(ctx, a.account, a.newAccount(u+r, u, "p", u+r)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rs, err := s.Find(ctx, a.byToken, []ports.Value{ports.String("none"), ports.String("token-u3-2")})
	if err != nil || len(rs) != 1 || !rs[0][1].Equal(then()) {
		t.Errorf("Find = %v, %v", rs, err)
	}
	r, ok, err := s.Take(ctx, &ports.Take{Model: a.user, Key: ports.Key{"email"}}, []ports.Value{ports.String("u1@example.com")})
	if err != nil || !ok || r[0].AsString() != "u1" {
		t.Errorf("Take = %v, %v, %v", r, ok, err)
	}
	n, err := s.Delete(ctx, &ports.Delete{Model: a.user, Where: []ports.Condition{{Field: "id"}}}, []ports.Value{ports.String("u2")})
	if err != nil || n != 1 {
		t.Errorf("Delete = %d, %v, want 1", n, err)
	}
	for m, want := range map[*ports.Model]int64{a.user: 1, a.session: 2, a.account: 2} {
		if n, err := s.Count(ctx, &ports.Query{Model: m, Limit: 1}, nil); n != want || err != nil {
			t.Errorf("%d records of %s left, %v, want %d", n, m.Name, err, want)
		}
	}
}

func TestJoin(t *testing.T) {
	a := newAuth()
	setup := func(t *testing.T) (*sql.DB, *kerniasqlite.Store) {
		db := openDB(t, filepath.Join(t.TempDir(), "app.db"))
		s := kerniasqlite.New(db)
		t.Cleanup(func() { closed(t, s) })
		if _, err := s.Migrate(t.Context(), a.all(), true); err != nil {
			t.Fatal(err)
		}
		return db, s
	}
	for _, c := range []struct {
		promise        string
		end            func(*sql.Tx) error
		users, session int64
	}{
		{"LeavesNothingAfterRollback", (*sql.Tx).Rollback, 0, 0},
		{"KeepsWhatIsCommitted", (*sql.Tx).Commit, 1, 1},
	} {
		t.Run(c.promise, func(t *testing.T) {
			db, s := setup(t)
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx := kerniasqlite.Join(t.Context(), tx)
			write(ctx, t, s, a)
			if err := c.end(tx); err != nil {
				t.Fatal(err)
			}
			if u, n := count(t.Context(), t, s, a.user), count(t.Context(), t, s, a.session); u != c.users || n != c.session {
				t.Errorf("%d users and %d sessions are stored, want %d and %d", u, n, c.users, c.session)
			}
			if _, err := s.Create(ctx, a.user, a.newUser("late")); !errors.Is(err, ports.ErrInvalid) {
				t.Errorf("Create after the end = %v, want ErrInvalid", err)
			}
		})
	}
	t.Run("WorksAcrossTwoHandlesOnOneFile", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.db")
		s := openAuth(t, path, a)
		db := openDB(t, "file:"+path+"?_txlock=immediate")
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		write(kerniasqlite.Join(t.Context(), tx), t, s, a)
		if n := count(t.Context(), t, s, a.user); n != 0 {
			t.Errorf("%d users outside before the commit", n)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if n := count(t.Context(), t, s, a.user); n != 1 {
			t.Errorf("%d users after the commit, want 1", n)
		}
	})
}

// write creates a user, a session in a Tx that is kept and another in one that is not.
func write(ctx context.Context, t *testing.T, s *kerniasqlite.Store, a *auth) {
	t.Helper()
	if _, err := s.Create(ctx, a.user, a.newUser("u")); err != nil {
		t.Fatal(err)
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		_, err := s.Create(ctx, a.session, a.newSession("s", "u"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	undo := errors.New("undo")
	err = s.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Create(ctx, a.session, a.newSession("s2", "u")); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	if n := count(ctx, t, s, a.session); n != 1 {
		t.Errorf("the transaction sees %d sessions of its own, want 1", n)
	}
}

func count(ctx context.Context, t *testing.T, s *kerniasqlite.Store, m *ports.Model) int64 {
	t.Helper()
	n, err := s.Count(ctx, &ports.Query{Model: m, Limit: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTxFrom: a statement on it is undone with the store's own.
func TestTxFrom(t *testing.T) {
	s := openStore(t, ":memory:")
	if tx := s.TxFrom(t.Context()); tx != nil {
		t.Errorf("TxFrom outside of a transaction = %v", tx)
	}
	lost := errors.New("lost")
	for _, want := range []error{lost, nil} { // the second time, nothing is left of the first
		err := s.Tx(t.Context(), func(ctx context.Context) error {
			if _, err := s.TxFrom(ctx).ExecContext(ctx, "create table own (n)"); err != nil {
				return err
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Errorf("Tx = %v, want %v", err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	a := newAuth()
	t.Run("MissingTableIsUnavailable", func(t *testing.T) {
		s := openStore(t, ":memory:")
		if _, err := s.Create(t.Context(), a.user, a.newUser("secret")); !errors.Is(err, ports.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Create without a table = %v, want ErrUnavailable", err)
		}
	})
	t.Run("MissingColumnIsUnavailable", func(t *testing.T) {
		s := openAuth(t, ":memory:", a)
		b := newAuth()
		b.user.Fields = append(b.user.Fields, ports.Field{Name: "plan", Type: ports.TypeString, Null: true})
		b.user.Index = append(b.user.Index, ports.Key{"plan"})
		if rs, err := s.Find(t.Context(), &ports.Query{Model: b.user, Where: []ports.Condition{{Field: "plan"}}, Limit: 1}, []ports.Value{ports.String("plan")}); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Find by a column that is not there = %v, %v, want ErrUnavailable", rs, err)
		}
	})
	t.Run("MissingReferenceIsInvalid", func(t *testing.T) {
		s := openAuth(t, ":memory:", a)
		if _, err := s.Create(t.Context(), a.session, a.newSession("secret", "nobody")); !errors.Is(err, ports.ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Create of a session of nobody = %v, want ErrInvalid", err)
		}
	})
	t.Run("ClosedIsUnavailable", func(t *testing.T) {
		s := openAuth(t, filepath.Join(t.TempDir(), "app.db"), a)
		count(t.Context(), t, s, a.user)
		closed(t, s)
		if _, err := s.Count(t.Context(), &ports.Query{Model: a.user, Limit: 1}, nil); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Count after Close = %v, want ErrUnavailable", err)
		}
		if _, err := s.Create(t.Context(), a.user, a.newUser("u")); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Create after Close = %v, want ErrUnavailable", err)
		}
	})
	t.Run("UnreachablePathIsUnavailable", func(t *testing.T) {
		if _, err := kerniasqlite.Open(t.Context(), filepath.Join(t.TempDir(), "none", "app.db")); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Open in a folder that is not there = %v, want ErrUnavailable", err)
		}
		if _, err := kerniasqlite.Open(t.Context(), ""); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Open of no path = %v, want ErrInvalid", err)
		}
	})
	t.Run("LockedEndsInTime", func(t *testing.T) { locked(t, a) })
}

func locked(t *testing.T, a *auth) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.db")
	openAuth(t, path, a)
	s, err := kerniasqlite.Open(t.Context(), path, kerniasqlite.Options{BusyTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, s) })
	other := openDB(t, "file:"+path+"?_txlock=immediate")
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := s.Create(t.Context(), a.user, a.newUser("u")); !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("Create in a locked database = %v, want ErrUnavailable", err)
	}
	if n := count(t.Context(), t, s, a.user); n != 0 {
		t.Errorf("a locked database cannot be read")
	}
	patient := openStore(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := patient.Create(ctx, a.user, a.newUser("u")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Create in a locked database with a deadline = %v, want the deadline's", err)
	}
}

// TestPanic rolls back and panics the same, at both levels.
func TestPanic(t *testing.T) {
	a := newAuth()
	s := openAuth(t, ":memory:", a)
	func() {
		defer func() {
			if r := recover(); r != "boom" {
				t.Errorf("recovered %v, want boom", r)
			}
		}()
		_ = s.Tx(t.Context(), func(ctx context.Context) error {
			return s.Tx(ctx, func(ctx context.Context) error {
				if _, err := s.Create(ctx, a.user, a.newUser("u")); err != nil {
					t.Error(err)
				}
				panic("boom")
			})
		})
	}()
	if n := count(t.Context(), t, s, a.user); n != 0 {
		t.Errorf("%d users after a panic, want 0", n)
	}
}

// TestCircle removes records that refer to each other in a circle.
func TestCircle(t *testing.T) {
	note := &ports.Model{Name: "note", Fields: []ports.Field{{Name: "id", Type: ports.TypeString}, {Name: "parent", Type: ports.TypeString, Null: true}}}
	note.Fields[1].References = note
	note.Dependents = []ports.Dependent{{Model: note, Field: "parent"}}
	s := openStore(t, ":memory:")
	if _, err := s.Migrate(t.Context(), []*ports.Model{note}, true); err != nil {
		t.Fatal(err)
	}
	link := &ports.Update{Model: note, Key: ports.Key{"id"}, Set: []ports.Change{{Field: "parent"}}}
	for _, id := range []string{"a", "b", "c", "d"} {
		if _, err := s.Create(t.Context(), note, ports.Record{ports.String(id), {}}); err != nil {
			t.Fatal(err)
		}
	}
	for id, to := range map[string]string{"a": "b", "b": "c", "c": "a"} {
		if _, _, err := s.Update(t.Context(), link, []ports.Value{ports.String(id), ports.String(to)}); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Delete(t.Context(), &ports.Delete{Model: note, Where: []ports.Condition{{Field: "id"}}}, []ports.Value{ports.String("a")})
	if n != 3 || err != nil || count(t.Context(), t, s, note) != 1 {
		t.Errorf("Delete of one of three in a circle = %d, %v, want 3", n, err)
	}
}

// TestPrefix keeps two applications apart in one file.
func TestPrefix(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "app.db"))
	a := newAuth()
	s := kerniasqlite.New(db, kerniasqlite.Options{Prefix: "auth_"})
	defer closed(t, s)
	if _, err := s.Migrate(t.Context(), a.all(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), a.user, a.newUser("u")); err != nil {
		t.Fatal(err)
	}
	again := a.newUser("u2")
	again[2] = a.newUser("u")[2]
	_, err := s.Create(t.Context(), a.user, again)
	wantConflict(t, err, "user", "email")
	var n int
	if err := db.QueryRowContext(t.Context(), `select count(*) from "auth_user"`).Scan(&n); n != 1 || err != nil {
		t.Errorf("auth_user has %d rows, %v, want 1", n, err)
	}
}
