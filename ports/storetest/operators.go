package storetest

import (
	"slices"
	"strings"
	"time"

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
		{name: "ContainTextLiterally", prove: containLiterally},
		{name: "ContainByCase", prove: containByCase},
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
	}
	return strings.Contains(v.AsString(), args[0].AsString())
}

// matrix compares every value and null with every value and null, by every operator that the field knows.
func matrix(k *kit, field string, vs []ports.Value, size, contains bool) {
	d := k.store(k.user, k.sample)
	vs = append(vs, ports.Value{})
	for i, v := range vs {
		d.add(k.sample, values{field: v, "rank": ports.Int(int64(i))})
	}
	ops := []ports.Op{ports.Eq, ports.Ne, ports.In, ports.Null, ports.NotNull}
	if size {
		ops = append(ops, ports.Lt, ports.Le, ports.Gt, ports.Ge)
	}
	if contains {
		ops = append(ops, ports.Contains)
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
		for op := ports.Eq; op <= ports.Contains; op++ {
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

func containLiterally(k *kit) {
	d := k.store(k.user, k.sample)
	list := []string{"100%", "100x", "a_b", "axb", `a\b`, "ab", "[a]", "a*b", "a.b", "^$", "日本語", "é", "'--"}
	for i, s := range list {
		d.add(k.sample, values{"text": ports.String(s), "rank": ports.Int(int64(i))})
	}
	d.add(k.sample, nil)
	q := ordered(k.sample, ports.Order{Field: "rank"})
	q.Where = []ports.Condition{cond("text", ports.Contains)}
	for part, want := range map[string][]int64{
		"%": {0}, "_": {2}, `\`: {4}, `a\b`: {4}, "a_": {2}, "0%": {0}, "[a]": {6}, "*": {7}, ".": {8}, "a.b": {8}, "^": {9}, "$": {9},
		"本": {10}, "é": {11}, "e": nil, "'": {12}, "": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
	} {
		k.wantRanks("Contains "+part, d.all(q, ports.String(part)), want...)
	}
}

func containByCase(k *kit) {
	d := k.store(k.user, k.sample)
	for i, s := range []string{"Anna@Example.com", "anna@example.com", "ÄRGER", "ärger"} {
		d.add(k.sample, values{"text": ports.String(s), "rank": ports.Int(int64(i))})
	}
	q := ordered(k.sample, ports.Order{Field: "rank"})
	q.Where = []ports.Condition{cond("text", ports.Contains)}
	k.wantRanks("Contains", d.all(q, ports.String("example")), 1)
	k.wantRanks("Contains", d.all(q, ports.String("Anna")), 0)
	k.wantRanks("Contains", d.all(q, ports.String("rger")), 3)
	k.wantRanks("Contains", d.all(q, ports.String("Ä")), 2)
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
