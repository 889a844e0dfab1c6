package main

import (
	"context"
	"crypto/rand"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/kernia-go/kernia/examples/internal/programtest"
)

func TestProgram(t *testing.T) {
	server := programtest.Server(t, "KERNIA_TEST_POSTGRES_URL")
	ctx := context.WithoutCancel(t.Context()) // for what is dropped at the end too
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	schema := "example_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := conn.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
		if err != nil {
			t.Error(err)
		}
		_ = conn.Close(ctx)
	})
	own, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	query := own.Query()
	query.Set("search_path", schema)
	own.RawQuery = query.Encode()
	programtest.Tour(t, func(ctx context.Context, l net.Listener) error { return run(ctx, l, own.String()) })
}
