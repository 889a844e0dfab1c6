// Package kerniasqlite keeps Kernia's records in SQLite, in the tables and column forms of an existing Better Auth
// database.
//
// [Open] suits a program whose accounts live in one file next to it; [New] works on an application's own
// connection, and [Join] in its transaction. Several processes on one machine may share a file; for several
// machines take the Postgres store. The driver is modernc.org/sqlite, which needs no C compiler.
package kerniasqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/kernia-go/kernia/ports"
)

// Options change how a [Store] works. The zero Options are recommended.
type Options struct {
	Prefix   string        // put before the name of every table
	Patience time.Duration // how long a call waits for another connection's lock; 0: five seconds
	Readers  int           // of Open: how many reads at a time; 0: as many as processors, at least 4
}

// A Store is a [ports.Store] on one SQLite database, made by [Open] or [New]. It rolls back and keeps everything
// that the port promises between any number of processes.
//
// A transaction is the only writer: until it ends, writes outside it wait, one that its own function makes with
// another context included, so such a call should have a deadline. On a database in memory reads wait as well.
type Store struct {
	reader, writer *sql.DB
	own            bool          // opened here: closed here, and begins its transactions as writers
	gate           chan struct{} // on another's connections, where one of ours writes at a time; nil where the writer is one connection
	prefix         string
	patience       time.Duration

	tables  sync.Map // *ports.Model to *table
	queries sync.Map // *ports.Query to *finder
	changes sync.Map // *ports.Update, *ports.Delete or *ports.Take to *changer
	all     statements
}

var (
	_ ports.Store    = (*Store)(nil)
	_ ports.Joinable = (*Store)(nil)
)

// memory is the path of a database that lives as long as its one connection.
const memory = ":memory:"

// Open opens the database file at path, and creates it where it is missing: in WAL mode, with foreign keys
// enforced, one connection that writes and some that read. The path ":memory:" is a database of its own in memory.
// At most one Options is taken. The caller closes the Store.
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
	s.own = true
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

// New returns a Store on an application's own database, whatever its pragmas and its driver, which is never
// closed. At most one Options is taken. Keep the database's own busy timeout short: no context ends it, while the
// Store waits for locks by itself.
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
	s := &Store{prefix: o.Prefix, patience: o.Patience}
	if s.patience <= 0 {
		s.patience = 5 * time.Second
	}
	return s
}

// Close releases what the Store holds: its prepared statements, and the database where Open opened it. Calls
// afterwards fail with ErrUnavailable.
func (s *Store) Close() error {
	errs := []error{s.all.close()}
	if s.own {
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
	args, err := t.insert.bind(r, 0, 0)
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
	f, err := s.finder(q)
	if err == nil {
		err = q.CheckArgs(args)
	}
	if err != nil {
		return nil, s.fail(ctx, "find", q.Model, err)
	}
	limit, offset := q.Page(args)
	bound, err := f.find.bind(args, limit, offset)
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
	f, err := s.finder(q)
	if err == nil {
		err = f.counted.CheckArgs(args)
	}
	if err != nil {
		return 0, s.fail(ctx, "count", q.Model, err)
	}
	bound, err := f.count.bind(args, 0, 0)
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
	c, err := cached[*changer](&s.changes, u, func() (*changer, error) { return s.compileUpdate(u) })
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
	c, err := cached[*changer](&s.changes, t, func() (*changer, error) { return s.compileTake(t) })
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

// change runs the one statement of c.
func (s *Store) change(ctx context.Context, c *changer, args []ports.Value) ([]ports.Record, error) {
	bound, err := c.run.bind(args, 0, 0)
	if err != nil {
		return nil, err
	}
	return s.records(ctx, c.run, true, bound)
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

// Delete removes every record that satisfies the conditions, and before each what refers to it. See [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	c, err := cached[*changer](&s.changes, d, func() (*changer, error) { return s.compileDelete(d) })
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

// table returns m as the database keeps it.
func (s *Store) table(m *ports.Model) (*table, error) {
	if m == nil {
		return nil, fmt.Errorf("%w: no model", ports.ErrInvalid)
	}
	return cached[*table](&s.tables, m, func() (*table, error) { return s.compileTable(m) })
}

func (s *Store) finder(q *ports.Query) (*finder, error) {
	if q.Once {
		return s.compileQuery(q)
	}
	return cached[*finder](&s.queries, q, func() (*finder, error) { return s.compileQuery(q) })
}

// cached returns what is under key, made at the first call that succeeds.
func cached[T any](in *sync.Map, key any, compile func() (T, error)) (T, error) {
	if v, ok := in.Load(key); ok {
		return v.(T), nil
	}
	v, err := compile()
	if err != nil {
		return v, err
	}
	kept, _ := in.LoadOrStore(key, v)
	return kept.(T), nil
}
