package kerniapostgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// A proxy stands before the server and passes bytes on, swallows them, or hangs up.
type proxy struct {
	net.Listener
	target string
	hole   atomic.Bool // swallow
	down   atomic.Bool // hang up
	mu     sync.Mutex
	open   []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, target: target}
	t.Cleanup(func() { _ = l.Close(); p.hangUp() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	if p.down.Load() {
		return
	}
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer to.Close()
	p.mu.Lock()
	p.open = append(p.open, c, to)
	p.mu.Unlock()
	go p.pass(c, to)
	p.pass(to, c)
}

func (p *proxy) pass(to io.WriteCloser, from io.Reader) {
	defer to.Close()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if p.hole.Load() {
			continue
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		_ = c.Close()
	}
	p.open = nil
}

// through returns a Store that reaches the server through a proxy.
func through(t *testing.T, m tables) (*kerniapostgres.Store, *proxy) {
	t.Helper()
	schema := newStoreSchema(t, m)
	var p *proxy
	pool := newPool(t, func(c *pgxpool.Config) {
		p = newProxy(t, net.JoinHostPort(c.ConnConfig.Host, strconv.Itoa(int(c.ConnConfig.Port))))
		addr := p.Addr().(*net.TCPAddr)
		c.ConnConfig.Host, c.ConnConfig.Port = "127.0.0.1", uint16(addr.Port) // a port
		c.ConnConfig.Fallbacks = nil
		c.MaxConns = 2
	})
	return kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema}), p
}

// resumes waits until the Store answers again by itself, within a bound.
func resumes(t *testing.T, s *kerniapostgres.Store, m tables) {
	t.Helper()
	var err error
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err = s.Count(ctx, by(m.user, "id"), []ports.Value{ports.String("x")})
		cancel()
		if err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond) // a real server comes back
	}
	t.Errorf("the Store does not resume: %v", err)
}

// each calls every verb and checks the error.
func each(t *testing.T, s *kerniapostgres.Store, m tables, limit time.Duration, want func(error) bool) {
	t.Helper()
	key := ports.Key{"id"}
	id := []ports.Value{ports.String("x")}
	for name, call := range map[string]func(ctx context.Context) error{
		"Create": func(ctx context.Context) error { _, err := s.Create(ctx, m.user, record(m.user, nil)); return err },
		"Find":   func(ctx context.Context) error { _, err := s.Find(ctx, by(m.user, "id"), id); return err },
		"Count":  func(ctx context.Context) error { _, err := s.Count(ctx, by(m.user, "id"), id); return err },
		"Update": func(ctx context.Context) error {
			_, _, err := s.Update(ctx, &ports.Update{Model: m.user, Key: key, Set: []ports.Change{{Field: "name"}}}, append(id, id...))
			return err
		},
		"Delete": func(ctx context.Context) error {
			_, err := s.Delete(ctx, &ports.Delete{Model: m.user}, nil)
			return err
		},
		"Take": func(ctx context.Context) error {
			_, _, err := s.Take(ctx, &ports.Take{Model: m.user, Key: key}, id)
			return err
		},
		"Tx":      func(ctx context.Context) error { return s.Tx(ctx, func(context.Context) error { return nil }) },
		"Migrate": func(ctx context.Context) error { _, err := s.Migrate(ctx, m.all(), true); return err },
		"Ping":    s.Ping,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		start := time.Now()
		err := call(ctx)
		cancel()
		if !want(err) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > limit+2*time.Second {
			t.Errorf("%s ends %v after its deadline", name, took-limit)
		}
	}
}

func unavailable(err error) bool { return errors.Is(err, ports.ErrUnavailable) }

