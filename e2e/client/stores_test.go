package client_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kernia-go/kernia/e2e/internal/servers"
)

// A store is one kind of database that a server can have.
type store struct {
	name   string
	keeps  bool // across restarts
	config func(t *testing.T) config
}

var (
	memory = store{name: "memory", config: func(*testing.T) config { return config{"driver": "memory"} }}
	sqlite = store{name: "sqlite", keeps: true, config: func(t *testing.T) config {
		return config{"driver": "sqlite", "dsn": filepath.Join(t.TempDir(), "kernia.db")}
	}}
	postgres = store{name: "postgres", keeps: true, config: func(t *testing.T) config {
		return config{"driver": "postgres", "dsn": freshPostgres(t)}
	}}
	mongo = store{name: "mongo", keeps: true, config: func(t *testing.T) config {
		u := parsed(t, servers.URL(t, "KERNIA_TEST_MONGO_URL"))
		u.Path = "/" + fresh()
		return config{"driver": "mongo", "dsn": u.String()}
	}}
)

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal("the URL of a test server cannot be read")
	}
	return u
}

func fresh() string { return fmt.Sprintf("client_%d", time.Now().UnixNano()) }

// freshPostgres makes a schema of the test's own and returns a URL that leads into it.
func freshPostgres(t *testing.T) string {
	t.Helper()
	u, schema := parsed(t, servers.URL(t, "KERNIA_TEST_POSTGRES_URL")), fresh()
	do := func(statement string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) //nolint:usetesting // t.Context() is over before Cleanup runs it
		defer cancel()
		conn, err := pgx.Connect(ctx, os.Getenv("KERNIA_TEST_POSTGRES_URL"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE SCHEMA " + schema)
	t.Cleanup(func() { do("DROP SCHEMA " + schema + " CASCADE") })
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return strings.Replace(u.String(), "+", "%20", 1)
}
