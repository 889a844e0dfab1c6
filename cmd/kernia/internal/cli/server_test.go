package cli

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rogpeppe/go-internal/testscript"
	"go.mongodb.org/mongo-driver/bson"
	mongodriver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// TestServers runs the scripts that need a database server, with its address in $DSN.
func TestServers(t *testing.T) {
	for _, s := range []struct {
		name, env string
		fresh     func(t *testing.T, address string) string // an empty place on the server
	}{
		{"postgres", "KERNIA_TEST_POSTGRES_URL", freshSchema},
		{"mongo", "KERNIA_TEST_MONGO_URL", freshDatabase},
		{"redis", "KERNIA_TEST_REDIS_URL", func(_ *testing.T, address string) string { return address }},
	} {
		t.Run(s.name, func(t *testing.T) {
			address := os.Getenv(s.env)
			if address == "" {
				lacks := s.env + " is not set: run the test under go run ./tools/servers -mongo --"
				if os.Getenv("CI") == "true" {
					t.Fatal(lacks)
				}
				t.Skip(lacks)
			}
			dsn := s.fresh(t, address)
			testscript.Run(t, params(testscript.Params{
				Files: []string{"testdata/server/" + s.name + ".txt"},
				Setup: func(e *testscript.Env) error { e.Setenv("DSN", dsn); return nil },
			}))
		})
	}
}

// freshName is a name that nobody else has.
func freshName() string {
	return "cli_" + strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(newSecret()))[:16]
}

func freshSchema(t *testing.T, address string) string {
	name := freshName()
	pool, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "create schema "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), "drop schema "+name+" cascade") //nolint:usetesting // after the test
		pool.Close()
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func freshDatabase(t *testing.T, address string) string {
	name := freshName()
	client, err := mongodriver.Connect(t.Context(), options.Client().ApplyURI(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background() //nolint:usetesting // after the test
		_ = client.Database(name).RunCommand(ctx, bson.D{{Key: "dropDatabase", Value: 1}}).Err()
		_ = client.Disconnect(ctx)
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