func late(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

func TestOutage(t *testing.T) {
	t.Run("IsUnavailableWhileTheServerHangsUp", func(t *testing.T) {
		m := newTables(ports.IDText)
		s, p := through(t, m)
		resumes(t, s, m)
		p.down.Store(true)
		p.hangUp()
		each(t, s, m, 10*time.Second, unavailable)
		p.down.Store(false)
		resumes(t, s, m)
	})
	t.Run("EndsAtTheDeadlineWhileNobodyAnswers", func(t *testing.T) {
		m := newTables(ports.IDText)
		s, p := through(t, m)
		resumes(t, s, m)
		p.hole.Store(true)
		each(t, s, m, 200*time.Millisecond, func(err error) bool { return late(err) || unavailable(err) })
		p.hole.Store(false)
		p.hangUp()
		resumes(t, s, m)
	})
	t.Run("EndsAtTheDeadlineWhileThePoolIsExhausted", func(t *testing.T) {
		m := newTables(ports.IDText)
		schema := newStoreSchema(t, m)
		pool := newPool(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
		s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
		held, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		each(t, s, m, 100*time.Millisecond, late)
		held.Release()
		resumes(t, s, m)
	})
	t.Run("IsUnavailableWhileTheServerHasNoConnectionLeft", func(t *testing.T) {
		m := newTables(ports.IDText)
		pool := newPool(t)
		role := newSchema(t, pool)
		run(t, pool, "CREATE ROLE "+role+" LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
		t.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP ROLE "+role) }) //nolint:usetesting // the test's own context has ended
		limited := newPool(t, func(c *pgxpool.Config) { c.ConnConfig.User, c.ConnConfig.Password = role, "x" })
		each(t, kerniapostgres.New(limited), m, 5*time.Second, unavailable)
	})
	t.Run("ResumesAfterTheServerEndedItsConnections", func(t *testing.T) {
		m := newTables(ports.IDText)
		s, _ := through(t, m)
		resumes(t, s, m)
		run(t, newPool(t), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE '%count(*)%'")
		resumes(t, s, m)
	})
}

// TestConfigure cancels a statement on the only connection.
func TestConfigure(t *testing.T) {
	process := func(t *testing.T, pool *pgxpool.Pool) (pid int) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	var prepared atomic.Int64
	pool := newPool(t, func(c *pgxpool.Config) {
		c.MaxConns = 1
		c.PrepareConn = func(context.Context, *pgx.Conn) (bool, error) { prepared.Add(1); return true, nil }
		kerniapostgres.Configure(c)
	})
	before := process(t, pool)
	if again := process(t, pool); again != before {
		t.Fatalf("a connection that nothing was cancelled on is not used again")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := pool.Exec(ctx, "SELECT pg_sleep(60)"); err == nil {
		t.Fatal("pg_sleep was not cancelled")
	}
	if process(t, pool) == before {
		t.Errorf("the connection of a cancelled call is used again: the cancellation may hit the next statement")
	}
	if n := prepared.Load(); n != 4 {
		t.Errorf("the application's own PrepareConn ran %d times, want 4", n)
	}
}

// TestOpen is about the pool of one's own.
func TestOpen(t *testing.T) {
	t.Run("RefusesWhatIsNoURL", func(t *testing.T) {
		_, err := kerniapostgres.Open(t.Context(), "postgres://u:secret@host:port/db")
		if !errors.Is(err, ports.ErrInvalid) || leaks(err, "secret") {
			t.Errorf("Open: %v, want ErrInvalid without the password", err)
		}
	})
	t.Run("IsUnavailableWhereNobodyListens", func(t *testing.T) {
		_, err := kerniapostgres.Open(t.Context(), "postgres://u:secret@127.0.0.1:1/db")
		if !unavailable(err) || leaks(err, "secret") {
			t.Errorf("Open: %v, want ErrUnavailable without the password", err)
		}
	})
	t.Run("LeavesTheApplicationsPoolOpen", func(t *testing.T) {
		pool := newPool(t)
		if err := kerniapostgres.New(pool).Close(); err != nil {
			t.Fatal(err)
		}
		if err := pool.Ping(t.Context()); err != nil {
			t.Errorf("Close closed the application's pool: %v", err)
		}
	})
	t.Run("ClosesItsOwnPool", func(t *testing.T) {
		s, err := kerniapostgres.Open(t.Context(), need(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); !unavailable(err) {
			t.Errorf("Ping after Close: %v, want ErrUnavailable", err)
		}
	})
	t.Run("LosesToAConcurrentTransactionAsUnavailable", func(t *testing.T) {
		pool, m := newPool(t), newTables(ports.IDText)
		s := newStore(t, pool, m.user)
		u := add(t, s, m.user, nil)
		tx, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		ctx := kerniapostgres.Join(t.Context(), tx)
		set := &ports.Update{Model: m.user, Key: ports.Key{"id"}, Set: []ports.Change{{Field: "name"}}}
		args := []ports.Value{u[0], ports.String("x")}
		if _, err := s.Find(ctx, by(m.user, "id"), args[:1]); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Update(t.Context(), set, args); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Update(ctx, set, args); !unavailable(err) {
			t.Errorf("Update of what another transaction changed: %v, want ErrUnavailable", err)
		}
	})
}
