package kerniapostgres_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// serverURL is where the server is; "": there is none.
var serverURL = os.Getenv("KERNIA_TEST_POSTGRES_URL")

const lack = "KERNIA_TEST_POSTGRES_URL is not set: go run ./tools/servers -- go test ./adapters/store/postgres/..."

// TestMain says which server the tests run on. Without one examples are left out, and tests skip or, with CI=true,
// fail.
func TestMain(m *testing.M) {
	flag.Parse()
	if serverURL == "" {
		fmt.Println("kerniapostgres: nothing runs here:", lack)
		_ = flag.Set("test.skip", "^Example")
	} else {
		fmt.Println("kerniapostgres: the server of KERNIA_TEST_POSTGRES_URL:", version())
	}
	code := m.Run()
	dropExamples()
	os.Exit(code)
}

// dropExamples removes what the examples made.
func dropExamples() {
	if conn, err := pgx.Connect(context.Background(), serverURL); err == nil {
		for _, name := range []string{"open", "join"} {
			_, _ = conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+exampleSchema(name)+" CASCADE")
		}
		_ = conn.Close(context.Background())
	}
}

// need returns the URL of the server or ends the test.
func need(tb testing.TB) string {
	tb.Helper()
	if serverURL == "" {
		if os.Getenv("CI") == "true" {
			tb.Fatal(lack)
		}
		tb.Skip(lack)
	}
	return serverURL
}

func version() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return err.Error()
	}
	defer conn.Close(ctx)
	return "PostgreSQL " + conn.PgConn().ParameterStatus("server_version")
}

// newPool returns a pool on the server that ends with the test.
func newPool(tb testing.TB, change ...func(*pgxpool.Config)) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(need(tb))
	if err != nil {
		tb.Fatal(err)
	}
	kerniapostgres.Configure(config)
	config.MaxConns = 8
	for _, f := range change {
		f(config)
	}
	pool, err := pgxpool.NewWithConfig(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// newSchema makes an empty schema that ends with the test, fills it with ddl and returns its name.
func newSchema(tb testing.TB, pool *pgxpool.Pool, ddl ...string) string {
	tb.Helper()
	name := fmt.Sprintf("t%d_%d", os.Getpid(), time.Now().UnixNano())
	run(tb, pool, "CREATE SCHEMA "+name)
	tb.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP SCHEMA "+name+" CASCADE") }) //nolint:usetesting // the test's own context has ended
	for _, sql := range ddl {
		run(tb, pool, "SET search_path = "+name+"; "+sql+"; RESET search_path")
	}
	return name
}

func run(tb testing.TB, pool *pgxpool.Pool, sql string) {
	tb.Helper()
	if _, err := pool.Exec(tb.Context(), sql); err != nil {
		tb.Fatalf("%s: %v", strings.TrimSpace(sql[:min(len(sql), 200)]), err)
	}
}

// newStore returns a Store in an empty schema of its own, with models migrated.
func newStore(tb testing.TB, pool *pgxpool.Pool, models ...*ports.Model) *kerniapostgres.Store {
	tb.Helper()
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: newSchema(tb, pool)})
	migrate(tb, s, models...)
	return s
}

func migrate(tb testing.TB, s *kerniapostgres.Store, models ...*ports.Model) ports.Plan {
	tb.Helper()
	plan, err := s.Migrate(tb.Context(), slices.Clone(models), true)
	if err != nil {
		tb.Fatal(err)
	}
	return plan
}
