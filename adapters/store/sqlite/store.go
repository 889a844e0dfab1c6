package kerniasqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/kernia-go/kernia/ports"
)

// Options are the settings of a [Store]. The zero Options are recommended.
type Options struct {
	Prefix      string        // put before the name of every table
	BusyTimeout time.Duration // how long a call waits for another connection's lock; 0: five seconds
	Readers     int           // of Open: how many reads at a time; 0: as many as processors, at least 4
}

// A Store is a [ports.Store] on one SQLite database, made by [Open] or [New]. It rolls back and keeps everything
// that the port promises between any number of processes.
//
// A transaction is the only writer: until it ends, writes outside it wait, one that its own function makes with
// another context included, so such a call should have a deadline. On a database in memory reads wait as well.
type Store struct {
	reader, writer *sql.DB
	owned          bool          // opened by Open: closed here, and begins its transactions as writers
	gate           chan struct{} // on another's connections, where one of ours writes at a time; nil where the writer is one connection
	prefix         string
	busyTimeout    time.Duration

	tables    sync.Map // *ports.Model to *table
	queries   sync.Map // *ports.Query to *query
	mutations sync.Map // *ports.Update, *ports.Delete or *ports.Take to *mutation
	all       statements
}

var (
	_ ports.Store    = (*Store)(nil)
	_ ports.Joinable = (*Store)(nil)
)

// memory is the path of a database that lives as long as its one connection.
const memory = ":memory:"

// Open opens the database file at path, and creates it, for its owner alone, where it is missing: in WAL mode, with foreign keys
// enforced, one connection that writes and some that read. The path ":memory:" is a database of its own in memory.
// It takes at most one Options. The caller closes the Store.
func Open(ctx context.Context, path string, options ...Options) (*Store, error) {
	return open(ctx, path, "&_pragma=foreign_keys(1)", first(options))
}

func open(ctx context.Context, path, pragmas string, o Options) (*Store, error) {
	if path == "" {
		return nil, fmt.Errorf("kerniasqlite: open: %w: an empty path", ports.ErrInvalid)
	}
	// Waiting for a lock any longer is done in retry, which a context can end.
	common := "?_txlock=immediate&_pragma=busy_timeout(50)" + pragmas
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	if path == memory {
		name = memory
	}
	s := store(o)
	s.owned = true
	if path != memory {
		own(path)
	}
	var err error
	if s.writer, err = sql.Open("sqlite", name+common+"&_pragma=journal_mode(WAL)"); err != nil {
		return nil, fmt.Errorf("kerniasqlite: open: %w: %w", ports.ErrUnavailable, err)
	}
	s.writer.SetMaxOpenConns(1)
	s.reader = s.writer
	if path != memory {
		if s.reader, err = sql.Open("sqlite", name+common+"&_pragma=query_only(1)"); err != nil {
			return nil, errors.Join(fmt.Errorf("kerniasqlite: open: %w: %w", ports.ErrUnavailable, err), s.writer.Close())
		}
		n := o.Readers
		if n <= 0 {
			n = max(4, runtime.GOMAXPROCS(0))
		}
		s.reader.SetMaxOpenConns(n)
		s.reader.SetMaxIdleConns(n)
	}
	// Two processes that open a new file at the same moment stand in each other's way.
	if err := s.retry(ctx, func() error { return s.writer.PingContext(ctx) }); err != nil {
		return nil, errors.Join(s.fail(ctx, "open", nil, err), s.Close())
	}
	return s, nil
}

// own creates a file that is missing, so that only its owner can read it; SQLite gives the files beside it the same mode.
// What fails here fails when SQLite opens the file, and is said then.
func own(path string) {
	if f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil { //nolint:gosec // the application chose the path
		_ = f.Close()
	}
}

// New returns a Store on the application's database, whatever its pragmas and its driver. It takes at most one
// Options. Keep the database's own busy timeout short: no context ends it, while the Store waits for locks by itself.
func New(db *sql.DB, options ...Options) *Store {
	s := store(first(options))
	s.reader, s.writer = db, db
	s.gate = make(chan struct{}, 1)
	return s
}

