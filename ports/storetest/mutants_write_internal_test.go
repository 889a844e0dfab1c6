package storetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// readThenWrite is an update in two steps.
func readThenWrite(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	t, where, values := address(m, args)
	rs, err := s.Find(ctx, keyed(t), where)
	if err != nil || len(rs) == 0 {
		return nil, false, err
	}
	pause()
	c := &ports.Update{Model: m.Model, Key: byID(), Set: slices.Clone(m.Set)}
	values = slices.Clone(values)
	for i := range c.Set {
		if c.Set[i].Add {
			values[i] = ports.Int(at(m.Model, rs[0], c.Set[i].Field).AsInt() + values[i].AsInt())
			c.Set[i].Add = false
		}
	}
	return s.Update(ctx, c, append([]ports.Value{rs[0][0]}, values...))
}

// findThenDelete is a take in two steps.
func findThenDelete(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	rs, err := s.Find(ctx, keyed(m), args)
	if err != nil || len(rs) == 0 {
		return nil, false, err
	}
	pause()
	_, err = s.Delete(ctx, deleted(m.Model, cond("id", ports.Eq)), []ports.Value{rs[0][0]})
	return rs[0], true, err
}

// locked runs a verb of two steps under a mutex of one Store value, which another does not know.
func locked[T any](f changer[T]) changer[T] {
	var mu sync.Mutex
	return func(s ports.Store, ctx context.Context, m *T, args []ports.Value) (ports.Record, bool, error) {
		mu.Lock()
		defer mu.Unlock()
		return f(s, ctx, m, args)
	}
}

// firstOfKey addresses a record by the first field of its key only.
func firstOfKey(s ports.Store, ctx context.Context, m *ports.Model, key ports.Key, args []ports.Value) (ports.Key, []ports.Value) {
	if len(key) < 2 {
		return key, args
	}
	rs, err := s.Find(ctx, query(m, cond(key[0], ports.Eq)), args[:1])
	if err != nil || len(rs) == 0 {
		return key, args
	}
	return byID(), append([]ports.Value{rs[0][0]}, args[len(key):]...)
}

// unconditional drops the conditions of an update.
func unconditional(m *ports.Update, args []ports.Value) (*ports.Update, []ports.Value) {
	_, _, set := address(m, args)
	c := *m
	c.Where = nil
	return &c, slices.Concat(args[:len(m.Key)], set)
}

