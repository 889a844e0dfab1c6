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

// url is the server of all tests that leave it as it is; TestMain sets it once.
var url string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// quiet keeps the client from logging each attempt of the outages that the tests make.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// run finds the server for all tests. Without one nothing here can be tested, examples included.
func run(m *testing.M) int {
	redis.SetLogger(quiet{})
	url = os.Getenv("KERNIA_TEST_REDIS_URL")
	whose := "named by KERNIA_TEST_REDIS_URL"
	if url == "" {
		if _, err := exec.LookPath("redis-server"); err != nil {
			fmt.Println("kerniaredis: NOTHING TESTED: KERNIA_TEST_REDIS_URL is not set and redis-server is not on the PATH")
			if os.Getenv("CI") == "true" {
				return 1
			}
			return 0
		}
		s, err := launch(freePort())
		if err != nil {
			fmt.Println("kerniaredis: starting redis-server:", err)
			return 1
		}
		defer s.kill()
		url, whose = s.url(), "started by the test"
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		fmt.Println("kerniaredis: KERNIA_TEST_REDIS_URL is not a Redis URL")
		return 1
	}
	client := redis.NewClient(options)
	defer client.Close()
	version, err := client.InfoMap(context.Background(), "server").Result()
	if err != nil {
		fmt.Println("kerniaredis: the server does not answer:", err)
		return 1
	}
	fmt.Printf("kerniaredis: on Redis %s at %s, %s\n", version["Server"]["redis_version"], options.Addr, whose)
	return m.Run()
}

// A server is one redis-server in a directory of its own, which the kernel ends with the test.
type server struct {
	port int
	dir  string
	cmd  *exec.Cmd
}

// launch starts a server and waits until it answers.
func launch(port int, args ...string) (*server, error) {
	dir, err := os.MkdirTemp("", "kerniaredis")
	if err != nil {
		return nil, err
	}
	s := &server{port: port, dir: dir}
	args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no"}, args...)
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	client := s.client()
	defer client.Close()
	for range 200 {
		if err = client.Ping(context.Background()).Err(); err == nil {
			return s, nil
		}
		time.Sleep(25 * time.Millisecond) // a real process: nothing tells when it listens
	}
	s.kill()
	return nil, err
}

// start launches a server for one test, which needs the program whatever KERNIA_TEST_REDIS_URL names.
func start(t *testing.T, port int, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not on the PATH: this test stops and starts one")
		}
		fmt.Printf("kerniaredis: SKIPPED %s: redis-server is not on the PATH\n", t.Name())
		t.Skip("redis-server is not on the PATH: this test stops and starts one")
	}
	s, err := launch(port, args...)
	if err != nil {
		t.Fatalf("starting redis-server: %v", err)
	}
	t.Cleanup(s.kill)
	return s
}

func (s *server) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
func (s *server) url() string  { return "redis://" + s.addr() + "/0" }

func (s *server) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.addr(), ContextTimeoutEnabled: true})
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
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