func first(options []Options) (o Options) {
	if len(options) > 0 {
		o = options[0]
	}
	return o
}

func store(o Options) *Store {
	s := &Store{prefix: o.Prefix, busyTimeout: o.BusyTimeout}
	if s.busyTimeout <= 0 {
		s.busyTimeout = 5 * time.Second
	}
	return s
}

// Close ends the Store, which must not be used afterwards. It closes the database that [Open] opened, and leaves the
// one that [New] was given open.
func (s *Store) Close() error {
	errs := []error{s.all.close()}
	if s.owned {
		if s.reader != s.writer { // first: only who may write can tidy up as the last to leave
			errs = append(errs, s.reader.Close())
		}
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}

// Create stores r and returns it as stored. See [ports.Store].
func (s *Store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	t, err := s.table(m)
	if err == nil {
		err = m.CheckRecord(r)
	}
	if err != nil {
		return nil, s.fail(ctx, "create", m, err)
	}
	if m.ID == ports.IDObjectID {
		r = append(ports.Record{ports.String(objectID())}, r[1:]...)
	}
	args, err := t.insert.encode(r, 0, 0)
	if err != nil {
		return nil, s.fail(ctx, "create", m, err)
	}
	records, err := s.records(ctx, t.insert, true, args)
	if err != nil {
		return nil, s.fail(ctx, "create", m, err)
	}
	if len(records) != 1 {
		return nil, s.fail(ctx, "create", m, fmt.Errorf("%w: the database kept no record", ports.ErrUnavailable))
	}
	return records[0], nil
}

// objectID returns 24 hexadecimal digits: the seconds of now and eight random bytes.
func objectID() string {
	var b [12]byte
	_, _ = rand.Read(b[4:])                                                // never fails
	n := time.Now().Unix()                                                 //nolint:forbidigo // part of a fresh id, which nothing reads as a time
	b[0], b[1], b[2], b[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n) //nolint:gosec // each byte is meant alone
	return hex.EncodeToString(b[:])
}

// Find returns the records that q describes. See [ports.Store].
func (s *Store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	f, err := s.query(q)
	if err == nil {
		err = q.CheckArgs(args)
	}
	if err != nil {
		return nil, s.fail(ctx, "find", q.Model, err)
	}
	limit, offset := q.Page(args)
	bound, err := f.find.encode(args, limit, offset)
	if err != nil {
		return nil, s.fail(ctx, "find", q.Model, err)
	}
	records, err := s.records(ctx, f.find, false, bound)
	if err != nil {
		return nil, s.fail(ctx, "find", q.Model, err)
	}
	return records, nil
}

// Count returns how many records satisfy the conditions of q. See [ports.Store].
func (s *Store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	f, err := s.query(q)
	if err == nil {
		err = f.counted.CheckArgs(args)
	}
	if err != nil {
		return 0, s.fail(ctx, "count", q.Model, err)
	}
	bound, err := f.count.encode(args, 0, 0)
	var n int64
	if err == nil {
		err = s.patiently(ctx, false, func() error {
			return s.each(ctx, f.count, false, bound, func(rows *sql.Rows) error { return rows.Scan(&n) })
		})
	}
	if err != nil {
		return 0, s.fail(ctx, "count", q.Model, err)
	}
	return n, nil
}

// Update changes the one record that u addresses if its conditions hold. See [ports.Store].
func (s *Store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	c, err := cached[*mutation](&s.mutations, u, func() (*mutation, error) { return s.compileUpdate(u) })
	if err == nil {
		err = u.CheckArgs(args)
	}
	var records []ports.Record
	if err == nil {
		records, err = s.change(ctx, c, args)
	}
	return s.one(ctx, "update", u.Model, records, err)
}

// Take removes the one record that t addresses if its conditions hold, and before it what refers to it. See
// [ports.Store].
func (s *Store) Take(ctx context.Context, t *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	c, err := cached[*mutation](&s.mutations, t, func() (*mutation, error) { return s.compileTake(t) })
	if err == nil {
		err = t.CheckArgs(args)
	}
	var records []ports.Record
	switch {
	case err != nil:
	case c.ids != nil:
		records, err = s.remove(ctx, c, args)
	default:
		records, err = s.change(ctx, c, args)
	}
	return s.one(ctx, "take", t.Model, records, err)
}

// Delete removes every record that satisfies the conditions, and before each what refers to it. See [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	c, err := cached[*mutation](&s.mutations, d, func() (*mutation, error) { return s.compileDelete(d) })
	if err == nil {
		err = d.CheckArgs(args)
	}
	var n int64
	if err == nil {
		n, err = s.delete(ctx, c, args)
	}
	if err != nil {
		return 0, s.fail(ctx, "delete", d.Model, err)
	}
	return n, nil
}

