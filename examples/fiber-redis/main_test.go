package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net"
	"testing"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/examples/internal/programtest"
)

func TestProgram(t *testing.T) {
	url := programtest.Server(t, "KERNIA_TEST_REDIS_URL")
	prefix := "example:" + rand.Text() + ":"
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context()) // for what is dropped at the end too
	client := redis.NewClient(o)
	t.Cleanup(func() { _ = client.Close() })
	keys := func() []string {
		found, err := client.Keys(ctx, prefix+"*").Result()
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	programtest.Tour(t, func(ctx context.Context, l net.Listener) error {
		return run(ctx, l, url, kerniaredis.Options{Prefix: prefix})
	})
	if len(keys()) == 0 {
		t.Error("no session is in Redis")
	}
	t.Cleanup(func() { _ = client.Del(ctx, keys()...).Err() })
	db, err := sql.Open("sqlite", "file:fiber-redis.db") // where the program runs
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var users, sessions int
	if err := db.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM "user"), (SELECT count(*) FROM "session")`).Scan(&users, &sessions); err != nil || users != 1 || sessions != 0 {
		t.Errorf("SQLite has %d users and %d sessions, %v, want 1 and 0", users, sessions, err)
	}
}
