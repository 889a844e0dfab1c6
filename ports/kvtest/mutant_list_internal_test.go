package kvtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A flaw is one way to get the port wrong, and promises that must notice.
type flaw struct {
	name   string
	build  func(shared *memory.KV, clock *memory.Clock) ports.KV
	breaks []string
}

// spoil builds a mutant per opened value, on one shared memory.
func spoil(name string, with func(m *mutant), breaks ...string) flaw {
	return flaw{name, func(shared *memory.KV, clock *memory.Clock) ports.KV {
		m := &mutant{KV: shared, clock: clock}
		with(m)
		return m
	}, breaks}
}

func mutants() []flaw {
	return slices.Concat(wholeFlaws(), entryFlaws(), expiryFlaws(), takeFlaws(), keyFlaws(), countFlaws(), linkFlaws())
}

func wholeFlaws() []flaw {
	return []flaw{
		{"EveryValueHasItsOwnMemory", func(_ *memory.KV, clock *memory.Clock) ports.KV {
			return memory.NewKV(memory.KVOptions{Clock: clock})
		}, []string{"SharesEntriesBetweenValues", "SwapLosesNothingAcrossValues", "BoundsExactlyAcrossValues_B03"}},
		{"AsksTheSystemForTheTime", func(*memory.KV, *memory.Clock) ports.KV {
			return memory.NewKV(memory.KVOptions{})
		}, []string{"FindsWhatWasPut", "AgreesWithTheReferenceOnAnySequence"}},
	}
}

func entryFlaws() []flaw {
	return []flaw{
		spoil("FindTakes", func(m *mutant) { m.find = m.KV.Take }, "FindsWhatWasPut"),
		spoil("FindsTheExpiryOfAnother", func(m *mutant) {
			m.find = func(ctx context.Context, key string) (ports.Entry, bool, error) {
				e, ok, err := m.KV.Find(ctx, key)
				e.Expires = e.Expires.Truncate(time.Second)
				return e, ok, err
			}
		}, "FindsWhatWasPut", "KeepsWhatExpiresFarAhead"),
		spoil("FindsAnything", func(m *mutant) {
			m.find = func(ctx context.Context, key string) (ports.Entry, bool, error) {
				e, _, err := m.KV.Find(ctx, key)
				return e, err == nil, err
			}
		}, "FindsNothingUnknown", "DeletesMany"),
		spoil("PutKeepsTheFirst", func(m *mutant) {
			m.put = func(ctx context.Context, key string, e ports.Entry) error {
				if _, ok, err := m.KV.Find(ctx, key); ok {
					return err
				}
				return m.KV.Put(ctx, key, e)
			}
		}, "PutReplaces"),
		spoil("PutKeepsTheExpiry", func(m *mutant) {
			m.put = func(ctx context.Context, key string, e ports.Entry) error {
				if old, ok, _ := m.KV.Find(ctx, key); ok {
					e.Expires = old.Expires
				}
				return m.KV.Put(ctx, key, e)
			}
		}, "PutReplaces", "PutExpiredHidesWhatWasThere"),
		spoil("DeletesTheFirst", func(m *mutant) {
			m.del = func(ctx context.Context, keys ...string) error {
				return m.KV.Delete(ctx, keys[:min(1, len(keys))]...)
			}
		}, "DeletesMany"),
		spoil("DeletesByPattern", func(m *mutant) {
			m.del = func(ctx context.Context, keys ...string) error {
				if slices.Contains(keys, "*") {
					keys = append(keys, "a", "ab")
				}
				return m.KV.Delete(ctx, keys...)
			}
		}, "DeletesNothingElse"),
		spoil("SharesOneBuffer", func(m *mutant) {
			var mu sync.Mutex
			var value string
			m.put = func(ctx context.Context, key string, e ports.Entry) error {
				mu.Lock()
				value = e.Value
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				e.Value = value
				mu.Unlock()
				return m.KV.Put(ctx, key, e)
			}
		}, "ServesManyAtOnce"),
		spoil("ReplaceKeepsTheExpiry", func(m *mutant) {
			m.replace = func(ctx context.Context, key string, e ports.Entry) (bool, error) {
				if old, ok, _ := m.KV.Find(ctx, key); ok {
					e.Expires = old.Expires
				}
				return m.KV.Replace(ctx, key, e)
			}
		}, "ReplaceStores", "ReplaceExpiredHidesWhatWasThere"),
		spoil("ReplaceCreates", func(m *mutant) {
			m.replace = func(ctx context.Context, key string, e ports.Entry) (bool, error) {
				_, ok, _ := m.KV.Find(ctx, key)
				return ok, m.KV.Put(ctx, key, e)
			}
		}, "ReplaceNeverCreates_D06", "ReplacesUntilExpiresAndNotAtIt_E07"),
		spoil("ReplaceFindsAndPuts", func(m *mutant) {
			m.replace = func(ctx context.Context, key string, e ports.Entry) (bool, error) {
				_, ok, err := m.KV.Find(ctx, key)
				if !ok || err != nil {
					return false, err
				}
				runtime.Gosched()
				return true, m.KV.Put(ctx, key, e)
			}
		}, "ReplaceNeverRevivesInARace_D06"),
	}
}

