package kerniapostgres_test

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// note is a model of one's own; those of users and sessions come with the core.
var note = &ports.Model{
	Name: "note", ID: ports.IDSerial,
	Fields: []ports.Field{{Name: "id", Type: ports.TypeString}, {Name: "text", Type: ports.TypeString}},
}

func ExampleOpen() {
	ctx := context.Background()
	store, err := kerniapostgres.Open(ctx, serverURL, kerniapostgres.Options{Schema: exampleSchema("open")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	plan, err := store.Migrate(ctx, []*ports.Model{note}, true)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(plan.Steps), "steps")

	r, err := store.Create(ctx, note, ports.Record{{}, ports.String("hello")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r[0].AsString(), r[1].AsString())
	// Output:
	// 2 steps
	// 1 hello
}

func ExampleJoin() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, serverURL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	store := kerniapostgres.New(pool, kerniapostgres.Options{Schema: exampleSchema("join")})
	if _, err := store.Migrate(ctx, []*ports.Model{note}, true); err != nil {
		fmt.Println(err)
		return
	}

	tx, err := pool.Begin(ctx) // the application's own
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := store.Create(kerniapostgres.Join(ctx, tx), note, ports.Record{{}, ports.String("never seen")}); err != nil {
		fmt.Println(err)
	}
	if err := tx.Rollback(ctx); err != nil {
		fmt.Println(err)
	}

	n, err := store.Count(ctx, &ports.Query{Model: note, Limit: 1}, nil)
	fmt.Println(n, err)
	// Output: 0 <nil>
}

// exampleSchema names a schema of this run.
func exampleSchema(name string) string { return fmt.Sprintf("example_%s_%d", name, os.Getpid()) }