func updateMutants() []mutant {
	const atomic = "Update/LetsOneOf64CompareAndSetAcrossStores_E02 Update/AddsUpToABoundFor64AcrossStores_E11 Update/AddsUpTo5For200_B03 Update/LosesNoAddition "
	return []mutant{
		onUpdate("update reads, then writes", atomic+"Update/LetsOneOf64CompareAndSet_E02 Update/AddsUpToABoundFor64_E11", readThenWrite),
		{"update is atomic in one process", "Update/LetsOneOf64CompareAndSetAcrossStores_E02 Update/AddsUpToABoundFor64AcrossStores_E11 Update/AddsUpTo5For200_B03", func(s ports.Store, _ *shared) *broken {
			update := locked(readThenWrite)
			return &broken{Store: s, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				return update(s, ctx, m, args)
			}}
		}},
		{"neither update nor transaction is atomic", "Tx/LosesNoAdditionOfOthers", func(s ports.Store, shared *shared) *broken {
			b := noRollback(s, shared)
			b.update = func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				return readThenWrite(s, ctx, m, args)
			}
			return b
		}},
		onUpdate("update returns the record as it was", "Update/ReturnsTheRecordAsItThenIs",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				t, where, _ := address(m, args)
				rs, _ := s.Find(ctx, keyed(t), where)
				r, ok, err := s.Update(ctx, m, args)
				if ok && len(rs) > 0 {
					r = rs[0]
				}
				return r, ok, err
			}),
		onUpdate("update clears a field that it was not told", "Update/ChangesNothingElse",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				if m.Model.Field("name") > 0 && m.Set[0].Field == "uses" {
					c := *m
					c.Set = append(slices.Clone(m.Set), ports.Change{Field: "name"})
					return s.Update(ctx, &c, append(slices.Clone(args), ports.Value{}))
				}
				return s.Update(ctx, m, args)
			}),
		onUpdate("update compares the new record", "Update/ComparesTheRecordAsItWas", compareNew),
		onUpdate("update without its conditions", "Update/LeavesARecordWhoseConditionFails_E06 Update/LeavesTheRecordOfAnotherOwner_G02 Update/LetsOneOf64CompareAndSet_E02 Update/RefusesFromTheInstantOfExpiry_E07",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				m, args = unconditional(m, args)
				return s.Update(ctx, m, args)
			}),
		onUpdate("null is set as empty text", "Update/SetsAndClearsNull",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				if n := len(args); n > 1 && args[n-1].IsNull() {
					args = append(slices.Clone(args[:n-1]), ports.String(""))
				}
				return s.Update(ctx, m, args)
			}),
		onUpdate("additions only go up", "Update/AddsNegativeNumbers",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				if n := len(args); n > 1 && m.Set[0].Add {
					args = append(slices.Clone(args[:n-1]), ports.Int(max(args[n-1].AsInt(), -args[n-1].AsInt())))
				}
				return s.Update(ctx, m, args)
			}),
		onUpdate("sums wrap around", "Update/RefusesASumOutOfRange",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Update(ctx, m, args)
				if err != nil && len(m.Set) == 1 && m.Set[0].Add {
					c := changed(m.Model, m.Set[0].Field)
					return s.Update(ctx, c, []ports.Value{args[0], ports.Int(math.MinInt64)})
				}
				return r, ok, err
			}),
		onUpdate("null counts as zero", "Update/AddsNothingToANull",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Update(ctx, m, args)
				if ok || err != nil || len(m.Set) != 1 || !m.Set[0].Add {
					return r, ok, err
				}
				c := changed(m.Model, m.Set[0].Field, cond(m.Set[0].Field, ports.Null))
				return s.Update(ctx, c, []ports.Value{args[0], args[len(args)-1]})
			}),
		onUpdate("the null stays and the rest changes", "Update/AddsNothingToANull",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Update(ctx, m, args)
				if ok || err != nil || len(m.Set) != 2 || !m.Set[1].Add || len(m.Where) > 0 {
					return r, ok, err
				}
				c := changed(m.Model, m.Set[0].Field)
				return s.Update(ctx, c, args[:2])
			}),
		onUpdate("update by the first field of the key", "Update/UpdatesByAUniqueKey",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				c := *m
				c.Key, args = firstOfKey(s, ctx, m.Model, m.Key, args)
				return s.Update(ctx, &c, args)
			}),
		onUpdate("update of nothing is an error", "Update/FindsNothingToUpdate",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Update(ctx, m, args)
				if !ok && err == nil {
					err = ports.ErrUnavailable
				}
				return r, ok, err
			}),
		onUpdate("update writes back what it read", "Update/NeverRevivesADeletedRecord_D06",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				t, where, _ := address(m, args)
				rs, _ := s.Find(ctx, keyed(t), where)
				pause()
				r, ok, err := s.Update(ctx, m, args)
				if !ok && err == nil && len(rs) > 0 {
					_, _ = s.Create(ctx, m.Model, rs[0])
				}
				return r, ok, err
			}),
	}
}

func compareNew(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (r ports.Record, ok bool, err error) {
	all, rest := unconditional(m, args)
	t, where, _ := address(m, args)
	err = s.Tx(ctx, func(ctx context.Context) error {
		if r, ok, err = s.Update(ctx, all, rest); err != nil || !ok {
			return err
		}
		rs, err := s.Find(ctx, keyed(t), where)
		if err == nil && len(rs) == 0 {
			r, ok, err = nil, false, errUndo
		}
		return err
	})
	if errors.Is(err, errUndo) {
		err = nil
	}
	return r, ok, err
}

func takeMutants() []mutant {
	return []mutant{
		onTake("take finds, then deletes", "Take/GivesARecordToOneOf64_E01 Take/GivesARecordToOneOf64AcrossStores_E01", findThenDelete),
		{"take is atomic in one process", "Take/GivesARecordToOneOf64AcrossStores_E01", func(s ports.Store, _ *shared) *broken {
			take := locked(findThenDelete)
			return &broken{Store: s, take: func(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				return take(s, ctx, m, args)
			}}
		}},
		onTake("take returns the id only", "Take/ReturnsTheRecordAsItWas",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Take(ctx, m, args)
				if ok {
					clear(r[1:])
				}
				return r, ok, err
			}),
		onTake("take leaves the record", "Take/RemovesTheRecord Take/GivesARecordToOneOf64_E01",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				rs, err := s.Find(ctx, keyed(m), args)
				if err != nil || len(rs) == 0 {
					return nil, false, err
				}
				return rs[0], true, nil
			}),
		onTake("take removes everything", "Take/LeavesOtherRecordsAlone",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Take(ctx, m, args)
				_, _ = s.Delete(ctx, deleted(m.Model), nil)
				return r, ok, err
			}),
		onTake("take removes first and compares then", "Take/LeavesARecordWhoseConditionFails_E06 Take/LeavesTheRecordOfAnotherOwner_G02 Take/RefusesFromTheInstantOfExpiry_E07",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				rs, err := s.Find(ctx, keyed(m), args)
				r, ok, _ := s.Take(ctx, taken(m.Model, m.Key), args[:len(m.Key)])
				if len(rs) == 0 {
					return nil, false, err
				}
				return r, ok, err
			}),
		onTake("take by the first field of the key", "Take/TakesByAUniqueKey",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				c := *m
				c.Key, args = firstOfKey(s, ctx, m.Model, m.Key, args)
				return s.Take(ctx, &c, args)
			}),
		onTake("take of nothing is an error", "Take/FindsNothingToTake",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Take(ctx, m, args)
				if !ok && err == nil {
					err = ports.ErrUnavailable
				}
				return r, ok, err
			}),
	}
}