// later lets every entry live on for d.
func later(d time.Duration) func(m *mutant) {
	return func(m *mutant) {
		m.put = func(ctx context.Context, key string, e ports.Entry) error {
			e.Expires = e.Expires.Add(d)
			return m.KV.Put(ctx, key, e)
		}
		m.replace = func(ctx context.Context, key string, e ports.Entry) (bool, error) {
			e.Expires = e.Expires.Add(d)
			return m.KV.Replace(ctx, key, e)
		}
	}
}

func expiryFlaws() []flaw {
	return []flaw{
		spoil("FindsAtExpires", later(time.Millisecond),
			"FindsUntilExpiresAndNotAtIt_E07", "TakesUntilExpiresAndNotAtIt_E07", "ReplacesUntilExpiresAndNotAtIt_E07",
			"PutExpiredHidesWhatWasThere"),
		spoil("LosesTheLastMillisecond", later(-time.Millisecond),
			"FindsUntilExpiresAndNotAtIt_E07", "TakesUntilExpiresAndNotAtIt_E07", "ReplacesUntilExpiresAndNotAtIt_E07"),
		spoil("RoundsUpToTheMillisecond", later(time.Millisecond-time.Nanosecond), "NeverRoundsExpiryUp_E07"),
		spoil("IgnoresPutOfExpired", func(m *mutant) {
			m.put = func(ctx context.Context, key string, e ports.Entry) error {
				if !e.Expires.After(m.clock.Now()) {
					return nil
				}
				return m.KV.Put(ctx, key, e)
			}
		}, "PutExpiredHidesWhatWasThere"),
		spoil("IgnoresReplaceWithExpired", func(m *mutant) {
			m.replace = func(ctx context.Context, key string, e ports.Entry) (bool, error) {
				if !e.Expires.After(m.clock.Now()) {
					return true, nil
				}
				return m.KV.Replace(ctx, key, e)
			}
		}, "ReplaceExpiredHidesWhatWasThere"),
		spoil("CountsSecondsIn32Bits", func(m *mutant) {
			bound := func(t time.Time) time.Time {
				if last := time.Unix(1<<31-1, 0); t.After(last) {
					return last
				}
				return t
			}
			m.put = func(ctx context.Context, key string, e ports.Entry) error {
				e.Expires = bound(e.Expires)
				return m.KV.Put(ctx, key, e)
			}
		}, "KeepsWhatExpiresFarAhead"),
	}
}

func takeFlaws() []flaw {
	findAndDelete := func(m *mutant, lock func() func()) {
		m.take = func(ctx context.Context, key string) (ports.Entry, bool, error) {
			defer lock()()
			e, ok, err := m.KV.Find(ctx, key)
			if !ok || err != nil {
				return e, false, err
			}
			runtime.Gosched()
			return e, true, m.KV.Delete(ctx, key)
		}
	}
	return []flaw{
		spoil("TakeLeavesTheEntry", func(m *mutant) { m.take = m.KV.Find }, "TakeReturnsAndRemoves", "TakesOnce_E01"),
		spoil("TakeForgetsTheExpiry", func(m *mutant) {
			m.take = func(ctx context.Context, key string) (ports.Entry, bool, error) {
				e, ok, err := m.KV.Take(ctx, key)
				return ports.Entry{Value: e.Value}, ok, err
			}
		}, "TakeReturnsAndRemoves"),
		spoil("TakeTakesNeighbours", func(m *mutant) {
			m.take = func(ctx context.Context, key string) (ports.Entry, bool, error) {
				e, ok, err := m.KV.Take(ctx, key)
				return e, ok, errors.Join(err, m.KV.Delete(ctx, key+"2"))
			}
		}, "TakeLeavesTheRest"),
		spoil("TakeFindsAndDeletes", func(m *mutant) {
			findAndDelete(m, func() func() { return func() {} })
		}, "TakesOnce_E01", "TakesOnceAcrossValues_E01"),
		spoil("TakeLocksItsOwnValueAlone", func(m *mutant) {
			var mu sync.Mutex
			findAndDelete(m, func() func() { mu.Lock(); return mu.Unlock })
		}, "TakesOnceAcrossValues_E01"),
	}
}

