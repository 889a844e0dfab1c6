package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// withoutKeys returns models that have no unique keys, and no referrers, which would not refer to a copy.
func withoutKeys(models []*ports.Model) []*ports.Model {
	var list []*ports.Model
	for _, m := range models {
		c := *m
		c.Unique, c.Dependents = nil, nil
		list = append(list, &c)
	}
	return list
}

// checkThenInsert is a create of two steps without a unique key in the database.
func checkThenInsert(s ports.Store, lock sync.Locker) *broken {
	return &broken{Store: s, migrate: func(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
		return s.Migrate(ctx, withoutKeys(models), apply)
	}, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
		lock.Lock()
		defer lock.Unlock()
		for _, k := range m.Unique {
			if n, _ := s.Count(ctx, query(m, cond(k[0], ports.Eq)), []ports.Value{at(m, r, k[0])}); n > 0 {
				return nil, &ports.ConflictError{Model: m.Name, Key: k.String()}
			}
		}
		pause()
		return s.Create(ctx, m, r)
	}}
}

type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

// onConflict is a mutant that says otherwise what collided.
func onConflict(name, breaks string, edit func(m *ports.Model, c *ports.ConflictError)) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		said := func(m *ports.Model, err error) error {
			if c, ok := errors.AsType[*ports.ConflictError](err); ok {
				edit(m, c)
			}
			return err
		}
		return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
			r, err := s.Create(ctx, m, r)
			return r, said(m, err)
		}, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
			r, ok, err := s.Update(ctx, m, args)
			return r, ok, said(m.Model, err)
		}}
	}}
}

// onKey is a mutant that refuses a create because of what is stored under the model's first key.
func onKey(name, breaks string, collide func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) bool) mutant {
	return onCreate(name, breaks, func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
		if len(m.Unique) > 0 && len(r) == len(m.Fields) && collide(s, ctx, m, r) {
			return nil, &ports.ConflictError{Model: m.Name, Key: m.Unique[0].String()}
		}
		return s.Create(ctx, m, r)
	})
}

func uniqueMutants() []mutant {
	return []mutant{
		{"create checks, then inserts", "Unique/GivesAKeyToOneOf64Creates_E12 Unique/GivesAKeyToOneOf64CreatesAcrossStores_E12", func(s ports.Store, _ *shared) *broken {
			return checkThenInsert(s, noLock{})
		}},
		{"create is atomic in one process", "Unique/GivesAKeyToOneOf64CreatesAcrossStores_E12", func(s ports.Store, _ *shared) *broken {
			return checkThenInsert(s, new(sync.Mutex))
		}},
		onConflict("a conflict without its key", "Unique/NamesTheKeyOfACreate Unique/NamesTheKeyOfAnUpdate Unique/NamesTheID", func(_ *ports.Model, c *ports.ConflictError) { c.Key = "" }),
		onConflict("a conflict without its model", "Unique/NamesTheKeyOfACreate Unique/NamesTheKeyOfAnUpdate", func(_ *ports.Model, c *ports.ConflictError) { c.Model = "" }),
		onConflict("a conflict names columns", "Names/MayDifferFromTablesAndColumns", func(m *ports.Model, c *ports.ConflictError) {
			names := strings.Split(c.Key, ",")
			for i := range names {
				names[i] = m.Fields[m.Field(names[i])].ColumnName()
			}
			c.Key = strings.Join(names, ",")
		}),
		onUpdate("an update changes one field before the conflict", "Unique/ChangesNothingOnConflict",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Update(ctx, m, args)
				if err != nil && len(m.Set) == 2 {
					c := *m
					c.Set = m.Set[:1]
					_, _, _ = s.Update(ctx, &c, args[:len(args)-1])
				}
				return r, ok, err
			}),
		onUpdate("a record collides with itself", "Unique/LetsARecordKeepItsOwnKey",
			func(s ports.Store, ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
				if m.Set[0].Field == "email" {
					if n, _ := s.Count(ctx, query(m.Model, cond("email", ports.Eq)), args[1:2]); n > 0 {
						return nil, false, &ports.ConflictError{Model: m.Model.Name, Key: "email"}
					}
				}
				return s.Update(ctx, m, args)
			}),
		onKey("nulls collide", "Unique/LetsNullsNeverCollide", func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) bool {
			last := m.Unique[0][len(m.Unique[0])-1]
			n, _ := s.Count(ctx, query(m, cond(last, ports.Null)), nil)
			return n > 0 && at(m, r, last).IsNull()
		}),
		onKey("keys without case", "Unique/TellsKeysApartByEveryByte", func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) bool {
			rs, _ := s.Find(ctx, query(m), nil)
			return slices.ContainsFunc(rs, func(other ports.Record) bool {
				return strings.EqualFold(at(m, other, m.Unique[0][0]).AsString(), at(m, r, m.Unique[0][0]).AsString())
			})
		}),
		{"keys are never free again", "Unique/FreesTheKeyOfWhatIsGone", func(s ports.Store, shared *shared) *broken {
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				if _, used := shared.seen.LoadOrStore(r[1].AsString(), true); used {
					return nil, &ports.ConflictError{Model: m.Name, Key: "email"}
				}
				return s.Create(ctx, m, r)
			}}
		}},
	}
}

