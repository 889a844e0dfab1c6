package tablekv

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

const sweepEvery = time.Minute

// A Claim marks key as used until expires and reports whether the caller was the first of all processes.
type Claim func(ctx context.Context, key string, expires time.Time) (first bool, err error)

// A sweeper says when it is time to remove what has expired: at most once a minute, at the first write that asks. A
// process asks the others, by a claim, at most once a minute. The zero sweeper has never swept.
type sweeper struct{ last atomic.Int64 } // in milliseconds

// due reports whether this process may sweep now; of several callers at once one is told so.
func (s *sweeper) due(now time.Time) bool {
	last := s.last.Load()
	return now.UnixMilli()-last >= sweepEvery.Milliseconds() && s.last.CompareAndSwap(last, now.UnixMilli())
}

// A Sweeper removes the records of one model that have expired.
type Sweeper struct {
	swept sweeper
	claim Claim
	dead  ports.Delete // now
}

// NewSweeper returns a Sweeper of m, which has a field by which its records expire.
func NewSweeper(m *ports.Model, claim Claim) *Sweeper {
	return &Sweeper{claim: claim, dead: ports.Delete{Model: m, Where: []ports.Condition{{Field: m.Expires, Op: ports.Le}}}}
}

// Sweep removes what has expired by now, at most once a minute across all processes; writes carry it.
func (s *Sweeper) Sweep(ctx context.Context, store ports.Store, now time.Time) error {
	if !s.swept.due(now) {
		return nil
	}
	first, err := s.claim(ctx, "sweep:"+s.dead.Model.Name, now.Add(sweepEvery))
	if err != nil || !first {
		return err
	}
	_, err = store.Delete(ctx, &s.dead, []ports.Value{ports.Time(now)})
	return err
}
