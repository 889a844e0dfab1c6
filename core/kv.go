package kernia

import (
	"context"
	"errors"
	"time"

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
	rows := tableSessions{auth: a, dead: tablekv.NewSweeper(a.schema.Session, a.claim)}
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

// claim marks a key as used until expires and reports whether the caller was the first of all instances.
func (a *Auth) claim(ctx context.Context, key string, expires time.Time) (first bool, err error) {
	if table, ok := a.kv.(*tablekv.KV); ok {
		return table.Claim(ctx, key, expires)
	}
	tally, err := a.kv.Add(ctx, key, ports.Limit{Bound: 1, Window: expires.Sub(a.now())})
	return err == nil && tally.Allowed, err
}

// KV returns the key-value store for what expires: Config.KV, or else one over the store's tables. Begin each key with
// its purpose and a colon. For values that are used once, [OneTimeOf] is simpler.
//
// In a transaction, what Put, Replace, Delete and Reset do is seen after the commit, or never after a rollback. Take and
// Add on Config.KV act at once, and a rollback does not undo them: a value that was used stays used.
func (a *Auth) KV() ports.KV {
	if a.config.KV == nil {
		return a.kv // its writes belong to the transaction
	}
	return heldKV{a.kv, a}
}

// heldKV is Config.KV whose writes wait for the commit.
type heldKV struct {
	ports.KV
	auth *Auth
}

func (h heldKV) Put(ctx context.Context, key string, e ports.Entry) error {
	if err := errors.Join(ports.CheckKeys(key), e.Check()); err != nil { // while the caller can still be told
		return err
	}
	return h.hold(ctx, func(ctx context.Context) error { return h.KV.Put(ctx, key, e) })
}

// Replace reports whether there is an entry to replace; in a transaction it may go before the commit.
func (h heldKV) Replace(ctx context.Context, key string, e ports.Entry) (there bool, err error) {
	if err := e.Check(); err != nil {
		return false, err
	}
	if _, held := ctx.Value(holdKey{}).(*Held); held {
		if _, there, err = h.KV.Find(ctx, key); err != nil || !there {
			return false, err
		}
	}
	err = h.hold(ctx, func(ctx context.Context) (err error) {
		there, err = h.KV.Replace(ctx, key, e)
		return err
	})
	return there, err
}

func (h heldKV) Delete(ctx context.Context, keys ...string) error {
	if err := ports.CheckKeys(keys...); err != nil {
		return err
	}
	return h.hold(ctx, func(ctx context.Context) error { return h.KV.Delete(ctx, keys...) })
}

func (h heldKV) Reset(ctx context.Context, key string) error {
	if err := ports.CheckKeys(key); err != nil {
		return err
	}
	return h.hold(ctx, func(ctx context.Context) error { return h.KV.Reset(ctx, key) })
}

func (h heldKV) hold(ctx context.Context, step func(ctx context.Context) error) error {
	if err := h.auth.refuseUnheld(ctx); err != nil {
		return err
	}
	return h.auth.committed(ctx, step)
}
