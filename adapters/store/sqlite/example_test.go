package kerniasqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

func note() *ports.Model {
	return &ports.Model{Name: "note", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "text", Type: ports.TypeString},
	}}
}

func ExampleOpen() {
	ctx := context.Background()
	store, err := kerniasqlite.Open(ctx, ":memory:") // or a file: "app.db"
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	m := note()
	plan, err := store.Migrate(ctx, []*ports.Model{m}, true)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Steps[0].Statement)
	r, err := store.Create(ctx, m, ports.Record{ports.String("n1"), ports.String("hello")})
	fmt.Println(r[1].AsString(), err)
	// Output:
	// create table "note" ("id" text not null primary key, "text" text not null)
	// hello <nil>
}

func ExampleJoin() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection to :memory: is a database of its own
	store, m := kerniasqlite.New(db), note()
	if _, err := store.Migrate(ctx, []*ports.Model{m}, true); err != nil {
		log.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	joined := kerniasqlite.Join(ctx, tx)
	if _, err := store.Create(joined, m, ports.Record{ports.String("n1"), ports.String("hello")}); err != nil {
		log.Fatal(err)
	}
	_ = tx.Rollback()
	n, err := store.Count(ctx, &ports.Query{Model: m, Limit: 1}, nil)
	fmt.Println(n, err)
	// Output: 0 <nil>
}
