package tablekv

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// Counts counts in the table rateLimit, across every process on the database.
type Counts struct {
	db     Tables
	prefix ports.Value
	age    time.Duration
	swept  sweeper

	row     ports.Query  // key
	add     ports.Update // key, after, bound: 1, now
	restart ports.Update // key, until: 1, now
	stale   ports.Delete // before, prefix
	drop    ports.Delete // key
}

var _ Counter = (*Counts)(nil)

// NewCounts returns Counts. Those under keys with the prefix are removed once age has passed since the last one counted;
// all others stay.
func NewCounts(db Tables, prefix string, age time.Duration) *Counts {
	m := db.Counts
	return &Counts{
		db: db, prefix: ports.String(prefix), age: age,
		row: ports.Query{Model: m, Where: []ports.Condition{{Field: "key"}}, Limit: 1},
		add: ports.Update{
			Model: m, Key: ports.Key{"key"},
			Where: []ports.Condition{{Field: "lastRequest", Op: ports.Gt}, {Field: "count", Op: ports.Lt}},
			Set:   []ports.Change{{Field: "count", Add: true}, {Field: "lastRequest"}},
		},
		restart: ports.Update{
			Model: m, Key: ports.Key{"key"}, Where: []ports.Condition{{Field: "lastRequest", Op: ports.Le}},
			Set: []ports.Change{{Field: "count"}, {Field: "lastRequest"}},
		},
		drop:  ports.Delete{Model: m, Where: []ports.Condition{{Field: "key"}}},
		stale: ports.Delete{Model: m, Where: []ports.Condition{{Field: "lastRequest", Op: ports.Le}, {Field: "key", Op: ports.Contains}}},
	}
}

const (
	rateLimitCount = 2
	rateLimitLast  = 3

	maxRounds = 16 // of the steps of one Add; each round that fails is another caller's success
)

var errContended = fmt.Errorf("%w: a count changed too often", ports.ErrUnavailable)

// Add counts one more. It is three steps that are each atomic, tried until one of them says yes or no: count in the
// running window, begin a new one, create the row.
func (t *Counts) Add(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
	if err := ports.CheckKeys(key); err != nil {
		return ports.LimitResult{}, err
	}
	if l.Bound < 1 || l.Window < time.Millisecond {
		return ports.LimitResult{}, fmt.Errorf("%w: a limit of %d in %s", ports.ErrInvalid, l.Bound, l.Window)
	}
	for range maxRounds {
		if got, settled, err := t.try(ctx, key, l); err != nil || settled {
			return got, err
		}
	}
	return ports.LimitResult{}, errContended
}

// try takes the steps once; settled is false where another caller came between two of them.
func (t *Counts) try(ctx context.Context, key string, l ports.Limit) (got ports.LimitResult, settled bool, err error) {
	store, now := t.db.Store, t.db.Now()
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
		return ports.LimitResult{}, false, err
	}
	if len(rows) > 0 {
		until := time.UnixMilli(rows[0][rateLimitLast].AsInt()).Add(l.Window)
		n := rows[0][rateLimitCount].AsInt()
		return ports.LimitResult{Count: n, Wait: until.Sub(now)}, now.Before(until) && n >= l.Bound, nil
	}
	r, err = t.create(ctx, k, last)
	if _, taken := errors.AsType[*ports.ConflictError](err); taken {
		return ports.LimitResult{}, false, nil
	}
	if err != nil {
		return ports.LimitResult{}, false, err
	}
	return tally(r, true, l.Window), true, t.sweep(ctx, now)
}

func (t *Counts) create(ctx context.Context, key, last ports.Value) (ports.Record, error) {
	id, err := t.db.NewID(ctx, t.db.Counts)
	if err != nil {
		return nil, err
	}
	return t.db.Store.Create(ctx, t.db.Counts, ports.Record{ports.Nullable(id), key, ports.Int(1), last})
}

// Reset forgets the count under key.
func (t *Counts) Reset(ctx context.Context, key string) error {
	if err := ports.CheckKeys(key); err != nil {
		return err
	}
	_, err := t.db.Store.Delete(ctx, &t.drop, []ports.Value{ports.String(plainText(key))})
	return err
}

func tally(r ports.Record, ok bool, window time.Duration) ports.LimitResult {
	if !ok {
		return ports.LimitResult{}
	}
	return ports.LimitResult{Allowed: true, Count: r[rateLimitCount].AsInt(), Wait: window}
}

// sweep removes counts that are of no use any more, at most once a minute across all processes; writes carry it.
func (t *Counts) sweep(ctx context.Context, now time.Time) error {
	if !t.swept.due(now) {
		return nil
	}
	first, err := t.Add(ctx, "sweep:"+t.db.Counts.Name, ports.Limit{Bound: 1, Window: sweepEvery})
	if err != nil || !first.Allowed {
		return err
	}
	_, err = t.db.Store.Delete(ctx, &t.stale, []ports.Value{ports.Int(now.Add(-t.age).UnixMilli()), t.prefix})
	return err
}
