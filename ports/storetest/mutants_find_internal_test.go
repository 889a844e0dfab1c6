package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kernia-go/kernia/ports"
)

func createMutants() []mutant {
	return []mutant{
		onCreate("create forgets what may be null", "Create/ReturnsTheRecordAsStored",
			func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				r = slices.Clone(r)
				for i := range r {
					if i < len(m.Fields) && m.Fields[i].Null {
						r[i] = ports.Value{}
					}
				}
				return s.Create(ctx, m, r)
			}),
		{"a store sees its own records only", "Create/IsSeenByAnotherStoreAtOnce", func(s ports.Store, _ *shared) *broken {
			var own sync.Map
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				own.Store(r[0].AsString(), true)
				return s.Create(ctx, m, r)
			}, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				return slices.DeleteFunc(rs, func(r ports.Record) bool {
					_, ok := own.Load(r[0].AsString())
					return !ok
				}), err
			}}
		}},
		{"create drops one of two at once", "Create/KeepsManyAtOnce", func(s ports.Store, shared *shared) *broken {
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				defer shared.busy.Add(-1)
				if shared.busy.Add(1) > 1 {
					return r, nil
				}
				pause()
				return s.Create(ctx, m, r)
			}}
		}},
	}
}

func findMutants() []mutant {
	return []mutant{
		onQuery("find by the first condition only", "Find/FindsWhatSatisfiesAllConditions", func(q *ports.Query, args []ports.Value) []ports.Value {
			if len(q.Where) < 2 || q.Paged {
				return args
			}
			q.Where = q.Where[:1]
			return args[:q.Where[0].Args()]
		}),
		onFind("find of nothing is an error", "Find/FindsNothingWithoutAnError",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				if len(rs) == 0 && err == nil {
					err = ports.ErrUnavailable
				}
				return rs, err
			}),
		onQuery("find one too many", "Find/ReturnsAtMostItsLimit", func(q *ports.Query, args []ports.Value) []ports.Value {
			q.Limit++
			return args
		}),
		onRecords("any order without an order", "Find/OrdersByIDWithoutAnOrder", func(q *ports.Query, rs []ports.Record) []ports.Record {
			if len(q.Order) == 0 {
				slices.Reverse(rs)
			}
			return rs
		}),
		onQuery("always the smallest first", "Find/OrdersBothWays", func(q *ports.Query, args []ports.Value) []ports.Value {
			for i := range q.Order {
				q.Order[i].Desc = false
			}
			return args
		}),
		onRecords("order without case", "Find/OrdersStringsByBytes", func(q *ports.Query, rs []ports.Record) []ports.Record {
			if len(q.Order) > 0 {
				slices.SortStableFunc(rs, func(a, b ports.Record) int {
					i := q.Model.Field(q.Order[0].Field)
					return strings.Compare(strings.ToLower(a[i].AsString()), strings.ToLower(b[i].AsString()))
				})
			}
			return rs
		}),
		onRecords("nulls last", "Find/OrdersNullsFirstUnlessDesc", func(q *ports.Query, rs []ports.Record) []ports.Record {
			if len(q.Order) > 0 {
				slices.SortStableFunc(rs, func(a, b ports.Record) int {
					i := q.Model.Field(q.Order[0].Field)
					return ports.Bool(a[i].IsNull()).Compare(ports.Bool(b[i].IsNull()))
				})
			}
			return rs
		}),
		onQuery("ties always up", "Find/BreaksTiesByIDInTheLastDirection", func(q *ports.Query, args []ports.Value) []ports.Value {
			q.Order = append(q.Order, ports.Order{Field: "id"})
			return args
		}),
		{"ties as they come", "Find/PagesWithoutGapOrRepeat", func(s ports.Store, _ *shared) *broken {
			var calls atomic.Int64
			return &broken{Store: s, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				c := *q
				c.Order = append(slices.Clone(q.Order), ports.Order{Field: "id", Desc: calls.Add(1)%2 == 0})
				return s.Find(ctx, &c, args)
			}}
		}},
		onQuery("pages without a limit", "Find/CutsAPageToItsLimit", func(q *ports.Query, args []ports.Value) []ports.Value {
			if q.Paged {
				q.Limit = 1000
			}
			return args
		}),
		onFind("the last page again and again", "Find/FindsNothingBehindTheLastPage Find/PagesWithoutGapOrRepeat",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				if n := len(args); q.Paged && len(rs) == 0 && err == nil {
					return s.Find(ctx, q, append(slices.Clone(args[:n-1]), ports.Int(0)))
				}
				return rs, err
			}),
		{"count up to the limit", "Find/CountsWhateverLimitAndPage", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, count: func(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
				n, err := s.Count(ctx, q, args)
				return min(n, int64(q.Limit)), err
			}}
		}},
		{"a query keeps its first arguments", "Find/RunsAQueryWithManyArguments", func(s ports.Store, _ *shared) *broken {
			var prepared sync.Map
			return &broken{Store: s, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				kept, _ := prepared.LoadOrStore(q, args)
				return s.Find(ctx, q, kept.([]ports.Value))
			}}
		}},
	}
}

