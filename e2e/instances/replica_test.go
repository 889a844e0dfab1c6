package instances_test

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

const signIn = `{"email":"ann@example.com","password":"password123"}`

// TestRedisReplica: on a replica of Redis, reads go on, the Auth is not ready, and what must write is 503 and changes
// nothing. Once the replica is promoted, the same clients work.
func TestRedisReplica(t *testing.T) {
	for name, place := range map[string]kernia.Place{"InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		t.Run(name, func(t *testing.T) {
			main := startRedis(t)
			replica := startRedis(t, "--replicaof", "127.0.0.1", main.port, "--repl-diskless-sync-delay", "0")
			store, clock := memory.New(), memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
			on := func(r *redisServer) *kernia.Auth {
				kv := kerniaredis.New(r.client, kerniaredis.Options{Clock: clock})
				return kerniatest.New(t, kernia.Config{Store: store, KV: kv, Clock: clock, Session: kernia.SessionConfig{Place: place}}, emailpassword.Feature{})
			}
			writer := kerniatest.NewBrowser(t, on(main))
			if a := writer.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`); a.Status != 200 {
				t.Fatal("sign-up", a.Status, a.Body)
			}
			if n, err := main.client.Wait(t.Context(), 1, 30*time.Second).Result(); n != 1 || err != nil {
				t.Fatalf("%d replicas have the session, %v", n, err)
			}
			auth := on(replica)
			page, visitor := kerniatest.NewBrowser(t, auth), kerniatest.NewBrowser(t, auth)
			maps.Copy(page.Cookies(), writer.Cookies())
			refusesWrites(t, auth, page, visitor, func() string { return replica.dump(t) + dump(t, store, auth) })
			main.kill()
			if err := replica.client.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
				t.Fatal(err)
			}
			goesOn(t, auth, page, visitor)
		})
	}
}

// refusesWrites checks what an Auth on a replica does: page is signed in, visitor is not.
func refusesWrites(t *testing.T, auth *kernia.Auth, page, visitor *kerniatest.Browser, state func() string) {
	t.Helper()
	before := state()
	if err := auth.Ready(t.Context()); !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("on a replica Ready = %v, want ErrUnavailable", err)
	}
	if a := visitor.Post("/sign-in/email", signIn); a.Status != 503 || len(a.Cookies) > 0 {
		t.Errorf("sign-in on a replica = %d %s, cookies %q, want 503", a.Status, a.Body, a.Cookies)
	}
	u, err := auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err != nil || u == nil {
		t.Fatal(u, err)
	}
	if _, err := auth.Sessions.Issue(t.Context(), *u, kernia.NewSession{}); !errors.Is(err, ports.ErrUnavailable) { // sign-in counts attempts before
		t.Errorf("a session on a replica = %v, want ErrUnavailable", err)
	}
	if a := page.Post("/sign-out", ""); a.Status != 503 || len(a.Cookies) > 0 {
		t.Errorf("sign-out on a replica = %d %s, cookies %q, want 503", a.Status, a.Body, a.Cookies)
	}
	if !page.SignedIn() || visitor.SignedIn() {
		t.Errorf("on a replica, signed in: %t, %t, want only who was", page.SignedIn(), visitor.SignedIn())
	}
	if after := state(); after != before {
		t.Errorf("what was refused changed\n%s\nto\n%s", before, after)
	}
}

// goesOn checks that the same clients work on the server that is no replica any more.
func goesOn(t *testing.T, auth *kernia.Auth, page, visitor *kerniatest.Browser) {
	t.Helper()
	if err := auth.Ready(t.Context()); err != nil {
		t.Errorf("after the promotion Ready = %v", err)
	}
	if a := visitor.Post("/sign-in/email", signIn); a.Status != 200 || !visitor.SignedIn() {
		t.Errorf("sign-in after the promotion = %d %s", a.Status, a.Body)
	}
	if !page.SignedIn() {
		t.Error("the failover signed somebody out")
	}
	if a := page.Post("/sign-out", ""); a.Status != 200 || page.SignedIn() {
		t.Errorf("sign-out after the promotion = %d %s", a.Status, a.Body)
	}
}

// dump returns all that the store has.
func dump(t *testing.T, store ports.Store, auth *kernia.Auth) (all string) {
	t.Helper()
	for _, m := range auth.Models() {
		records, err := store.Find(t.Context(), &ports.Query{Model: m, Order: []ports.Order{{Field: "id"}}, Limit: 100}, nil)
		if err != nil {
			t.Fatal(m.Name, err)
		}
		all += fmt.Sprintf("%s: %#v\n", m.Name, records)
	}
	return all
}

// A redisServer belongs to one test; the kernel ends it with the test binary.
type redisServer struct {
	port   string
	client *redis.Client
	cmd    *exec.Cmd
}

func startRedis(t *testing.T, args ...string) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not on the PATH")
		}
		t.Skip("redis-server is not on the PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	args = append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", ""}, args...)
	r := &redisServer{port: port, cmd: exec.Command("redis-server", args...)}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	r.client = redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = r.client.Close() })
	for range 200 {
		if err = r.client.Ping(t.Context()).Err(); err == nil {
			return r
		}
		time.Sleep(25 * time.Millisecond) // a real process: nothing tells when it listens
	}
	t.Fatalf("starting redis-server: %v", err)
	return nil
}

func (r *redisServer) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// dump returns all that the server has.
func (r *redisServer) dump(t *testing.T) (all string) {
	t.Helper()
	keys, err := r.client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	slices.Sort(keys)
	for _, key := range keys {
		value, err := r.client.Get(t.Context(), key).Result()
		if err != nil {
			t.Fatal(key, err)
		}
		all += fmt.Sprintf("%s: %q\n", key, value)
	}
	return all
}
