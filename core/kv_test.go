package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/kvtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestKVOfAnAuth: Config.KV keeps its promises for those who get it from an Auth.
func TestKVOfAnAuth(t *testing.T) {
	servers := map[string]ports.KV{}
	kvtest.Run(t, func(t *testing.T, name string, clock ports.Clock) ports.KV {
		if servers[name] == nil {
			kv := memory.NewKV(memory.KVOptions{Clock: clock})
			servers[name] = serve(t, kernia.Config{KV: kv, Clock: clock}).auth.KV()
		}
		return servers[name]
	})
}

// TestKVWaitsForTheCommit: what a feature writes by Auth.KV in a transaction is there after the commit, and not after a
// rollback.
func TestKVWaitsForTheCommit(t *testing.T) {
	for _, commits := range []bool{false, true} {
		t.Run(fmt.Sprint(commits), func(t *testing.T) {
			kv := memory.NewKV(memory.KVOptions{})
			store := joinable{memory.New()}
			auth := serve(t, kernia.Config{KV: kv, Store: store, Clock: ports.SystemClock{}}).auth
			e := ports.Entry{Value: "old", Expires: time.Now().Add(time.Hour)}
			limit := ports.Limit{Bound: 5, Window: time.Hour}
			for _, key := range []string{"x:replaced", "x:deleted"} {
				if err := auth.KV().Put(t.Context(), key, e); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := auth.KV().Add(t.Context(), "x:count", limit); err != nil {
				t.Fatal(err)
			}
			e.Value = "new"
			unheld := context.WithValue(t.Context(), joinedKey{}, true)
			if err := auth.KV().Put(unheld, "x:put", e); err == nil {
				t.Error("Put works in a transaction without a Hold")
			}
			var held *kernia.Held
			err := store.Tx(t.Context(), func(ctx context.Context) error {
				held, ctx = auth.Hold(context.WithValue(ctx, joinedKey{}, true))
				there, err := auth.KV().Replace(ctx, "x:replaced", e)
				missing, err2 := auth.KV().Replace(ctx, "x:missing", e)
				if !there || missing {
					t.Errorf("Replace = %v and %v, want true and false", there, missing)
				}
				if err := errors.Join(err, err2, auth.KV().Put(ctx, "x:put", e), auth.KV().Delete(ctx, "x:deleted"), auth.KV().Reset(ctx, "x:count")); err != nil || commits {
					return err
				}
				return errRollback
			})
			if commits && err != nil || !commits && !errors.Is(err, errRollback) {
				t.Fatal(err)
			}
			if commits {
				held.Release(t.Context())
			}
			_, put, _ := kv.Find(t.Context(), "x:put")
			replaced, _, _ := kv.Find(t.Context(), "x:replaced")
			_, kept, _ := kv.Find(t.Context(), "x:deleted")
			counted, err := kv.Add(t.Context(), "x:count", limit)
			if err != nil || put != commits || (replaced.Value == "new") != commits || kept == commits || (counted.Count == 1) != commits {
				t.Errorf("put: %v, replaced: %s, kept: %v, counted: %d, %v", put, replaced.Value, kept, counted.Count, err)
			}
		})
	}
}
