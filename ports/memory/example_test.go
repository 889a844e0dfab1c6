package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func ExampleStore() {
	ctx := context.Background()
	book := &ports.Model{Name: "book", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "title", Type: ports.TypeString},
		{Name: "copies", Type: ports.TypeInt},
	}, Unique: []ports.Key{{"title"}}}

	store := memory.New()
	plan, err := store.Migrate(ctx, []*ports.Model{book}, true)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range plan.Steps {
		fmt.Println(step.Summary)
	}

	dune := ports.Record{ports.String("1"), ports.String("Dune"), ports.Int(1)}
	_, _ = store.Create(ctx, book, dune)
	dune[0] = ports.String("2")
	_, err = store.Create(ctx, book, dune)
	var conflict *ports.ConflictError
	fmt.Println(errors.As(err, &conflict), conflict.Key)

	// Lend a copy while there is one: the bound is a condition of the one call that counts.
	lend := &ports.Update{
		Model: book, Key: ports.Key{"title"},
		Where: []ports.Condition{{Field: "copies", Op: ports.Gt}},
		Set:   []ports.Change{{Field: "copies", Add: true}},
	}
	for range 2 {
		_, ok, _ := store.Update(ctx, lend, []ports.Value{ports.String("Dune"), ports.Int(0), ports.Int(-1)})
		fmt.Println("lent:", ok)
	}
	// Output:
	// create table "book"
	// add unique key on "title" to "book"
	// true title
	// lent: true
	// lent: false
}

func ExampleClock() {
	clock := memory.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	expires := clock.Now().Add(5 * time.Minute)
	clock.Advance(5 * time.Minute)
	fmt.Println(clock.Now().Before(expires))
	// Output: false
}
