package kernia

import (
	"context"
	"github.com/kernia-go/kernia/core/internal/tablekv"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// place settles where sessions, one-time values and counts go.
func (a *Auth) place() error {
	tables := tablekv.Tables{
		Store: a.config.Store, Values: a.schema.Verification, Counts: a.schema.RateLimit, Now: a.now,
		NewID: func(ctx context.Context, m *ports.Model) (string, error) { return a.newID(ctx, m, "") },
	}
	a.kv, a.counts = a.config.KV, a.config.KV
	switch {
	case a.config.RateLimit.InStore:
		a.counts = tablekv.NewCounts(tables, limitPrefix, longest)
	case a.kv == nil:
		a.counts = memory.NewKV(memory.KVOptions{Clock: a.config.Clock})
	}
	if a.kv == nil {
		a.kv = tablekv.New(tables, a.counts)
	}
	rows := tableSessions{auth: a, dead: tablekv.NewSweeper(a.schema.Session)}
	a.kept = rows
	if a.config.Session.Place == InStore {
		return nil
	}
	linked, ok := a.config.KV.(ports.LinkedKV)
	if !ok {
		return badSetting("Session.Place", "needs a Config.KV that implements ports.LinkedKV")
	}
	if a.config.Session.StoreTokens == Plain && a.config.Session.Place == InKV {
		return badSetting("Session.StoreTokens", "Plain has no meaning where sessions are in the key-value store alone")
	}
	a.kept = kvSessions{auth: a, kv: linked, copy: a.config.Session.Place == InBoth, rows: rows}
	return nil
}

// KV returns the key-value store for what expires: Config.KV, or else one over the store's tables. Begin each key with
// its purpose and a colon. For values that are used once, [OneTimeOf] is simpler.
func (a *Auth) KV() ports.KV { return a.kv }
