package kernia

import (
	"context"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// place settles where sessions, one-time values and counts go.
func (a *Auth) place() error {
	a.kv = a.config.KV
	if a.kv == nil {
		t := &tableKV{values: newTableValues(a), counter: memory.NewKV(memory.KVOptions{Clock: a.config.Clock})}
		a.kv = t
	}
	a.counts = a.kv
	if a.config.RateLimit.InStore {
		a.counts = newTableCounts(a)
		if t, ok := a.kv.(*tableKV); ok {
			t.counter = a.counts
		}
	}
	rows := tableSessions{a}
	a.kept = rows
	if a.config.Session.Place == InStore {
		return nil
	}
	groups, ok := a.config.KV.(ports.Groups)
	if !ok {
		return badSetting("Session.Place", "needs a Config.KV that implements ports.Groups")
	}
	if a.config.Session.StoreTokens == Plain && a.config.Session.Place == InKV {
		return badSetting("Session.StoreTokens", "Plain has no meaning where sessions are in the key-value store alone")
	}
	a.kept = kvSessions{auth: a, kv: groups, copy: a.config.Session.Place == InBoth, rows: rows}
	return nil
}

// KV returns where features keep what expires: Config.KV, or the core's own over the store. Keys begin with the
// purpose and a colon.
func (a *Auth) KV() ports.KV { return a.kv }

// counter is the part of a [ports.KV] that counts.
type counter interface {
	Add(ctx context.Context, key string, l ports.Limit) (ports.Tally, error)
}

// tableKV is a [ports.KV] over the store's tables.
type tableKV struct {
	values *tableValues
	counter
}

var _ ports.KV = (*tableKV)(nil)

func (t *tableKV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	return t.values.find(ctx, key)
}

func (t *tableKV) Put(ctx context.Context, key string, e ports.Entry) error {
	return t.values.put(ctx, key, e)
}

func (t *tableKV) Replace(ctx context.Context, key string, e ports.Entry) (bool, error) {
	return t.values.replaced(ctx, key, e)
}

func (t *tableKV) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	return t.values.taken(ctx, key)
}

func (t *tableKV) Delete(ctx context.Context, keys ...string) error {
	return t.values.remove(ctx, keys)
}