// onCascade is a mutant that removes by itself what refers to a user, and then the user alone.
func onCascade(name, breaks string, cascade func(s ports.Store, ctx context.Context, m *ports.Model, user ports.Value)) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		alone := func(ctx context.Context, m *ports.Model, args []ports.Value) *ports.Model {
			if len(args) > 0 {
				cascade(s, ctx, m, args[0])
			}
			model := *m
			model.Dependents = nil
			return &model
		}
		return &broken{Store: s, take: func(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
			return s.Take(ctx, taken(alone(ctx, m.Model, args), m.Key, m.Where...), args)
		}, remove: func(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
			return s.Delete(ctx, deleted(alone(ctx, m.Model, args), m.Where...), args)
		}}
	}}
}

func deleteMutants() []mutant {
	const cascades = "Delete/RemovesWhatReferredToARecord_D04 Delete/RemovesWhatReferredToATakenRecord_D04 "
	return []mutant{
		onCascade("no cascade", cascades+"IDs/FindTextIDsByEveryVerb IDs/FindUUIDIDsByEveryVerb IDs/FindSerialIDsByEveryVerb IDs/FindObjectIDsByEveryVerb",
			func(ports.Store, context.Context, *ports.Model, ports.Value) {}),
		onCascade("a cascade forgets the second model", cascades, func(s ports.Store, ctx context.Context, m *ports.Model, user ports.Value) {
			for _, r := range m.Dependents[:min(1, len(m.Dependents))] {
				_, _ = s.Delete(ctx, deleted(r.Model, cond(r.Field, ports.Eq)), []ports.Value{user})
			}
		}),
		onCascade("a cascade of one level", cascades, func(s ports.Store, ctx context.Context, m *ports.Model, user ports.Value) {
			for _, r := range m.Dependents {
				plain := *r.Model
				plain.Dependents = nil
				_, _ = s.Delete(ctx, deleted(&plain, cond(r.Field, ports.Eq)), []ports.Value{user})
			}
		}),
		onTake("a cascade before the conditions", "Delete/KeepsWhatReferredToARecordThatStays_D04",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				for _, r := range m.Model.Dependents {
					_, _ = s.Delete(ctx, deleted(r.Model, cond(r.Field, ports.Eq)), args[:1])
				}
				return s.Take(ctx, m, args)
			}),
		onDelete("delete by the first condition only", "Delete/RemovesWhatSatisfiesAllConditions Delete/LeavesTheRecordsOfAnotherOwner_G02",
			func(s ports.Store, ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
				if len(m.Where) > 1 {
					return s.Delete(ctx, deleted(m.Model, m.Where[0]), args[:m.Where[0].Args()])
				}
				return s.Delete(ctx, m, args)
			}),
		onDelete("delete counts to one", "Delete/ReturnsHowManyWent",
			func(s ports.Store, ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
				n, err := s.Delete(ctx, m, args)
				return min(n, 1), err
			}),
		onDelete("delete needs a condition", "Delete/RemovesAllWithoutConditions",
			func(s ports.Store, ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
				if len(m.Where) == 0 {
					return 0, nil
				}
				return s.Delete(ctx, m, args)
			}),
		onDelete("delete counts, then deletes", "Delete/CountsARecordOnceFor64",
			func(s ports.Store, ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
				n, err := s.Count(ctx, query(m.Model, m.Where...), args)
				if err != nil {
					return 0, err
				}
				pause()
				_, err = s.Delete(ctx, m, args)
				return n, err
			}),
	}
}
