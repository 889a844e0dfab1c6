package kerniapostgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kernia-go/kernia/ports"
)

// Options are the settings of a [Store]. The zero Options are recommended.
type Options struct {
	Prefix string // put before the name of every table
	Schema string // the schema of all tables; "": the first one of the connection's search path
}

// A Store is a [ports.Store] in a PostgreSQL database. It is safe for concurrent use, and so are any number of
// Stores on one database.
type Store struct {
	pool    *pgxpool.Pool
	owned   bool
	options Options
	known   atomic.Pointer[knowledge]
	unkept  any // the pgx.QueryExecMode of a query that is used once; nil: the pool keeps no statements anyway
}

// Open connects to the database at url, a PostgreSQL URL or keyword string as pgx reads it, and returns a Store
// with a pool of its own. It fails where the server does not answer. It takes at most one Options. The caller closes
// the Store.
func Open(ctx context.Context, url string, options ...Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The cause is left out: it repeats parts of the URL, which holds a password.
		return nil, fmt.Errorf("kerniapostgres: open: %w: the URL is not one of PostgreSQL", ports.ErrInvalid)
	}
	Configure(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("kerniapostgres: open: %w: %s", ports.ErrUnavailable, network(err))
	}
	s := New(pool, options...)
	s.owned = true
	if err := s.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

var (
	_ ports.Store    = (*Store)(nil)
	_ ports.Joinable = (*Store)(nil)
)

// cancelTime bounds how long a call whose context is over waits for the server to say that it gave up.
const cancelTime = time.Second

// Configure sets on the configuration of an application's pool what [Open] sets on its own. A call whose context ends
// is cancelled on the server, and its outcome awaited for up to a second: without this pgx hangs up and cancels
// afterwards, and a statement that was waiting for a lock may still take effect after its call has failed. The
// connection of such a call is not used again, because the cancellation may reach the server late and hit the next
// statement. A connection on which the server refuses to write because it is read-only is closed, so that after a
// failover the pool finds the new primary. A PrepareConn that the configuration has already runs too; set none afterwards.
func Configure(c *pgxpool.Config) {
	c.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &canceller{pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTime}}
	}
	report := c.ConnConfig.OnPgError
	c.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		return err.Code != readOnly && (report == nil || report(conn, err)) // false closes it
	}
	prepare := c.PrepareConn
	c.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		if _, ok := conn.PgConn().CustomData()[cancelled]; ok {
			return false, nil // the pool takes another one
		}
		if prepare == nil {
			return true, nil
		}
		return prepare(ctx, conn)
	}
}

// readOnly is how a server refuses to write: a standby, or a primary that became one while its connections stayed open.
const readOnly = "25006"

// cancelled marks a connection on which a call was cancelled.
const cancelled = "kerniapostgres.cancelled"

// A canceller cancels on the server and marks the connection.
type canceller struct {
	pgconn.CancelRequestContextWatcherHandler
}

// HandleUnwatchAfterCancel runs where the call ends, so that nothing else uses the connection.
func (c *canceller) HandleUnwatchAfterCancel() {
	c.Conn.CustomData()[cancelled] = true
	c.CancelRequestContextWatcherHandler.HandleUnwatchAfterCancel()
}

// New returns a Store on the application's pool, which should be configured by [Configure]. It takes at most one
// Options.
func New(pool *pgxpool.Pool, options ...Options) *Store {
	s := &Store{pool: pool}
	if len(options) > 0 {
		s.options = options[0]
	}
	switch pool.Config().ConnConfig.DefaultQueryExecMode {
	case pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe:
		s.unkept = pgx.QueryExecModeExec
	}
	s.known.Store(new(knowledge))
	return s
}

// Close ends the Store, which must not be used afterwards. It closes the pool that [Open] made, once the calls in
// progress have ended, and leaves the one that [New] was given open. Its error is always nil.
func (s *Store) Close() error {
	if s.owned {
		s.pool.Close()
	}
	return nil
}

// Ping asks the server for a sign of life. Its error is [ports.ErrUnavailable] or the context's.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return s.fail(ctx, "ping", nil, err)
	}
	return nil
}

// Create implements [ports.Store].
func (s *Store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if err := m.CheckRecord(r); err != nil {
		return nil, s.fail(ctx, create.String(), m, err)
	}
	args := r
	switch m.ID {
	case ports.IDSerial:
		args = r[1:]
	case ports.IDObjectID:
		args = append(ports.Record{ports.String(objectID())}, r[1:]...)
	}
	found, _, err := s.do(ctx, create, m, m, args)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Find implements [ports.Store].
func (s *Store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	found, _, err := s.do(ctx, find, q.Model, q, args)
	return found, err
}

// Count implements [ports.Store].
func (s *Store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	found, _, err := s.do(ctx, count, q.Model, q, args)
	if err != nil {
		return 0, err
	}
	return found[0][0].AsInt(), nil
}

// Update implements [ports.Store].
func (s *Store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	return one(s.do(ctx, update, u.Model, u, args))
}

// Take implements [ports.Store].
func (s *Store) Take(ctx context.Context, t *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	return one(s.do(ctx, take, t.Model, t, args))
}

// Delete implements [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	_, n, err := s.do(ctx, remove, d.Model, d, args)
	return n, err
}

func one(found []ports.Record, _ int64, err error) (ports.Record, bool, error) {
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	return found[0], true, nil
}

// do runs the statement of one verb and returns what it answers and how many records it touched. Outside a
// transaction a failure that has certainly changed nothing is tried once more.
func (s *Store) do(ctx context.Context, v verb, m *ports.Model, key any, args []ports.Value) ([]ports.Record, int64, error) {
	on, inTx := s.on(ctx)
	for again := false; ; again = true {
		st, err := s.statement(ctx, on, v, key)
		if err != nil {
			return nil, 0, s.fail(ctx, v.String(), m, err)
		}
		params, err := st.encode(args)
		if err != nil {
			return nil, 0, s.fail(ctx, v.String(), m, err)
		}
		found, n, err := st.run(ctx, on, params)
		if err == nil {
			return found, n, nil
		}
		if stale(err) {
			s.known.Store(new(knowledge))
		}
		if again || inTx || ctx.Err() != nil || !repeatable(err) {
			return nil, 0, s.fail(ctx, v.String(), m, err)
		}
	}
}

// run sends the statement and reads its answer.
func (st *statement) run(ctx context.Context, on querier, params []any) ([]ports.Record, int64, error) {
	if st.mode != nil {
		params = append([]any{st.mode}, params...)
	}
	rows, err := on.Query(ctx, st.sql, params...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var found []ports.Record
	for rows.Next() {
		r, err := st.decode(rows)
		if err != nil {
			return nil, 0, err
		}
		found = append(found, r)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, 0, err
	}
	return found, rows.CommandTag().RowsAffected(), nil
}

// A querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Begin(ctx context.Context) (pgx.Tx, error)
}
