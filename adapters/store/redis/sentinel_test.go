package kerniaredis_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
)

// TestSentinel runs the kit on a server behind a real Sentinel, kills the server, and goes on with its replica.
func TestSentinel(t *testing.T) {
	main, replica, sentinel := watched(t)
	open := func(t *testing.T) redis.UniversalClient {
		c := redis.NewUniversalClient(&redis.UniversalOptions{
			Addrs: []string{sentinel.addr()}, MasterName: "main", ContextTimeoutEnabled: true, DialTimeout: time.Second,
		})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	t.Run("Kit", func(t *testing.T) {
		kvtest.Run(t, func(t *testing.T, name string, clock ports.Clock) ports.KV {
			return kerniaredis.New(open(t), kerniaredis.Options{Prefix: name + ":", Clock: clock})
		})
	})
	t.Run("GoesOnWithTheReplica", func(t *testing.T) {
		c := open(t)
		kv := kerniaredis.New(c)
		put(t, kv, "key", "value", time.Now().Add(time.Hour))
		direct := main.client()
		defer direct.Close()
		if n, err := direct.Wait(t.Context(), 1, 10*time.Second).Result(); n != 1 || err != nil {
			t.Fatalf("%d replicas have the value, %v", n, err)
		}
		main.kill()
		work(t, kv)
		if e, ok, err := kv.Find(t.Context(), "key"); !ok || err != nil || e.Value != "value" {
			t.Errorf("Find after the failover = %v, %t, %v", e, ok, err)
		}
		promoted := replica.client()
		defer promoted.Close()
		if role := promoted.Do(t.Context(), "role").Val(); fmt.Sprint(role)[:7] != "[master" {
			t.Errorf("the replica's role is %v: this was no failover", role)
		}
	})
}

// watched starts a server, a replica of it that is up to date, and a Sentinel that has found both.
func watched(t *testing.T) (main, replica, sentinel *server) {
	t.Helper()
	main = start(t, freePort())
	replica = start(t, freePort(), "--replicaof", "127.0.0.1", strconv.Itoa(main.port), "--repl-diskless-sync-delay", "0")
	port := freePort()
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %q\nsentinel monitor main 127.0.0.1 %d 1\n"+
		"sentinel down-after-milliseconds main 3000\nsentinel failover-timeout main 5000\n", port, t.TempDir(), main.port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel = launch(t, port, conf, "--sentinel")
	c := redis.NewSentinelClient(&redis.Options{Addr: sentinel.addr()})
	defer c.Close()
	for range 600 { // real processes: nothing tells when they have found each other
		found, err := c.Replicas(t.Context(), "main").Result()
		if err == nil && len(found) == 1 && found[0]["flags"] == "slave" && found[0]["master-link-status"] == "ok" {
			return main, replica, sentinel
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the Sentinel does not find the replica")
	return nil, nil, nil
}