// onOps is a mutant that compares by other operators, in every verb.
func onOps(name, breaks string, instead map[ports.Op]ports.Op) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		rewrite := func(where []ports.Condition) []ports.Condition {
			where = slices.Clone(where)
			for i, c := range where {
				if op, ok := instead[c.Op]; ok {
					where[i].Op = op
				}
			}
			return where
		}
		asked := func(q *ports.Query) *ports.Query {
			c := *q
			c.Where = rewrite(q.Where)
			return &c
		}
		return &broken{Store: s, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
			return s.Find(ctx, asked(q), args)
		}, count: func(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
			return s.Count(ctx, asked(q), args)
		}, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
			c := *m
			c.Where = rewrite(m.Where)
			return s.Update(ctx, &c, args)
		}, take: func(ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
			return s.Take(ctx, taken(m.Model, m.Key, rewrite(m.Where)...), args)
		}, remove: func(ctx context.Context, m *ports.Delete, args []ports.Value) (int64, error) {
			return s.Delete(ctx, deleted(m.Model, rewrite(m.Where)...), args)
		}}
	}}
}

// onPart is a mutant that understands one of Contains, StartsWith and EndsWith otherwise, in Find.
func onPart(op ports.Op, name, breaks string, holds func(text, part string, fold bool) bool) mutant {
	return onFind(name, breaks, func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
		if len(q.Where) != 1 || q.Where[0].Op != op || len(args) != 1 {
			return s.Find(ctx, q, args)
		}
		c := *q
		c.Where = []ports.Condition{cond(q.Where[0].Field, ports.NotNull)}
		rs, err := s.Find(ctx, &c, nil)
		i := q.Model.Field(q.Where[0].Field)
		return slices.DeleteFunc(rs, func(r ports.Record) bool { return !holds(r[i].AsString(), args[0].AsString(), q.Where[0].Fold) }), err
	})
}

func operatorMutants() []mutant {
	return []mutant{
		onOps("Gt includes the bound", "Operators/CompareStrings Operators/CompareNumbers Operators/CompareTimes Operators/HoldUntilTheInstantOfExpiry_E07 "+
			"Take/RefusesFromTheInstantOfExpiry_E07 Update/RefusesFromTheInstantOfExpiry_E07 Random/OperationsEndAsInMemory",
			map[ports.Op]ports.Op{ports.Gt: ports.Ge}),
		onOps("Lt includes the bound", "Update/AddsUpToABoundFor64_E11 Update/AddsUpTo5For200_B03", map[ports.Op]ports.Op{ports.Lt: ports.Le}),
		onOps("Ne is Eq", "Operators/CompareTruths Operators/CompareReferences Operators/CompareIDs", map[ports.Op]ports.Op{ports.Ne: ports.Eq, ports.Eq: ports.Ne}),
		onOps("Null and NotNull are confused", "Operators/FindNullsByNullAlone Operators/FindOthersByNotNull Operators/FindNullJSONAndLists Follow/ComparesFollowedNulls",
			map[ports.Op]ports.Op{ports.Null: ports.NotNull, ports.NotNull: ports.Null}),
		onFind("Ne matches nulls", "Operators/ExcludeNullsFromNe Operators/CompareStrings",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				if len(q.Where) != 1 || q.Where[0].Op != ports.Ne || err != nil {
					return rs, err
				}
				more, err := s.Find(ctx, query(q.Model, cond(q.Where[0].Field, ports.Null)), nil)
				return append(more, rs...), err
			}),
		onQuery("equal to null is null", "Operators/MatchNothingByANullArgument", func(q *ports.Query, args []ports.Value) []ports.Value {
			if len(q.Where) == 1 && q.Where[0].Op == ports.Eq && len(args) == 1 && args[0].IsNull() {
				q.Where[0].Op = ports.Null
				return nil
			}
			return args
		}),
		onFind("a null in In spoils it", "Operators/IgnoreNullsInIn",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				if len(q.Where) == 1 && q.Where[0].Op == ports.In && slices.ContainsFunc(args, ports.Value.IsNull) {
					return nil, nil
				}
				return s.Find(ctx, q, args)
			}),
		onFind("at most 100 arguments", "Operators/TakeAnyNumberForIn",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				if len(args) > 100 {
					return nil, errBroken
				}
				return s.Find(ctx, q, args)
			}),
		onOps("NotIn is In", "Operators/ExcludeAllOfNotIn Operators/CompareIDs", map[ports.Op]ports.Op{ports.NotIn: ports.In}),
		onQuery("NotIn passes over a null", "Operators/ExcludeAllOfNotIn", func(q *ports.Query, args []ports.Value) []ports.Value {
			if len(q.Where) == 1 && q.Where[0].Op == ports.NotIn && len(args) == 2 && args[1].IsNull() {
				args[1] = args[0]
			}
			return args
		}),
		onPart(ports.Contains, "wildcards in Contains", "Operators/TakePartsLiterally", func(text, part string, _ bool) bool {
			return strings.Contains(text, strings.ReplaceAll(part, "%", "")) || part == "_" && text != ""
		}),
		onPart(ports.StartsWith, "wildcards in StartsWith", "Operators/TakePartsLiterally", func(text, part string, _ bool) bool {
			return strings.HasPrefix(text, strings.TrimSuffix(part, "%"))
		}),
		onPart(ports.StartsWith, "StartsWith is Contains", "Operators/TakePartsLiterally Operators/FoldTheLettersAToZAlone", func(text, part string, fold bool) bool {
			return strings.Contains(text, part) || fold && strings.Contains(strings.ToLower(text), strings.ToLower(part))
		}),
		onPart(ports.EndsWith, "EndsWith passes over a newline", "Operators/TakePartsLiterally", func(text, part string, _ bool) bool {
			return strings.HasSuffix(text, part) || strings.HasSuffix(strings.TrimSuffix(text, "\n"), part)
		}),
		onPart(ports.Contains, "Contains without case", "Operators/TakePartsByCase", func(text, part string, _ bool) bool {
			return strings.Contains(strings.ToLower(text), strings.ToLower(part))
		}),
		onPart(ports.EndsWith, "EndsWith never folds", "Operators/FoldTheLettersAToZAlone", func(text, part string, _ bool) bool {
			return strings.HasSuffix(text, part)
		}),
		onPart(ports.Contains, "every letter is folded", "Operators/FoldTheLettersAToZAlone", func(text, part string, fold bool) bool {
			return strings.Contains(text, part) || fold && strings.Contains(strings.ToLower(text), strings.ToLower(part))
		}),
		{"every query is kept", "Operators/KeepNothingOfAQueryUsedOnce", func(s ports.Store, shared *shared) *broken {
			return &broken{Store: s, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				shared.seen.Store(q, nil)
				return s.Find(ctx, q, args)
			}}
		}},
	}
}

