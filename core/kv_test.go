package kernia_test

import (
	"sync"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestTableKV: values in the table verification and counts in the table rateLimit are as good as a server of their
// own.
func TestTableKV(t *testing.T) {
	var mu sync.Mutex
	stores := map[string]*memory.Store{}
	kvtest.Run(t, func(t *testing.T, name string, clock ports.Clock) ports.KV {
		mu.Lock()
		if stores[name] == nil {
			stores[name] = memory.New()
		}
		store := stores[name]
		mu.Unlock()
		return kerniatest.New(t, kernia.Config{Store: store, Clock: clock, RateLimit: kernia.RateLimitConfig{InStore: true}}).KV()
	})
}
