package kerniapostgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
)

// opener returns how the kit opens databases: schemas of the server, each Store on a pool of its own.
func opener[TB testing.TB](mode pgx.QueryExecMode) func(tb TB, name string) ports.Store {
	return func(tb TB, name string) ports.Store {
		pool := newPool(tb, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode })
		tb.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+name+" CASCADE") })
		return kerniapostgres.New(pool, kerniapostgres.Options{Schema: name, TablePrefix: "k_"})
	}
}

// kinds are the forms of ids that the Store keeps, besides text.
var kinds = storetest.IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID)

// TestStore runs the kit in the modes in which pgx transfers binary forms, text, and text within the statement; the
// others differ from the first in how they prepare, which TestForm covers.
func TestStore(t *testing.T) {
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(mode.String(), func(t *testing.T) { storetest.Run(t, opener[*testing.T](mode), kinds) })
	}
}

func FuzzStore(f *testing.F) {
	storetest.Fuzz(f, opener[*testing.T](pgx.QueryExecModeCacheStatement), kinds)
}

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, opener[*testing.B](pgx.QueryExecModeCacheStatement))
}
