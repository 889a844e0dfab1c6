package kerniapostgres_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// A recorder keeps the statements that were sent.
type recorder struct {
	mu   sync.Mutex
	sent []string
	args []any
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent, r.args = append(r.sent, data.SQL), data.Args
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// recorded returns a pool whose statements are recorded.
func recorded(tb testing.TB) (*pgxpool.Pool, *recorder) {
	r := new(recorder)
	return newPool(tb, func(c *pgxpool.Config) { c.ConnConfig.Tracer = r }), r
}

func TestStatement(t *testing.T) {
	pool, sent := recorded(t)
	m := newTables(ports.IDText)
	s := newStore(t, pool, m.all()...)
	u := add(t, s, m.user, nil)
	add(t, s, m.session, values{"userId": u[0]})
	key := ports.Key{"id"}
	update := &ports.Update{Model: m.rateLimit, Key: ports.Key{"key"}, Where: []ports.Condition{{Field: "count", Op: ports.Lt}}, Set: []ports.Change{{Field: "count", Add: true}}}
	take, deleted, takeUser := &ports.Take{Model: m.verification, Key: key}, &ports.Delete{Model: m.verification}, &ports.Take{Model: m.user, Key: key}
	found, nobody := lookup(m), []ports.Value{ports.String("x")}
	verbs := map[string]func(ctx context.Context) error{
		"Create": func(ctx context.Context) error {
			_, err := s.Create(ctx, m.organization, record(m.organization, values{
				"id": ports.String(t.Name() + nextID()), "slug": ports.String(nextID()), "metadata": ports.JSON("{}"),
			}))
			return err
		},
		"Find": func(ctx context.Context) error {
			_, err := s.Find(ctx, found, []ports.Value{ports.String("a"), ports.String("b")})
			return err
		},
		"Count": func(ctx context.Context) error { _, err := s.Count(ctx, by(m.user, "id"), nobody); return err },
		"Update": func(ctx context.Context) error {
			_, _, err := s.Update(ctx, update, append(nobody, ports.Int(5), ports.Int(1)))
			return err
		},
		"Take":         func(ctx context.Context) error { _, _, err := s.Take(ctx, take, nobody); return err },
		"Delete":       func(ctx context.Context) error { _, err := s.Delete(ctx, deleted, nil); return err },
		"TakeAllBelow": func(ctx context.Context) error { _, _, err := s.Take(ctx, takeUser, []ports.Value{u[0]}); return err },
		"DeleteAllBelow": func(ctx context.Context) error {
			_, err := s.Delete(ctx, &ports.Delete{Model: m.user}, nil)
			return err
		},
	}
	for name, call := range verbs {
		if err := call(t.Context()); err != nil { // learns the schema
			t.Fatalf("%s: %v", name, err)
		}
	}
	for name, call := range verbs {
		t.Run(name+"IsOneStatement", func(t *testing.T) {
			sent.sent = nil
			if err := call(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(sent.sent) != 1 {
				t.Errorf("%s sent %d statements, want 1: %s", name, len(sent.sent), strings.Join(sent.sent, "; "))
			}
		})
	}
}

var made int

func nextID() string {
	made++
	return strings.Repeat("x", made)
}

func TestPlan(t *testing.T) {
	t.Run("FindsASessionByTheIndex", func(t *testing.T) {
		usesIndex(t, func(s *kerniapostgres.Store, m tables) {
			_, _ = s.Find(t.Context(), lookup(m), []ports.Value{ports.String("t1"), ports.String("t2")})
		}, "session_token_key", "user_pkey")
	})
	t.Run("FindsAUserByTheIndex", func(t *testing.T) {
		usesIndex(t, func(s *kerniapostgres.Store, m tables) {
			_, _ = s.Find(t.Context(), by(m.user, "email"), []ports.Value{ports.String("5")})
		}, "user_email_key")
	})
	t.Run("ChangesASessionByTheIndex", func(t *testing.T) {
		usesIndex(t, func(s *kerniapostgres.Store, m tables) {
			_, _, _ = s.Update(t.Context(), &ports.Update{
				Model: m.session, Key: ports.Key{"token"}, Where: []ports.Condition{{Field: "updatedAt"}}, Set: []ports.Change{{Field: "updatedAt"}},
			}, []ports.Value{ports.String("5"), ports.Time(noon), ports.Time(noon)})
		}, "session_token_key")
	})
	t.Run("DeletesTheSessionsOfAUserByTheIndex", func(t *testing.T) {
		usesIndex(t, func(s *kerniapostgres.Store, m tables) {
			_, _ = s.Delete(t.Context(), &ports.Delete{Model: m.user, Where: []ports.Condition{{Field: "id"}}}, []ports.Value{ports.String("5")})
		}, "user_pkey", "session_userId_idx", "account_userId_idx")
	})
}

// Queries that say Once leave no prepared statement behind.
func TestAQueryUsedOnceIsNotPrepared(t *testing.T) {
	pool := newPool(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	m := newTables(ports.IDText)
	s := newStore(t, pool, m.all()...)
	prepared := func() (n int) {
		t.Helper()
		const ask = "SELECT count(*) FROM pg_prepared_statements"
		if err := pool.QueryRow(t.Context(), ask, pgx.QueryExecModeExec).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	find := func(limit int, once bool) {
		t.Helper()
		q := &ports.Query{Model: m.user, Where: []ports.Condition{{Field: "email", Op: ports.Contains}}, Limit: limit, Once: once}
		if _, err := s.Find(t.Context(), q, []ports.Value{ports.String("x")}); err != nil {
			t.Fatal(err)
		}
	}
	find(1, true) // the first one learns the table
	before := prepared()
	for i := range 20 {
		find(2+i, true)
	}
	if n := prepared(); n != before {
		t.Errorf("20 queries used once left %d prepared statements", n-before)
	}
	if find(1, false); prepared() == before {
		t.Error("a query that is used again is not prepared")
	}
}

// usesIndex asks the server how it would run the statement that call sends, on tables with many rows.
func usesIndex(t *testing.T, call func(s *kerniapostgres.Store, m tables), indexes ...string) {
	t.Helper()
	pool, sent := recorded(t)
	m := newTables(ports.IDText)
	schema := newStoreSchema(t, m)
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	run(t, pool, `INSERT INTO `+schema+`."user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt") SELECT n, n, n, true, now(), now() FROM generate_series(1, 5000) n`)
	run(t, pool, `INSERT INTO `+schema+`."session" ("id", "token", "userId", "expiresAt", "createdAt", "updatedAt") SELECT n, n, n, now(), now(), now() FROM generate_series(1, 5000) n`)
	run(t, pool, `INSERT INTO `+schema+`."account" ("id", "accountId", "providerId", "userId", "createdAt", "updatedAt") SELECT n, n, 'x', n, now(), now() FROM generate_series(1, 5000) n`)
	run(t, pool, `ANALYZE `+schema+`."user", `+schema+`."session", `+schema+`."account"`)
	call(s, m)
	sql, args := sent.sent[len(sent.sent)-1], slices.Clone(sent.args)
	rows, err := pool.Query(t.Context(), "EXPLAIN "+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	for _, index := range indexes {
		if !strings.Contains(plan, index) {
			t.Errorf("the plan of %s does not use %s:\n%s", sql, index, plan)
		}
	}
	if strings.Contains(plan, "Seq Scan") {
		t.Errorf("the plan of %s reads a whole table:\n%s", sql, plan)
	}
}
