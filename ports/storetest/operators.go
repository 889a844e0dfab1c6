package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"weak"

	"github.com/kernia-go/kernia/ports"
)

func operators() []promise {
	return []promise{
		{name: "CompareStrings", prove: func(k *kit) {
			matrix(k, "text", texts("", "a", "A", "b", "ab", "a%", "a_", `a\`, "ä", "a\u0308", "null", " a", "a "), true, true)
		}},
		{name: "CompareNumbers", prove: func(k *kit) {
			matrix(k, "number", []ports.Value{ports.Int(-1 << 63), ports.Int(-1), ports.Int(0), ports.Int(1), ports.Int(1<<53 + 1), ports.Int(1 << 53), ports.Int(1<<63 - 1)}, true, false)
		}},
		{name: "CompareTruths", prove: func(k *kit) {
			matrix(k, "flag", []ports.Value{ports.Bool(false), ports.Bool(true)}, false, false)
		}},
		{name: "CompareTimes", prove: func(k *kit) {
			matrix(k, "instant", []ports.Value{ports.Time(noon()), ports.Time(noon().Add(time.Millisecond)), ports.Time(time.Unix(0, 0)), ports.Time(time.Unix(-1, 0)), ports.Time(noon().AddDate(80, 0, 0))}, true, false)
		}},
		{name: "CompareReferences", prove: func(k *kit) { matrix(k, "userId", texts("u-1", "u-2", "U-1"), false, false) }},
		{name: "CompareIDs", prove: compareIDs},
		{name: "ExcludeNullsFromNe", prove: func(k *kit) { nulls(k, ports.Ne, ports.String("b"), 1) }},
		{name: "FindNullsByNullAlone", prove: func(k *kit) { nulls(k, ports.Null, ports.Value{}, 0) }},
		{name: "FindOthersByNotNull", prove: func(k *kit) { nulls(k, ports.NotNull, ports.Value{}, 1, 2) }},
		{name: "MatchNothingByANullArgument", prove: nullArgument},
		{name: "IgnoreNullsInIn", prove: nullsInIn},
		{name: "TakeAnyNumberForIn", prove: longIn},
		{name: "ExcludeAllOfNotIn", prove: excludeAll},
		{name: "TakePartsLiterally", prove: partsLiterally},
		{name: "TakePartsByCase", prove: partsByCase},
		{name: "FoldTheLettersAToZAlone", prove: foldLetters},
		{name: "KeepNothingOfAQueryUsedOnce", prove: forgetOnce},
		{name: "FindNullJSONAndLists", prove: nullDocuments},
		{name: "HoldUntilTheInstantOfExpiry_E07", prove: expiry},
	}
}

func texts(list ...string) []ports.Value {
	vs := make([]ports.Value, len(list))
	for i, s := range list {
		vs[i] = ports.String(s)
	}
	return vs
}

// satisfies is what a comparison means, said once more and without a store.
func satisfies(v ports.Value, op ports.Op, args ...ports.Value) bool {
	switch op {
	case ports.Null:
		return v.IsNull()
	case ports.NotNull:
		return !v.IsNull()
	case ports.In:
		return satisfies(v, ports.Eq, args[0]) || satisfies(v, ports.Eq, args[1])
	case ports.NotIn:
		return satisfies(v, ports.Ne, args[0]) && satisfies(v, ports.Ne, args[1])
	}
	if v.IsNull() || args[0].IsNull() {
		return false
	}
	c := v.Compare(args[0])
	switch op {
	case ports.Eq:
		return c == 0
	case ports.Ne:
		return c != 0
	case ports.Lt:
		return c < 0
	case ports.Le:
		return c <= 0
	case ports.Gt:
		return c > 0
	case ports.Ge:
		return c >= 0
	case ports.StartsWith:
		return strings.HasPrefix(v.AsString(), args[0].AsString())
	case ports.EndsWith:
		return strings.HasSuffix(v.AsString(), args[0].AsString())
	}
	return strings.Contains(v.AsString(), args[0].AsString())
}

// matrix compares every value and null with every value and null, by every operator that the field knows.
func matrix(k *kit, field string, vs []ports.Value, size, parts bool) {
	d := k.store(k.user, k.sample)
	vs = append(vs, ports.Value{})
	for i, v := range vs {
		d.add(k.sample, values{field: v, "rank": ports.Int(int64(i))})
	}
	ops := []ports.Op{ports.Eq, ports.Ne, ports.In, ports.NotIn, ports.Null, ports.NotNull}
	if size {
		ops = append(ops, ports.Lt, ports.Le, ports.Gt, ports.Ge)
	}
	if parts {
		ops = append(ops, ports.Contains, ports.StartsWith, ports.EndsWith)
	}
	for _, op := range ops {
		q := query(k.sample, cond(field, op))
		q.Order = []ports.Order{{Field: "rank"}}
		for i, arg := range vs {
			args := []ports.Value{arg, vs[(i+3)%len(vs)]}[:cond(field, op).Args()]
			var want []int64
			for j, v := range vs {
				if satisfies(v, op, args...) {
					want = append(want, int64(j))
				}
			}
			if got := k.ranks(d.all(q, args...)); !slices.Equal(got, want) {
				k.Errorf("%s, operator %d with %s, found %v, want %v of %s", field, op, show(args), got, want, show(vs))
			}
			if n := d.size(q, args...); n != int64(len(want)) {
				k.Errorf("%s, operator %d with %s, counts %d, want %d", field, op, show(args), n, len(want))
			}
		}
	}
}

func compareIDs(k *kit) {
	d := k.store(k.user, k.sample)
	ids := texts("a", "A", "b")
	for i, v := range ids {
		d.add(k.sample, values{"id": v, "rank": ports.Int(int64(i))})
	}
	byRank := func(op ports.Op, args ...ports.Value) []ports.Record {
		q := ordered(k.sample, ports.Order{Field: "rank"})
		q.Where = []ports.Condition{cond("id", op)}
		return d.all(q, args...)
	}
	k.wantRanks("Eq", byRank(ports.Eq, ids[1]), 1)
	k.wantRanks("Ne", byRank(ports.Ne, ids[1]), 0, 2)
	k.wantRanks("In", byRank(ports.In, ids[2], ids[0]), 0, 2)
	k.wantRanks("NotIn", byRank(ports.NotIn, ids[2], ids[0]), 1)
	k.wantRanks("Null", byRank(ports.Null))
	k.wantRanks("NotNull", byRank(ports.NotNull), 0, 1, 2)
	k.wantRanks("Eq null", byRank(ports.Eq, ports.Value{}))
	k.wantRanks("Ne null", byRank(ports.Ne, ports.Value{}))
}

// nulls tries one operator on a null (0), "a" (1) and "b" (2).
func nulls(k *kit, op ports.Op, arg ports.Value, want ...int64) {
	d := k.store(k.user, k.sample)
	d.add(k.sample, nil)
	d.add(k.sample, values{"text": ports.String("a"), "rank": ports.Int(1)})
	d.add(k.sample, values{"text": ports.String("b"), "rank": ports.Int(2)})
	args := []ports.Value{arg}[:cond("text", op).Args()]
	k.wantRanks("Find", d.all(query(k.sample, cond("text", op)), args...), want...)
}

func nullArgument(k *kit) {
	d := k.store(k.user, k.sample)
	d.add(k.sample, nil)
	d.add(k.sample, values{"text": ports.String(""), "number": ports.Int(0), "flag": ports.Bool(false), "instant": ports.Time(noon())})
	for _, field := range []string{"text", "number", "flag", "instant", "userId"} {
		for op := ports.Eq; op <= ports.EndsWith; op++ {
			c := cond(field, op)
			q := query(k.sample, c)
			if q.Check() != nil || c.Args() == 0 {
				continue
			}
			if rs := d.all(q, make([]ports.Value, c.Args())...); len(rs) != 0 {
				k.Errorf("%s, operator %d with null, found %d records", field, op, len(rs))
			}
			if n := d.drop(deleted(k.sample, c), make([]ports.Value, c.Args())...); n != 0 {
				k.Errorf("%s, operator %d with null, deleted %d records", field, op, n)
			}
		}
	}
}

func nullsInIn(k *kit) {
	d := k.store(k.user, k.sample)
	d.add(k.sample, nil)
	d.add(k.sample, values{"text": ports.String("a"), "rank": ports.Int(1)})
	q := query(k.sample, cond("text", ports.In))
	k.wantRanks("In null and a", d.all(q, ports.Value{}, ports.String("a")), 1)
	k.wantRanks("In a twice", d.all(q, ports.String("a"), ports.String("a")), 1)
	k.wantRanks("In nulls", d.all(q, ports.Value{}, ports.Value{}))
}

func longIn(k *kit) {
	d := k.store(k.user, k.sample)
	var args []ports.Value
	for i := range int64(300) {
		if i < 5 {
			d.add(k.sample, values{"number": ports.Int(i * 50), "rank": ports.Int(i)})
		}
		args = append(args, ports.Int(i))
	}
	for _, n := range []int{1, 2, 120, 300} {
		q := query(k.sample, ports.Condition{Field: "number", Op: ports.In, Count: n}, cond("rank", ports.Ge))
		want := []int64{0, 1, 2, 3, 4}[:min(1+(n-1)/50, 5)]
		k.wantRanks("In", d.all(q, append(slices.Clone(args[:n]), ports.Int(0))...), want...)
	}
}

// excludeAll tries NotIn on a null (0), "a" (1), "b" (2) and "c" (3).
func excludeAll(k *kit) {
	d := k.store(k.user, k.sample)
	d.add(k.sample, nil)
	for i, s := range []string{"a", "b", "c"} {
		d.add(k.sample, values{"text": ports.String(s), "rank": ports.Int(int64(i + 1))})
	}
	q := query(k.sample, cond("text", ports.NotIn))
	q.Order = []ports.Order{{Field: "rank"}}
	a, b := ports.String("a"), ports.String("b")
	k.wantRanks("NotIn a and b", d.all(q, a, b), 3)
	k.wantRanks("NotIn a twice", d.all(q, a, a), 2, 3)
	k.wantRanks("NotIn a and null", d.all(q, a, ports.Value{}))
	if n := d.drop(deleted(k.sample, cond("text", ports.NotIn)), a, b); n != 1 {
		k.Errorf("Delete of what is neither a nor b = %d, want 1", n)
	}
}

// parts keeps texts, the rank of each its place in the list, and returns a search for parts of them.
func parts(k *kit, list ...string) func(c ports.Condition, part string) []ports.Record {
	d := k.store(k.user, k.sample)
	for i, s := range list {
		d.add(k.sample, values{"text": ports.String(s), "rank": ports.Int(int64(i))})
	}
	d.add(k.sample, values{"rank": ports.Int(-1)})
	return func(c ports.Condition, part string) []ports.Record {
		q := ordered(k.sample, ports.Order{Field: "rank"})
		c.Field = "text"
		q.Where = []ports.Condition{c}
		return d.all(q, ports.String(part))
	}
}

func partsLiterally(k *kit) {
	find := parts(k, "100%", "100x", "a_b", "axb", `a\b`, "ab", "[a]", "a*b", "a.b", "^$", "日本語", "é", "'--", "ab\n")
	for _, fold := range []bool{false, true} {
		for part, want := range map[string][]int64{
			"%": {0}, "_": {2}, `\`: {4}, `a\b`: {4}, "a_": {2}, "0%": {0}, "[a]": {6}, "*": {7}, ".": {8}, "a.b": {8}, "^": {9}, "$": {9},
			"本": {10}, "é": {11}, "e": nil, "'": {12}, "": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13},
		} {
			k.wantRanks("Contains "+part, find(ports.Condition{Op: ports.Contains, Fold: fold}, part), want...)
		}
		for part, want := range map[string][]int64{
			"%": nil, "1%": nil, "100": {0, 1}, "_": nil, "a_": {2}, "a%": nil, `a\`: {4}, "[": {6}, "[a]": {6}, "a.": {8}, "^": {9}, "$": nil,
			"日": {10}, "本": nil, "": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, "ab": {5, 13}, "abc": nil,
		} {
			k.wantRanks("StartsWith "+part, find(ports.Condition{Op: ports.StartsWith, Fold: fold}, part), want...)
		}
		for part, want := range map[string][]int64{
			"%": {0}, "0%": {0}, "_b": {2}, `\b`: {4}, "]": {6}, "[a]": {6}, "*b": {7}, ".b": {8}, "$": {9}, "^": nil,
			"語": {10}, "本": nil, "": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, "ab": {5}, "aab": nil,
		} {
			k.wantRanks("EndsWith "+part, find(ports.Condition{Op: ports.EndsWith, Fold: fold}, part), want...)
		}
	}
}

func partsByCase(k *kit) {
	find := parts(k, "Anna@Example.com", "anna@example.com", "ÄRGER", "ärger")
	for _, c := range []struct {
		op   ports.Op
		part string
		want []int64
	}{
		{ports.Contains, "example", []int64{1}},
		{ports.Contains, "Anna", []int64{0}},
		{ports.Contains, "rger", []int64{3}},
		{ports.Contains, "Ä", []int64{2}},
		{ports.StartsWith, "anna@", []int64{1}},
		{ports.StartsWith, "ANNA", nil},
		{ports.EndsWith, "Example.com", []int64{0}},
		{ports.EndsWith, "RGER", []int64{2}},
	} {
		k.wantRanks("operator "+strconv.Itoa(int(c.op))+" with "+c.part, find(ports.Condition{Op: c.op}, c.part), c.want...)
	}
}

// foldLetters knows that K, the sign of kelvin, is a capital k, and ſ a small s, outside A to Z.
func foldLetters(k *kit) {
	find := parts(k, "Anna@Example.com", "anna@example.com", "ÄRGER", "ärger", "\u212a", "k", "\u017f", "S", "[", "{")
	for _, c := range []struct {
		op   ports.Op
		part string
		want []int64
	}{
		{ports.Contains, "eXample", []int64{0, 1}},
		{ports.Contains, "rger", []int64{2, 3}},
		{ports.Contains, "Ä", []int64{2}},
		{ports.Contains, "ä", []int64{3}},
		{ports.Contains, "K", []int64{5}},
		{ports.Contains, "\u212a", []int64{4}},
		{ports.Contains, "s", []int64{7}},
		{ports.Contains, "{", []int64{9}},
		{ports.StartsWith, "ANNA@", []int64{0, 1}},
		{ports.StartsWith, "ÄR", []int64{2}},
		{ports.StartsWith, "example", nil},
		{ports.EndsWith, "EXAMPLE.COM", []int64{0, 1}},
		{ports.EndsWith, "GeR", []int64{2, 3}},
		{ports.EndsWith, "anna", nil},
	} {
		k.wantRanks("folded, operator "+strconv.Itoa(int(c.op))+" with "+c.part, find(ports.Condition{Op: c.op, Fold: true}, c.part), c.want...)
	}
}

// forgetOnce asks by queries that nothing else holds, and looks whether the store holds them.
func forgetOnce(k *kit) {
	d := k.store()
	s := d.add(k.session, nil)
	const n = 50
	held := make([]weak.Pointer[ports.Query], n)
	for i := range held {
		q := &ports.Query{Model: k.session, Where: []ports.Condition{cond("token", ports.Eq)}, Limit: 1 + i, Once: true}
		held[i] = weak.Make(q)
		ask := func(ctx context.Context) error {
			rs, err := d.Find(ctx, q, []ports.Value{at(k.session, s, "token")})
			if err != nil || len(rs) != 1 {
				return fmt.Errorf("find = %d records, %w", len(rs), err)
			}
			_, err = d.Count(ctx, q, []ports.Value{at(k.session, s, "token")})
			return err
		}
		if err := errors.Join(ask(k.ctx), d.Tx(k.ctx, ask)); err != nil {
			k.Fatalf("a query used once: %v", err)
		}
	}
	runtime.GC()
	kept := 0
	for _, q := range held {
		if q.Value() != nil {
			kept++
		}
	}
	if kept > 1 { // one may still be in use here
		k.Errorf("the store holds %d of %d queries that say Once", kept, n)
	}
}

func nullDocuments(k *kit) {
	d := k.store(k.user, k.sample)
	for i, v := range []values{
		{},
		{"document": ports.JSON("null")},
		{"document": ports.JSON("[]")},
		{"document": ports.JSON(`""`)},
		{"list": ports.List(nil)},
		{"list": ports.List([]string{""})},
	} {
		v["rank"] = ports.Int(int64(i))
		d.add(k.sample, v)
	}
	for _, c := range []struct {
		field         string
		null, notNull []int64
	}{
		{"document", []int64{0, 4, 5}, []int64{1, 2, 3}},
		{"list", []int64{0, 1, 2, 3}, []int64{4, 5}},
	} {
		k.wantRanks(c.field+" null", d.all(query(k.sample, cond(c.field, ports.Null))), c.null...)
		k.wantRanks(c.field+" not null", d.all(query(k.sample, cond(c.field, ports.NotNull))), c.notNull...)
	}
}

// expiry asks at, before and after the instant from which a session is over.
func expiry(k *kit) {
	d := k.store()
	d.add(k.session, values{"expiresAt": ports.Time(noon())})
	for _, c := range []struct {
		op   ports.Op
		off  time.Duration
		want int64
	}{
		{ports.Gt, -time.Millisecond, 1},
		{ports.Gt, 0, 0},
		{ports.Gt, time.Millisecond, 0},
		{ports.Ge, -time.Millisecond, 1},
		{ports.Ge, 0, 1},
		{ports.Ge, time.Millisecond, 0},
		{ports.Le, -time.Millisecond, 0},
		{ports.Le, 0, 1},
		{ports.Le, time.Millisecond, 1},
		{ports.Lt, -time.Millisecond, 0},
		{ports.Lt, 0, 0},
		{ports.Lt, time.Millisecond, 1},
		// An instant within the millisecond is that millisecond.
		{ports.Gt, 999 * time.Microsecond, 0},
		{ports.Ge, 999 * time.Microsecond, 1},
	} {
		now := ports.Time(noon().Add(c.off).In(time.FixedZone("east", 5*3600)))
		if n := d.size(query(k.session, cond("expiresAt", c.op)), now); n != c.want {
			k.Errorf("operator %d, %v from the expiry, found %d, want %d", c.op, c.off, n, c.want)
		}
	}
}
