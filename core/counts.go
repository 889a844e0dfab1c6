package kernia

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// tableCounts counts in the table rateLimit, across every process on the database.
type tableCounts struct {
	auth  *Auth
	swept sweeper

	row     ports.Query  // key
	add     ports.Update // key, after, bound: 1, now
	restart ports.Update // key, until: 1, now
	stale   ports.Delete // before
}

func newTableCounts(a *Auth) *tableCounts {
	m := a.schema.rateLimit
	return &tableCounts{
		auth: a,
		row:  ports.Query{Model: m, Where: []ports.Condition{eq("key")}, Limit: 1},
		add: ports.Update{
			Model: m, Key: ports.Key{"key"},
			Where: []ports.Condition{{Field: "lastRequest", Op: ports.Gt}, {Field: "count", Op: ports.Lt}},
			Set:   []ports.Change{{Field: "count", Add: true}, {Field: "lastRequest"}},
		},
		restart: ports.Update{
			Model: m, Key: ports.Key{"key"}, Where: []ports.Condition{{Field: "lastRequest", Op: ports.Le}},
			Set: []ports.Change{{Field: "count"}, {Field: "lastRequest"}},
		},
		stale: ports.Delete{Model: m, Where: []ports.Condition{{Field: "lastRequest", Op: ports.Le}, {Field: "key", Op: ports.Contains}}},
	}
}

const (
	rateLimitCount = 2
	rateLimitLast  = 3

	maxRounds = 16             // of the steps of one Add; each round that fails is another caller's success
	longest   = 24 * time.Hour // of a rate rule
)

var errContended = fmt.Errorf("%w: a count changed too often", ports.ErrUnavailable)

// Add is three steps that are each atomic, tried until one of them says yes or no: count in the running window,
// begin a new one, create the row.
func (t *tableCounts) Add(ctx context.Context, key string, l ports.Limit) (ports.Tally, error) {
	if err := checkKey(key); err != nil {
		return ports.Tally{}, err
	}
	if l.Bound < 1 || l.Window < time.Millisecond {
		return ports.Tally{}, fmt.Errorf("%w: a limit of %d in %s", ports.ErrInvalid, l.Bound, l.Window)
	}
	for range maxRounds {
		if got, settled, err := t.try(ctx, key, l); err != nil || settled {
			return got, err
		}
	}
	return ports.Tally{}, errContended
}

// try takes the steps once; settled is false where another caller came between two of them.
func (t *tableCounts) try(ctx context.Context, key string, l ports.Limit) (got ports.Tally, settled bool, err error) {
	store, now := t.auth.config.Store, t.auth.now()
	k, since, last := ports.String(plainText(key)), ports.Int(now.Add(-l.Window).UnixMilli()), ports.Int(now.UnixMilli())
	r, ok, err := store.Update(ctx, &t.add, []ports.Value{k, since, ports.Int(l.Bound), ports.Int(1), last})
	if err != nil || ok {
		return tally(r, ok, l.Window), ok, err
	}
	r, ok, err = store.Update(ctx, &t.restart, []ports.Value{k, since, ports.Int(1), last})
	if err != nil || ok {
		return tally(r, ok, l.Window), ok, err
	}
	rows, err := store.Find(ctx, &t.row, []ports.Value{k})
	if err != nil {
		return ports.Tally{}, false, err
	}
	if len(rows) > 0 {
		until := time.UnixMilli(rows[0][rateLimitLast].AsInt()).Add(l.Window)
		n := rows[0][rateLimitCount].AsInt()
		return ports.Tally{Count: n, Wait: until.Sub(now)}, now.Before(until) && n >= l.Bound, nil
	}
	r, err = t.create(ctx, k, last)
	if _, taken := errors.AsType[*ports.ConflictError](err); taken {
		return ports.Tally{}, false, nil
	}
	if err != nil {
		return ports.Tally{}, false, err
	}
	return tally(r, true, l.Window), true, t.sweep(ctx, now)
}

func (t *tableCounts) create(ctx context.Context, key, last ports.Value) (ports.Record, error) {
	id, err := t.auth.newID(t.auth.schema.rateLimit)
	if err != nil {
		return nil, err
	}
	return t.auth.config.Store.Create(ctx, t.auth.schema.rateLimit, ports.Record{idValue(id), key, ports.Int(1), last})
}

func tally(r ports.Record, ok bool, window time.Duration) ports.Tally {
	if !ok {
		return ports.Tally{}
	}
	return ports.Tally{Allowed: true, Count: r[rateLimitCount].AsInt(), Wait: window}
}

// sweep removes counts of requests older than the longest rule, at most once a minute in this process; what a feature
// counts stays.
func (t *tableCounts) sweep(ctx context.Context, now time.Time) error {
	if !t.swept.due(now) {
		return nil
	}
	_, err := t.auth.config.Store.Delete(ctx, &t.stale, []ports.Value{ports.Int(now.Add(-longest).UnixMilli()), ports.String(limitPrefix)})
	return err
}
