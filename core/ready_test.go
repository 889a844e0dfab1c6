package kernia_test

import (
	"context"
	"errors"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A standby reads and refuses to write.
type standby struct {
	ports.Store
	on bool
}

func (s *standby) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	if s.on {
		return nil, false, ports.ErrUnavailable
	}
	return s.Store.Update(ctx, u, args)
}

type standbyKV struct {
	ports.KV
	on bool
}

func (k *standbyKV) Put(ctx context.Context, key string, e ports.Entry) error {
	if k.on {
		return ports.ErrUnavailable
	}
	return k.KV.Put(ctx, key, e)
}

func TestReadyAsksForAWrite(t *testing.T) {
	store, kv := &standby{Store: memory.New()}, &standbyKV{KV: memory.NewKV(memory.KVOptions{})}
	cfg := config()
	cfg.Store, cfg.KV = store, kv
	auth := kerniatest.New(t, cfg)
	for _, c := range []struct{ store, kv bool }{{}, {store: true}, {kv: true}, {}} {
		store.on, kv.on = c.store, c.kv
		if err := auth.Ready(t.Context()); errors.Is(err, ports.ErrUnavailable) != (c.store || c.kv) {
			t.Errorf("with standbys %+v Ready = %v", c, err)
		}
	}
	if n, err := auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 0 || err != nil {
		t.Errorf("Ready left %d users, %v", n, err)
	}
}