// onText is a mutant that stores other text.
func onText(name, breaks string, edit func(s string) string) mutant {
	return onValues(name, breaks, func(v ports.Value) ports.Value {
		if v.Type() == ports.TypeString {
			return ports.String(edit(v.AsString()))
		}
		return v
	})
}

func valueMutants() []mutant {
	return []mutant{
		onText("text is trimmed", "Values/KeepText", strings.TrimSpace),
		onText("text is cut at 65535 bytes", "Values/KeepLongText", func(s string) string { return s[:min(len(s), 65535)] }),
		onText("text is cut at NUL", "Values/KeepNULOrRefuseIt", func(s string) string { s, _, _ = strings.Cut(s, "\x00"); return s }),
		onText("broken text is repaired", "Values/KeepBrokenUTF8OrRefuseIt", func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }),
		onCreate("text that is refused is a defect of the call", "Values/KeepNULOrRefuseIt Values/KeepBrokenUTF8OrRefuseIt",
			func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				if i := m.Field("text"); i > 0 && strings.ContainsAny(r[i].AsString(), "\x00\xff") {
					return nil, ports.ErrInvalid
				}
				return s.Create(ctx, m, r)
			}),
		onCreate("a long key is an outage", "Values/KeepALongKeyOrRefuseIt",
			func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				if m.Field("email") > 0 && len(at(m, r, "email").AsString()) > 8000 {
					return nil, ports.ErrUnavailable
				}
				return s.Create(ctx, m, r)
			}),
		onValues("numbers are floats", "Values/KeepNumbers", func(v ports.Value) ports.Value {
			if n := v.AsInt(); n > -1<<62 && n < 1<<62 && v.Type() == ports.TypeInt {
				return ports.Int(int64(float64(n)))
			}
			return v
		}),
		onValues("false is null", "Values/KeepTruths Values/TellEmptyFromNull", func(v ports.Value) ports.Value {
			if v.Type() == ports.TypeBool && !v.AsBool() {
				return ports.Value{}
			}
			return v
		}),
		onValues("times are cut to seconds", "Values/KeepTimesToTheMillisecond", func(v ports.Value) ports.Value {
			if v.Type() == ports.TypeTime {
				return ports.Time(v.AsTime().Truncate(time.Second))
			}
			return v
		}),
		onValues("times are local", "Values/KeepTimesToTheMillisecond", func(v ports.Value) ports.Value {
			if v.Type() == ports.TypeTime {
				return ports.Time(v.AsTime().Add(2 * time.Hour))
			}
			return v
		}),
		onValues("JSON null is null", "Values/KeepTheMeaningOfJSON Values/TellEmptyFromNull Operators/FindNullJSONAndLists", func(v ports.Value) ports.Value {
			if v.AsJSON() == "null" {
				return ports.Value{}
			}
			return v
		}),
		onValues("lists are joined by commas", "Values/KeepLists", func(v ports.Value) ports.Value {
			if v.Type() == ports.TypeList && len(v.AsList()) > 0 {
				return ports.List(strings.Split(strings.Join(v.AsList(), ","), ","))
			}
			return v
		}),
		{"create returns what it was given", "Values/KeepNothingThatWasGiven IDs/MakeSerialIDs IDs/MakeObjectIDs", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				_, err := s.Create(ctx, m, r)
				return r, err
			}}
		}},
		{"find returns what it keeps", "Values/GiveOutNothingThatIsKept", func(s ports.Store, shared *shared) *broken {
			return &broken{Store: s, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				if len(args) != 1 {
					return s.Find(ctx, q, args)
				}
				if kept, ok := shared.seen.Load(args[0].AsString()); ok {
					return kept.([]ports.Record), nil
				}
				rs, err := s.Find(ctx, q, args)
				shared.seen.Store(args[0].AsString(), rs)
				return rs, err
			}}
		}},
	}
}