// rekey maps every key before it is used.
func rekey(to func(key string) string) func(m *mutant) {
	return func(m *mutant) {
		m.find = func(ctx context.Context, key string) (ports.Entry, bool, error) { return m.KV.Find(ctx, to(key)) }
		m.put = func(ctx context.Context, key string, e ports.Entry) error { return m.KV.Put(ctx, to(key), e) }
		m.replace = func(ctx context.Context, key string, e ports.Entry) (bool, error) {
			return m.KV.Replace(ctx, to(key), e)
		}
		m.take = func(ctx context.Context, key string) (ports.Entry, bool, error) { return m.KV.Take(ctx, to(key)) }
		m.add = func(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
			return m.KV.Add(ctx, to(key), l)
		}
	}
}

// recontext maps every context before it is used, and every error after.
func recontext(to func(ctx context.Context) context.Context, back func(err error) error) func(m *mutant) {
	return func(m *mutant) {
		m.find = func(ctx context.Context, key string) (ports.Entry, bool, error) {
			e, ok, err := m.KV.Find(to(ctx), key)
			return e, ok, back(err)
		}
		m.put = func(ctx context.Context, key string, e ports.Entry) error { return back(m.KV.Put(to(ctx), key, e)) }
	}
}

func keyFlaws() []flaw {
	apart := []string{"KeepsHostileKeysApart", "CountsKeysApart"}
	revalue := func(to func(value string) string) func(m *mutant) {
		return func(m *mutant) {
			m.put = func(ctx context.Context, key string, e ports.Entry) error {
				e.Value = to(e.Value)
				return m.KV.Put(ctx, key, e)
			}
		}
	}
	return []flaw{
		spoil("FoldsCase", rekey(strings.ToLower), apart...),
		spoil("TrimsSpace", rekey(func(key string) string { return strings.TrimRight(key, " ") + "|" }), "KeepsHostileKeysApart"),
		spoil("EndsAtNUL", rekey(func(key string) string { before, _, _ := strings.Cut(key, "\x00"); return before + "|" }), "KeepsHostileKeysApart"),
		spoil("RepairsUTF8", rekey(func(key string) string { return strings.ToValidUTF8(key, "?") }), apart...),
		spoil("CutsLongKeys", rekey(func(key string) string { return key[:min(len(key), 511)] }), append(apart, "RefusesKeysOutOfBounds")...),
		spoil("TakesEmptyKeys", rekey(func(key string) string { return "k" + key[:min(len(key), 511)] }), "RefusesKeysOutOfBounds"),
		spoil("TellsTheKey", func(m *mutant) {
			m.find = func(ctx context.Context, key string) (ports.Entry, bool, error) {
				e, ok, err := m.KV.Find(ctx, key)
				if err != nil {
					err = fmt.Errorf("finding %s: %w", key, err)
				}
				return e, ok, err
			}
		}, "RefusesKeysOutOfBounds"),
		spoil("KeepsTextAlone", revalue(func(value string) string { return strings.ToValidUTF8(value, "?") }), "KeepsAnyValue"),
		spoil("TrimsValues", revalue(strings.TrimSpace), "KeepsAnyValue"),
		spoil("CutsValues", revalue(func(value string) string { return value[:min(len(value), 1<<16)] }), "KeepsAnyValue", "RefusesLongValues"),
		spoil("IgnoresTheContext", recontext(context.WithoutCancel, func(err error) error { return err }), "HonoursCancellation", "HonoursDeadline"),
		spoil("HidesTheContextsError", recontext(
			func(ctx context.Context) context.Context { return ctx },
			func(err error) error {
				if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
					return ports.ErrUnavailable
				}
				return err
			}), "HonoursCancellation", "HonoursDeadline"),
	}
}