// change runs the one statement of c.
func (s *Store) change(ctx context.Context, c *mutation, args []ports.Value) ([]ports.Record, error) {
	bound, err := c.run.encode(args, 0, 0)
	if err != nil {
		return nil, err
	}
	return s.records(ctx, c.run, true, bound)
}

// delete removes what c describes and returns how many records of its model went.
func (s *Store) delete(ctx context.Context, c *mutation, args []ports.Value) (n int64, err error) {
	if c.ids != nil {
		return s.purge(ctx, c, args)
	}
	bound, err := c.run.encode(args, 0, 0)
	if err != nil {
		return 0, err
	}
	err = s.patiently(ctx, true, func() error {
		n, err = s.exec(ctx, c.run, bound)
		return err
	})
	return n, err
}

// exec runs a statement without results and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, st *statement, args []any) (int64, error) {
	var r sql.Result
	if t := s.transaction(ctx); t != nil {
		var err error
		if r, err = t.tx.ExecContext(ctx, st.sql, args...); err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	p, err := s.prepare(ctx, st, true) //nolint:sqlclosecheck // kept for the store's life
	if err != nil {
		return 0, err
	}
	if r, err = p.ExecContext(ctx, args...); err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (s *Store) one(ctx context.Context, verb string, m *ports.Model, records []ports.Record, err error) (ports.Record, bool, error) {
	if err != nil {
		return nil, false, s.fail(ctx, verb, m, err)
	}
	if len(records) == 0 {
		return nil, false, nil
	}
	return records[0], true, nil
}

// records runs st and returns its results.
func (s *Store) records(ctx context.Context, st *statement, write bool, args []any) ([]ports.Record, error) {
	var records []ports.Record
	err := s.patiently(ctx, write, func() error {
		records = nil
		return s.each(ctx, st, write, args, func(rows *sql.Rows) error {
			r, err := st.decode(rows)
			records = append(records, r)
			return err
		})
	})
	return records, err
}

// each runs st and calls f for every row, to the last one: what a statement writes is only then committed.
func (s *Store) each(ctx context.Context, st *statement, write bool, args []any, f func(*sql.Rows) error) (err error) {
	rows, err := s.run(ctx, st, write, args)
	if err != nil {
		return err
	}
	defer func() {
		if closed := rows.Close(); err == nil {
			err = closed
		}
	}()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// run starts st: in the transaction of ctx, or on a connection of its own.
func (s *Store) run(ctx context.Context, st *statement, write bool, args []any) (*sql.Rows, error) {
	if t := s.transaction(ctx); t != nil {
		return t.run(ctx, st, args)
	}
	if st.once { // only ever reads
		return s.reader.QueryContext(ctx, st.sql, args...)
	}
	p, err := s.prepare(ctx, st, write) //nolint:sqlclosecheck // kept for the store's life
	if err != nil {
		return nil, err
	}
	return p.QueryContext(ctx, args...)
}