func idMutants() []mutant {
	const every, refuse = "IDs/MatchNothingByWhatIsNo", "IDs/RefuseToStoreWhatIsNo"
	return []mutant{
		onQuery("ids without case", "IDs/TellTextIDsApartByEveryByte", func(_ *ports.Query, args []ports.Value) []ports.Value {
			for i := range args {
				if s := args[i].AsString(); s != "" {
					args[i] = ports.String(strings.ToLower(s))
				}
			}
			return args
		}),
		{"Ne of no id matches all", every + "UUIDID " + every + "SerialID " + every + "ObjectID", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, count: func(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
				n, err := s.Count(ctx, q, args)
				if n == 0 && len(q.Where) == 1 && q.Where[0].Op == ports.Ne {
					return s.Count(ctx, query(q.Model), nil)
				}
				return n, err
			}}
		}},
		onFind("what is no id is an error in Find", every+"UUIDID "+every+"SerialID "+every+"ObjectID",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				if len(rs) == 0 && err == nil {
					err = ports.ErrInvalid
				}
				return rs, err
			}),
		{"what is no id is an error without a kind", refuse + "UUIDID " + refuse + "SerialID " + refuse + "ObjectID Migrate/RefusesABadModel", func(s ports.Store, _ *shared) *broken {
			return unkind(s)
		}},
		{"an id is used again and again", "IDs/NeverUseSerialIDsTwice IDs/NeverUseObjectIDsTwice", func(s ports.Store, shared *shared) *broken {
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				r, err := s.Create(ctx, m, r)
				if err == nil {
					first, _ := shared.seen.LoadOrStore(m.Name, r[0].AsString())
					r[0] = ports.String(first.(string))
				}
				return r, err
			}}
		}},
		onRecords("serial ids by bytes", "IDs/OrderSerialIDsBySize", func(_ *ports.Query, rs []ports.Record) []ports.Record {
			slices.SortFunc(rs, func(a, b ports.Record) int { return a[0].Compare(b[0]) })
			return rs
		}),
	}
}

// unkind is a store that returns ErrInvalid as an error of no kind.
func unkind(s ports.Store) *broken {
	plain := func(err error) error {
		if errors.Is(err, ports.ErrInvalid) {
			return errBroken
		}
		return err
	}
	return &broken{Store: s, migrate: func(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
		p, err := s.Migrate(ctx, models, apply)
		return p, plain(err)
	}, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
		r, err := s.Create(ctx, m, r)
		return r, plain(err)
	}, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
		r, ok, err := s.Update(ctx, m, args)
		return r, ok, plain(err)
	}}
}

func nameMutants() []mutant {
	return []mutant{
		{"names are not quoted", "Names/MayBeReservedWords", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				if m.TableName() == "order" {
					return nil, errBroken
				}
				return s.Create(ctx, m, r)
			}}
		}},
		{"tables are named as models", "Names/ReachTheColumnsTheyAreMappedTo Names/MayDifferFromTablesAndColumns", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, migrate: func(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				models = slices.Clone(models)
				for i := range models {
					c := *models[i]
					c.Table, c.Dependents = "", nil
					models[i] = &c
				}
				return s.Migrate(ctx, models, apply)
			}}
		}},
	}
}

func errorMutants() []mutant {
	return []mutant{
		{"what is malformed finds nothing", "Errors/RefusesAMalformedQuery Errors/RefusesAMalformedChange Errors/RefusesArgumentsOfAnotherType_E05 " +
			"Errors/RefusesTooManyOrTooFewArguments Errors/RefusesARecordThatDoesNotFit", lenient},
		onCreate("errors tell what was given", "Errors/KeepsValuesOutOfItsErrors_F08",
			func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				got, err := s.Create(ctx, m, r)
				if err != nil {
					err = errors.Join(err, errors.New(show(r)))
				}
				return got, err
			}),
		onFind("find tells what was given", "Errors/KeepsValuesOutOfItsErrors_F08",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				if err != nil {
					err = errors.Join(err, errors.New(show(args)))
				}
				return rs, err
			}),
	}
}

// lenient is a store for which nothing is malformed.
func lenient(s ports.Store, _ *shared) *broken {
	excuse := func(err error) error {
		if errors.Is(err, ports.ErrInvalid) {
			return nil
		}
		return err
	}
	return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
		r, err := s.Create(ctx, m, r)
		return r, excuse(err)
	}, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
		rs, err := s.Find(ctx, q, args)
		return rs, excuse(err)
	}, count: func(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
		n, err := s.Count(ctx, q, args)
		return n, excuse(err)
	}, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
		r, ok, err := s.Update(ctx, m, args)
		return r, ok, excuse(err)
	}, take: func(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
		r, ok, err := s.Take(ctx, m, args)
		return r, ok, excuse(err)
	}, remove: func(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
		n, err := s.Delete(ctx, m, args)
		return n, excuse(err)
	}}
}
