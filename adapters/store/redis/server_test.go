package kerniaredis_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/ports"
)

// url is the server of all tests that leave it as it is.
var url = os.Getenv("KERNIA_TEST_REDIS_URL")

// quiet keeps the client from logging each attempt of the outages that the tests make.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// TestMain says which server the tests run on. Without one nothing here can be tested, examples included.
func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	if url == "" {
		fmt.Println("kerniaredis: nothing runs here: KERNIA_TEST_REDIS_URL is not set: go run ./tools/servers -- go test ./adapters/store/redis/...")
		if os.Getenv("CI") == "true" {
			os.Exit(1)
		}
		os.Exit(0)
	}
	fmt.Println("kerniaredis: the server of KERNIA_TEST_REDIS_URL:", version())
	os.Exit(m.Run())
}

func version() string {
	options, err := redis.ParseURL(url)
	if err != nil {
		return "not a Redis URL"
	}
	client := redis.NewClient(options)
	defer client.Close()
	info, err := client.InfoMap(context.Background(), "server").Result()
	if err != nil {
		return "it does not answer: " + err.Error()
	}
	return "Redis " + info["Server"]["redis_version"]
}

// A server is one redis-server that belongs to a test; the kernel ends it with the test binary.
type server struct {
	port int
	cmd  *exec.Cmd
}

// start launches a server for one test, which kills it, or configures it in ways of its own.
func start(t *testing.T, port int, args ...string) *server {
	t.Helper()
	return launch(t, port, append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", ""}, args...)...)
}

// launch runs redis-server with the arguments and waits until it answers.
func launch(t *testing.T, port int, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not on the PATH: this test stops and starts one")
		}
		t.Skip("redis-server is not on the PATH: this test stops and starts one")
	}
	s := &server{port: port, cmd: exec.Command("redis-server", args...)}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	client := s.client()
	defer client.Close()
	var err error
	for range 200 {
		if err = client.Ping(t.Context()).Err(); err == nil {
			return s
		}
		time.Sleep(25 * time.Millisecond) // a real process: nothing tells when it listens
	}
	t.Fatalf("starting redis-server: %v", err)
	return nil
}

func (s *server) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *server) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.addr(), ContextTimeoutEnabled: true})
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// client connects to the shared server; a test and its keys end together.
func client(t testing.TB) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.ContextTimeoutEnabled = true
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// prefix returns one that no other test and no other run has.
func prefix(name string) string { return fmt.Sprintf("test %d %s:", os.Getpid(), name) }

// sweep deletes at the end of the test what lies under the prefix on one server.
func sweep(t testing.TB, c *redis.Client, prefix string) {
	t.Cleanup(func() {
		ctx := context.Background() //nolint:usetesting // t.Context() has ended before the cleanup
		keys := c.Scan(ctx, 0, strings.NewReplacer("[", "\\[", "*", "\\*").Replace(prefix)+"*", 1000).Iterator()
		for keys.Next(ctx) {
			c.Unlink(ctx, keys.Val())
		}
	})
}

// open returns a KV on the shared server under a prefix of its own, and the client to look behind it.
func open(t testing.TB, clock ports.Clock) (*kerniaredis.KV, *redis.Client, string) {
	t.Helper()
	c, p := client(t), prefix(t.Name())
	sweep(t, c, p)
	return kerniaredis.New(c, kerniaredis.Options{Prefix: p, Clock: clock}), c, p
}
