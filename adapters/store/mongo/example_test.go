package kerniamongo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
)

// A record is stored by one program and taken by one of many.
func ExampleOpen() {
	ctx := context.Background()
	store, err := kerniamongo.Open(ctx, server.uri, "kernia_example")
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	ticket := &ports.Model{Name: "ticket", ID: ports.IDObjectID, Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "code", Type: ports.TypeString},
	}, Unique: []ports.Key{{"code"}}}
	if _, err := store.Migrate(ctx, []*ports.Model{ticket}, true); err != nil {
		log.Fatal(err)
	}
	if _, err := store.Create(ctx, ticket, ports.Record{{}, ports.String("42")}); err != nil {
		log.Fatal(err)
	}
	take := &ports.Take{Model: ticket, Key: ports.Key{"code"}}
	for range 2 {
		_, ok, err := store.Take(ctx, take, []ports.Value{ports.String("42")})
		fmt.Println(ok, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}

// On a client that the application has already, and where nobody answers.
func ExampleNew() {
	ctx := context.Background()
	client, err := mongo.Connect(ctx, options.Client().ApplyURI("mongodb://127.0.0.1:1"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = client.Disconnect(ctx) }()

	store := kerniamongo.New(client.Database("app"), kerniamongo.Options{Timeout: 50 * time.Millisecond})
	err = store.Ping(ctx)
	fmt.Println(errors.Is(err, ports.ErrUnavailable))
	// Output: true
}
