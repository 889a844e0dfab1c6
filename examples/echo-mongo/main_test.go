package main

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/examples/internal/programtest"
)

func TestProgram(t *testing.T) {
	url := programtest.Server(t, "KERNIA_TEST_MONGO_URL")
	database := "example_" + strings.ToLower(rand.Text())
	ctx := context.WithoutCancel(t.Context()) // for what is dropped at the end too
	t.Cleanup(func() {
		client, err := mongo.Connect(ctx, options.Client().ApplyURI(url))
		if err != nil {
			t.Error(err)
			return
		}
		if err := client.Database(database).Drop(ctx); err != nil {
			t.Error(err)
		}
		_ = client.Disconnect(ctx)
	})
	programtest.Tour(t, func(ctx context.Context, l net.Listener) error { return run(ctx, l, url, database) })
}
