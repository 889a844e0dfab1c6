package kerniamongo_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
)

// server is what the tests of one run talk to.
var server = struct {
	uri    string // "": there is none
	real   bool   // not the stand-in
	client *mongo.Client
}{uri: os.Getenv("KERNIA_TEST_MONGO_URL")}

const lack = "KERNIA_TEST_MONGO_URL is not set: go run ./tools/servers -mongo -- go test ./adapters/store/mongo/..."

// TestMain says which server the tests run on. Without one examples are left out, and tests skip or, with CI=true,
// fail.
func TestMain(m *testing.M) {
	flag.Parse()
	if server.uri == "" {
		fmt.Println("kerniamongo: nothing runs here:", lack)
		_ = flag.Set("test.skip", "^Example")
		os.Exit(m.Run())
	}
	client, err := mongo.Connect(context.Background(), options.Client().ApplyURI(server.uri))
	if err != nil {
		fmt.Println("kerniamongo: the server of KERNIA_TEST_MONGO_URL:", err)
		os.Exit(1)
	}
	server.client = client
	if server.real = genuine(client); server.real {
		fmt.Println("kerniamongo: the server of KERNIA_TEST_MONGO_URL")
	} else {
		fmt.Println("kerniamongo: the stand-in (FerretDB behind a proxy that lets one write through at a time): races on it " +
			"prove this package's logic only, nothing about a MongoDB server; set KERNIA_TEST_MONGO_URL to one for that")
	}
	code := m.Run()
	_ = client.Database("kernia_example").Drop(context.Background())
	_ = client.Disconnect(context.Background())
	os.Exit(code)
}

// genuine reports whether a server is none of those that only speak MongoDB's protocol.
func genuine(client *mongo.Client) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	info, err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Raw()
	if err != nil {
		return true
	}
	_, err = info.LookupErr("ferretdb")
	_, err2 := info.LookupErr("ferretdbVersion")
	return err != nil && err2 != nil
}

// need ends the test where there is no server.
func need(t testing.TB) {
	t.Helper()
	switch {
	case server.uri != "":
	case os.Getenv("CI") == "true":
		t.Fatal(lack)
	default:
		t.Skip(lack)
	}
}

// database returns a database of the test's own by name, which goes when the test ends.
func database(t testing.TB, name string) *mongo.Database {
	t.Helper()
	need(t)
	db := server.client.Database("kernia_" + name[:min(len(name), 50)])
	t.Cleanup(func() { _ = db.Drop(context.Background()) }) //nolint:usetesting // the test's own context has ended
	return db
}

// fresh returns an empty database, and a store in it that keeps what expired: the models of tests live in the past.
func fresh(t testing.TB) (*kerniamongo.Store, *mongo.Database) {
	t.Helper()
	db := database(t, fmt.Sprintf("t%d", time.Now().UnixNano()))
	return kerniamongo.New(db, kerniamongo.Options{KeepExpired: true}), db
}