func followMutants() []mutant {
	return []mutant{
		onRecords("the followed record is empty", "Follow/ExtendsEachRecord", func(q *ports.Query, rs []ports.Record) []ports.Record {
			for _, r := range rs {
				clear(r[len(q.Model.Fields):])
			}
			return rs
		}),
		onRecords("followed fields by name", "Follow/KeepsFieldsOfOneNameApart", func(q *ports.Query, rs []ports.Record) []ports.Record {
			for _, r := range rs {
				for i := range q.Model.Fields {
					if f := q.Followed(); f != nil && f.Field(q.Model.Fields[i].Name) >= 0 {
						r[i] = r[len(q.Model.Fields)+f.Field(q.Model.Fields[i].Name)]
					}
				}
			}
			return rs
		}),
		onFind("an outer join", "Follow/FindsNothingThatLeadsNowhere",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				rs, err := s.Find(ctx, q, args)
				if q.Follow == "" || len(rs) > 0 || err != nil {
					return rs, err
				}
				c := *q
				c.Follow = ""
				rs, err = s.Find(ctx, &c, args)
				for i := range rs {
					rs[i] = append(rs[i], make(ports.Record, len(q.Followed().Fields))...)
				}
				return rs, err
			}),
		onFind("conditions on followed fields are dropped", "Follow/ComparesFollowedFields Follow/ComparesFollowedNulls",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				c, rest := *q, args
				c.Where, args = nil, nil
				for _, w := range q.Where {
					if !w.Followed {
						c.Where, args = append(c.Where, w), append(args, rest[:w.Args()]...)
					}
					rest = rest[w.Args():]
				}
				return s.Find(ctx, &c, append(args, rest...))
			}),
		onFind("pages are cut before the join", "Follow/OrdersAndPages",
			func(s ports.Store, ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				if q.Follow == "" || len(args) != 2 {
					return s.Find(ctx, q, args)
				}
				page := *q
				page.Follow = ""
				rs, err := s.Find(ctx, &page, args)
				var joined []ports.Record
				for _, r := range rs {
					one := query(q.Model, cond("id", ports.Eq))
					one.Follow = q.Follow
					more, _ := s.Find(ctx, one, []ports.Value{r[0]})
					joined = append(joined, more...)
				}
				return joined, err
			}),
		{"count without the join", "Follow/CountsWhatItFinds", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, count: func(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
				if len(q.Where) == 0 {
					q = query(q.Model)
				}
				return s.Count(ctx, q, args)
			}}
		}},
	}
}
