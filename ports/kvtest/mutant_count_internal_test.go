package kvtest

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// relimit maps every limit before it is used.
func relimit(to func(key string, l ports.Limit) ports.Limit) func(m *mutant) {
	return func(m *mutant) {
		m.add = func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
			return m.KV.Add(ctx, key, to(key, l))
		}
	}
}

// ownCount counts by hand, as one would with a read and a write, its window moved by whatever moved returns true for.
func ownCount(moved func(first, allowed bool) bool) func(m *mutant) {
	var mu sync.Mutex
	type state struct {
		n     int64
		until time.Time
	}
	states := map[string]state{}
	return func(m *mutant) {
		m.add = func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
			now := m.clock.Now()
			mu.Lock()
			s := states[key]
			mu.Unlock()
			if !s.until.After(now) {
				s = state{}
			}
			runtime.Gosched()
			first, allowed := s.n == 0, s.n < l.Bound
			if allowed {
				s.n++
			}
			if moved(first, allowed) {
				s.until = now.Add(l.Window)
			}
			mu.Lock()
			states[key] = s
			mu.Unlock()
			return ports.LimitResult{Allowed: allowed, Count: s.n, Wait: s.until.Sub(now)}, nil
		}
	}
}

func countFlaws() []flaw {
	return []flaw{
		spoil("AllowsOneMore", relimit(func(_ string, l ports.Limit) ports.Limit { l.Bound++; return l }), "CountsUpToBound", "BoundsExactly_B03"),
		spoil("ReadsThenWrites", ownCount(func(_, allowed bool) bool { return allowed }), "BoundsExactly_B03", "BoundsExactlyAcrossValues_B03"),
		spoil("WindowStartsAtTheFirst", ownCount(func(first, _ bool) bool { return first }), "WindowSlidesFromTheLastAllowed"),
		spoil("RefusedStartsTheWindowAnew", ownCount(func(_, _ bool) bool { return true }), "RefusedMovesNothing"),
		spoil("WaitIsAlwaysTheWindow", func(m *mutant) {
			m.add = func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
				tally, err := m.KV.Add(ctx, key, l)
				tally.Wait = l.Window
				return tally, err
			}
		}, "WaitTellsWhenTheCountIsForgotten"),
		spoil("ForgetsLate", relimit(func(_ string, l ports.Limit) ports.Limit { l.Window += time.Millisecond; return l }), "ForgetsToTheMillisecond"),
		spoil("KeepsTheFirstBound", func(m *mutant) {
			first := map[string]int64{}
			relimit(func(key string, l ports.Limit) ports.Limit {
				if first[key] == 0 {
					first[key] = l.Bound
				}
				l.Bound = first[key]
				return l
			})(m)
		}, "JudgesByTheBoundOfTheCall"),
		spoil("RepairsLimits", relimit(func(_ string, l ports.Limit) ports.Limit {
			return ports.Limit{Bound: max(l.Bound, 1), Window: max(l.Window, time.Millisecond)}
		}), "RefusesLimitsOutOfBounds"),
		spoil("DeleteForgetsTheCount", func(m *mutant) {
			deleted := map[string]int{}
			m.add = func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
				return m.KV.Add(ctx, key+strconv.Itoa(deleted[key]), l)
			}
			m.del = func(ctx context.Context, keys ...string) error {
				for _, key := range keys {
					deleted[key]++
				}
				return m.KV.Delete(ctx, keys...)
			}
		}, "NeverConfusesCountsAndEntries"),
		spoil("ResetsNothing", func(m *mutant) {
			m.reset = func(context.Context, string) error { return nil }
		}, "ResetsOneCount"),
		spoil("ResetDeletesTheEntry", func(m *mutant) {
			m.reset = func(ctx context.Context, key string) error {
				return errors.Join(m.KV.Reset(ctx, key), m.KV.Delete(ctx, key))
			}
		}, "ResetsOneCount"),
		spoil("CountsInTheEntry", func(m *mutant) {
			m.add = func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
				tally, err := m.KV.Add(ctx, key, l)
				_ = m.KV.Put(ctx, key, ports.Entry{Value: strconv.FormatInt(tally.Count, 10), Expires: m.clock.Now().Add(l.Window)})
				return tally, err
			}
		}, "NeverConfusesCountsAndEntries"),
	}
}
