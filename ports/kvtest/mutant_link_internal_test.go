package kvtest

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

type swapper = func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error)

// reswap replaces a mutant's Swap by one made of the reference's.
func reswap(to func(m *mutant, swap swapper) swapper) func(m *mutant) {
	return func(m *mutant) { m.swap = to(m, m.KV.Swap) }
}

// refollow replaces a mutant's Follow by two reads, with what finds them.
func refollow(find func(m *mutant, ctx context.Context, key string) (ports.Entry, bool, error)) func(m *mutant) {
	return func(m *mutant) {
		m.follow = func(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error) {
			if e, ok, err = m.KV.Find(ctx, key); err != nil || !ok {
				return ports.Entry{}, linked, false, err
			}
			link, _, _ := strings.Cut(e.Value, "\n")
			if linked, ok, err = find(m, ctx, link); err != nil || !ok {
				return ports.Entry{}, ports.Entry{}, false, nil
			}
			return e, linked, true, nil
		}
	}
}

func linkFlaws() []flaw {
	return []flaw{
		spoil("SwapComparesNothing", reswap(func(m *mutant, _ swapper) swapper {
			return func(ctx context.Context, key string, _ *ports.Entry, e ports.Entry) (bool, error) {
				return true, m.KV.Put(ctx, key, e)
			}
		}), "SwapLeavesWhatChanged", "SwapCreatesOnlyWhereNothingIs"),
		spoil("SwapIgnoresTheExpiry", reswap(func(m *mutant, swap swapper) swapper {
			return func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
				if now, ok, _ := m.KV.Find(ctx, key); ok && old != nil {
					old = &ports.Entry{Value: old.Value, Expires: now.Expires}
				}
				return swap(ctx, key, old, e)
			}
		}), "SwapLeavesWhatChanged"),
		spoil("SwapKeepsTheExpiry", reswap(func(_ *mutant, swap swapper) swapper {
			return func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
				if old != nil {
					e.Expires = old.Expires
				}
				return swap(ctx, key, old, e)
			}
		}), "SwapStoresOverWhatWasRead", "SwapExpiredRemoves"),
		spoil("SwapReadsThenWrites", reswap(func(m *mutant, _ swapper) swapper {
			return func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
				now, ok, err := m.KV.Find(ctx, key)
				if err != nil || ok != (old != nil) || ok && now != *old {
					return false, err
				}
				runtime.Gosched()
				return true, m.KV.Put(ctx, key, e)
			}
		}), "SwapLosesNothingInARace", "SwapLosesNothingAcrossValues", "SwapCreatesOnceInARace"),
		spoil("SwapNeverCreates", reswap(func(_ *mutant, swap swapper) swapper {
			return func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
				if old == nil {
					return false, nil
				}
				return swap(ctx, key, old, e)
			}
		}), "SwapCreatesOnlyWhereNothingIs", "SwapCreatesOnceInARace"),
		spoil("SwapIgnoresExpired", reswap(func(m *mutant, swap swapper) swapper {
			return func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
				if !e.Expires.After(m.clock.Now()) {
					return true, nil
				}
				return swap(ctx, key, old, e)
			}
		}), "SwapExpiredRemoves"),
		spoil("SwapClaimsEveryCreation", reswap(func(_ *mutant, swap swapper) swapper {
			return func(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
				ok, err := swap(ctx, key, old, e)
				return ok || old == nil, err
			}
		}), "SwapCreatesOnceInARace", "SwapCreatesOnlyWhereNothingIs"),
		spoil("FollowReadsTheFirstAlone", func(m *mutant) {
			m.follow = func(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error) {
				e, ok, err = m.KV.Find(ctx, key)
				return e, linked, ok, err
			}
		}, "FollowReadsBoth", "FollowNeedsBoth_E07", "FollowsHostileKeys"),
		spoil("FollowNeedsNoNewline", refollow(func(m *mutant, ctx context.Context, key string) (ports.Entry, bool, error) {
			return m.KV.Find(ctx, key)
		}), "FollowNeedsBoth_E07"),
		spoil("FollowFindsExpired", refollow(func(m *mutant, ctx context.Context, key string) (ports.Entry, bool, error) {
			e, ok, err := m.KV.Find(ctx, key)
			return e, ok || key == "to", err
		}), "FollowNeedsBoth_E07"),
		spoil("FollowTrimsTheLink", refollow(func(m *mutant, ctx context.Context, key string) (ports.Entry, bool, error) {
			return m.KV.Find(ctx, strings.TrimSpace(key))
		}), "FollowNeedsBoth_E07", "FollowsHostileKeys"),
		spoil("FollowHasAnotherExpiry", refollow(func(m *mutant, ctx context.Context, key string) (ports.Entry, bool, error) {
			e, ok, err := m.KV.Find(ctx, key)
			return ports.Entry{Value: e.Value, Expires: e.Expires.Truncate(time.Second)}, ok, err
		}), "FollowReadsBoth"),
	}
}
