package kerniaredis_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
)

// TestCluster runs the kit on a Cluster of two servers, each with half of the slots: a command over two of them
// is refused.
func TestCluster(t *testing.T) {
	addrs := cluster(t)
	open := func(t *testing.T) *redis.ClusterClient {
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	if err := open(t).Eval(t.Context(), "return redis.call('DEL', KEYS[1], KEYS[2])", []string{"a", "b"}).Err(); err == nil || !strings.HasPrefix(err.Error(), "CROSSSLOT") {
		t.Fatalf("a script over two slots = %v, want CROSSSLOT: this is no real Cluster", err)
	}
	kvtest.Run(t, func(t *testing.T, name string, clock ports.Clock) ports.KV {
		return kerniaredis.New(open(t), kerniaredis.Options{Prefix: name + ":", Clock: clock})
	})
}

func cluster(t *testing.T) (addrs []string) {
	t.Helper()
	var nodes []*redis.Client
	slots := [][2]int{{0, 8191}, {8192, 16383}}
	for i, r := range slots {
		bus := freePort()
		s := start(t, freePort(), "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus), "--cluster-node-timeout", "2000")
		c := s.client()
		t.Cleanup(func() { _ = c.Close() })
		for _, command := range [][]any{
			{"cluster", "set-config-epoch", i + 1},
			{"cluster", "addslotsrange", r[0], r[1]},
		} {
			if err := c.Do(t.Context(), command...).Err(); err != nil {
				t.Fatalf("%v = %v", command, err)
			}
		}
		if i > 0 {
			if err := nodes[0].Do(t.Context(), "cluster", "meet", "127.0.0.1", s.port, bus).Err(); err != nil {
				t.Fatal(err)
			}
		}
		nodes, addrs = append(nodes, c), append(addrs, s.addr())
	}
	deadline := time.Now().Add(30 * time.Second)
	for _, c := range nodes {
		for {
			info := c.ClusterInfo(t.Context()).Val()
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384") && strings.Contains(info, "cluster_size:2") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the Cluster does not come up: %s", info)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return addrs
}
