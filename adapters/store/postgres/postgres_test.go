package kerniapostgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

// opener returns how the kit opens databases: schemas of the server. The first Store of each is on a pool that lasts
// as long as outer, since connecting takes half the time of a short test; what opens a database again, as another
// process would, has a pool of its own.
func opener[TB testing.TB](outer testing.TB, mode pgx.QueryExecMode) func(tb TB, name string) ports.Store {
	set := func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode }
	common := newPool(outer, set)
	var opened sync.Map
	return func(tb TB, name string) ports.Store {
		pool := common
		if _, again := opened.LoadOrStore(name, true); again {
			pool = newPool(tb, set)
		} else {
			tb.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+name+" CASCADE") }) //nolint:usetesting // the test's own context has ended, and outer may be that test
		}
		return kerniapostgres.New(pool, kerniapostgres.Options{Schema: name, Prefix: "k_"})
	}
}

// kinds are the forms of ids that the Store keeps, besides text.
var kinds = storetest.IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID)

// TestStore runs the kit in the mode that pgx has by default, which transfers binary forms. In the modes that
// transfer text, and text within the statement, it runs the groups that depend on the form of values; the remaining
// modes differ from the first in how they prepare, which TestForm covers.
func TestStore(t *testing.T) {
	for mode, groups := range map[pgx.QueryExecMode][]storetest.Option{
		pgx.QueryExecModeCacheStatement: nil,
		pgx.QueryExecModeExec:           {encoding},
		pgx.QueryExecModeSimpleProtocol: {encoding},
	} {
		t.Run(mode.String(), func(t *testing.T) {
			storetest.Run(t, opener[*testing.T](t, mode), append(groups, kinds, storetest.Explaining(explain), joining(t))...)
		})
	}
}

// explain looks for a condition that an index serves; a scan has but a filter.
func explain(ctx context.Context, s ports.Store, q *ports.Query, args []ports.Value) (plan string, indexed bool, err error) {
	plan, err = s.(*kerniapostgres.Store).Explain(ctx, q, args)
	return plan, strings.Contains(plan, "Index Cond"), err
}

// joining begins transactions on a pool of the application's.
func joining(t *testing.T) storetest.Option {
	pool := newPool(t)
	return storetest.Joining(func(ctx context.Context, _ string) (context.Context, func(commit bool) error, error) {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return nil, nil, err
		}
		return kerniapostgres.Join(ctx, tx), func(commit bool) error {
			late := context.WithoutCancel(ctx)
			if commit {
				return tx.Commit(late)
			}
			return tx.Rollback(late)
		}, nil
	})
}

// encoding is the groups of the kit that depend on the form in which values travel.
var encoding = storetest.Groups("Values", "Operators", "IDs", "Follow", "Update", "Take")

func FuzzStore(f *testing.F) {
	storetest.Fuzz(f, opener[*testing.T](f, pgx.QueryExecModeCacheStatement), kinds)
}
