package kerniamongo_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
)

// standin is the folder of the stand-in. Go test notices a change there only by a path that begins in this module.
var standin = func() string {
	wd, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return wd + "/../../../tools/mongostandin"
}()

// server is what the tests of one run talk to.
var server struct {
	uri     string
	missing string // why there is none
	real    bool   // not the stand-in
	client  *mongo.Client
}

func TestMain(m *testing.M) {
	flag.Parse()
	stop := start()
	if server.missing != "" {
		fmt.Println("kerniamongo: examples are not run, no MongoDB:", server.missing)
		_ = flag.Set("test.skip", "^Example")
	}
	code := m.Run()
	if server.client != nil {
		_ = server.client.Database("kernia_example").Drop(context.Background())
		_ = server.client.Disconnect(context.Background())
	}
	stop()
	os.Exit(code)
}

// start finds or starts a server and says which.
func start() (stop func()) {
	stop = func() {}
	if server.uri = os.Getenv("KERNIA_TEST_MONGO_URL"); server.uri == "" {
		server.uri, stop, server.missing = launch()
	}
	if server.missing != "" {
		return stop
	}
	client, err := mongo.Connect(context.Background(), options.Client().ApplyURI(server.uri))
	if err != nil {
		server.missing = "the server of KERNIA_TEST_MONGO_URL: " + err.Error()
		return stop
	}
	server.client = client
	if server.real = genuine(client); server.real {
		fmt.Println("kerniamongo: testing on the server of KERNIA_TEST_MONGO_URL")
	} else {
		fmt.Println("kerniamongo: testing on the stand-in (FerretDB behind a proxy that lets one write through at a time): " +
			"races on it prove this package's logic only, nothing about a MongoDB server; set KERNIA_TEST_MONGO_URL for that")
	}
	return stop
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

// launch builds and starts the stand-in.
func launch() (uri string, stop func(), missing string) {
	stop = func() {}
	program, err := build()
	if err != nil {
		return "", stop, "KERNIA_TEST_MONGO_URL is not set and the stand-in cannot be built: " + err.Error()
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", stop, err.Error()
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", stop, err.Error()
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", stop, err.Error()
	}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	kill.Stop()
	if err != nil {
		return "", stop, "the stand-in did not start: " + err.Error()
	}
	return strings.TrimSpace(line), sync.OnceFunc(func() {
		_ = in.Close()
		_ = cmd.Wait()
	}), ""
}

// build compiles the stand-in, which takes over a minute the first time, and keeps the program by what it is made
// of.
func build() (string, error) {
	sum, tree := sha256.New(), os.DirFS(standin)
	for _, pattern := range []string{"go.mod", "go.sum", "*.go"} {
		names, err := fs.Glob(tree, pattern)
		if err != nil || len(names) == 0 {
			return "", fmt.Errorf("no %s in %s", pattern, standin)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(tree, name)
			if err != nil {
				return "", err
			}
			_, _ = sum.Write(text)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "kernia")
	program := filepath.Join(dir, "mongostandin-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	fmt.Println("kerniamongo: building the stand-in, once, for about two minutes")
	half := fmt.Sprintf("%s-%d", program, os.Getpid())
	cmd := exec.Command("go", "build", "-o", half, ".")
	cmd.Dir, cmd.Env = standin, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		_, _ = os.Stderr.Write(out)
		return "", err
	}
	return program, os.Rename(half, program)
}

// need ends the test where there is no server, as a failure where CI is set.
func need(t testing.TB) {
	t.Helper()
	switch {
	case server.missing == "":
	case os.Getenv("CI") == "true":
		t.Fatalf("no MongoDB: %s", server.missing)
	default:
		t.Skipf("no MongoDB: %s", server.missing)
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
