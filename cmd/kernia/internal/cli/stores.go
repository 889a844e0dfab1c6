package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A driver is one kind of store.
type driver struct {
	name string

	// open opens the store that dsn names.
	open func(ctx context.Context, dsn string) (opened, error)

	// empty opens an empty database of the kind of that at dsn, to plan from nothing; it changes none. Nil: the
	// kind has no schema to write down.
	empty func(ctx context.Context, dsn string) (opened, error)

	// fleeting reports whether the data goes with the process, so that only the server itself can make tables.
	fleeting func(dsn string) bool

	// absent reports whether opening would make a database that is not there yet.
	absent func(dsn string) bool

	comment string // begins a line of comment in a file of statements
}

// An opened store is to be closed.
type opened struct {
	ports.Store
	close func() error
}

// drivers lists the kinds of stores.
func drivers() []driver {
	return []driver{
		{name: "memory", open: openMemory, fleeting: always, absent: never},
		{name: "sqlite", open: openSQLite, empty: emptySQLite, fleeting: inMemory, absent: noFile, comment: "--"},
		{name: "postgres", open: openPostgres, empty: emptyPostgres, fleeting: never, absent: never, comment: "--"},
		{name: "mongo", open: openMongo, empty: emptyMongo, fleeting: never, absent: never, comment: "//"},
	}
}

func always(string) bool { return true }
func never(string) bool  { return false }

func openMemory(context.Context, string) (opened, error) {
	return opened{memory.New(), func() error { return nil }}, nil
}

const sqliteMemory = ":memory:"

func inMemory(dsn string) bool { return dsn == sqliteMemory }

func noFile(dsn string) bool {
	_, err := os.Stat(dsn)
	return errors.Is(err, os.ErrNotExist)
}

func openSQLite(ctx context.Context, dsn string) (opened, error) {
	s, err := kerniasqlite.Open(ctx, dsn)
	if err != nil {
		return opened{}, err
	}
	return opened{s, s.Close}, nil
}

func emptySQLite(ctx context.Context, _ string) (opened, error) { return openSQLite(ctx, sqliteMemory) }

// nothing is the name of a schema or database that nobody has.
const nothing = "kernia_generate_nothing"

func openPostgres(ctx context.Context, dsn string) (opened, error) {
	s, err := kerniapostgres.Open(ctx, dsn)
	if err != nil {
		return opened{}, err
	}
	return opened{s, s.Close}, nil
}

// emptyPostgres looks for tables where there are none.
func emptyPostgres(ctx context.Context, dsn string) (opened, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return opened{}, errors.New("store.dsn: the URL is not one of PostgreSQL") // the cause repeats the URL
	}
	config.ConnConfig.RuntimeParams["search_path"] = nothing
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return opened{}, fmt.Errorf("store.dsn: %w", ports.ErrUnavailable)
	}
	return opened{kerniapostgres.New(pool), func() error { pool.Close(); return nil }}, nil
}

func openMongo(ctx context.Context, dsn string) (opened, error) {
	uri, err := connstring.Parse(dsn)
	if err != nil || uri.Database == "" {
		return opened{}, wrong{errors.New("store.dsn: want a mongodb:// URI with the name of a database")}
	}
	return mongo(ctx, dsn, uri.Database)
}

func emptyMongo(ctx context.Context, dsn string) (opened, error) { return mongo(ctx, dsn, nothing) }

func mongo(ctx context.Context, dsn, database string) (opened, error) {
	s, err := kerniamongo.Open(ctx, dsn, database)
	if err != nil {
		return opened{}, err
	}
	return opened{s, s.Close}, nil
}

// driver returns the kind of store of the settings, which have been checked.
func (s *settings) driver() driver {
	for _, d := range drivers() {
		if d.name == s.Store.Driver {
			return d
		}
	}
	return driver{}
}

// errNoSchema is for commands about a schema where there is none.
var errNoSchema = errors.New("store.driver: this store keeps no schema between runs")
