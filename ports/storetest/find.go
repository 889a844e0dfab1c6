package storetest

import (
	"fmt"
	"math"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

func finding() []promise {
	return []promise{
		{name: "FindsWhatSatisfiesAllConditions", prove: findConditions},
		{name: "FindsNothingWithoutAnError", prove: findNothing},
		{name: "ReturnsAtMostItsLimit", prove: findLimit},
		{name: "OrdersByIDWithoutAnOrder", prove: findByID},
		{name: "OrdersBothWays", prove: findOrdered},
		{name: "OrdersStringsByBytes", prove: findOrderedStrings},
		{name: "OrdersNullsFirstUnlessDesc", prove: findOrderedNulls},
		{name: "BreaksTiesByIDInTheLastDirection", prove: findTies},
		{name: "PagesWithoutGapOrRepeat", prove: findPages},
		{name: "CutsAPageToItsLimit", prove: findPageLimit},
		{name: "FindsNothingBehindTheLastPage", prove: findBehind},
		{name: "CountsWhateverLimitAndPage", prove: countAll},
		{name: "RunsAQueryWithManyArguments", prove: findAgain},
	}
}

// ranks returns the field rank of every record.
func (k *kit) ranks(rs []ports.Record) []int64 {
	got := make([]int64, len(rs))
	for i, r := range rs {
		got[i] = at(k.sample, r, "rank").AsInt()
	}
	return got
}

// wantRanks compares the ranks of records with those wanted, in order.
func (k *kit) wantRanks(what string, rs []ports.Record, want ...int64) {
	k.Helper()
	if got := k.ranks(rs); !slices.Equal(got, want) {
		k.Errorf("%s found %v, want %v", what, got, want)
	}
}

func findConditions(k *kit) {
	d := k.store()
	for i, v := range []values{
		{"text": ports.String("a"), "number": ports.Int(1)},
		{"text": ports.String("a"), "number": ports.Int(2)},
		{"text": ports.String("b"), "number": ports.Int(2)},
		{"text": ports.String("a"), "number": ports.Int(3)},
		{"number": ports.Int(2)},
	} {
		v["rank"] = ports.Int(int64(i))
		d.add(k.sample, v)
	}
	q := query(k.sample, cond("text", ports.Eq), cond("number", ports.Ge), cond("number", ports.Lt))
	k.wantRanks("Find", d.all(q, ports.String("a"), ports.Int(2), ports.Int(3)), 1)
	k.wantRanks("Find", d.all(q, ports.String("a"), ports.Int(1), ports.Int(9)), 0, 1, 3)
	k.wantRanks("Find of all", d.all(query(k.sample)), 0, 1, 2, 3, 4)
}

func findNothing(k *kit) {
	d := k.store()
	if rs := d.all(query(k.user)); len(rs) != 0 {
		k.Errorf("Find in an empty table = %d records", len(rs))
	}
	d.add(k.user, nil)
	if rs := d.all(query(k.user, cond("email", ports.Eq)), ports.String("none")); len(rs) != 0 {
		k.Errorf("Find of nobody = %d records", len(rs))
	}
	if n := d.size(query(k.user, cond("email", ports.Eq)), ports.String("none")); n != 0 {
		k.Errorf("Count of nobody = %d", n)
	}
}

func findLimit(k *kit) {
	d := k.store()
	for i := range 5 {
		d.add(k.sample, values{"rank": ports.Int(int64(i))})
	}
	for _, limit := range []int{1, 4, 5, 6} {
		q := query(k.sample)
		q.Limit = limit
		k.wantRanks(fmt.Sprintf("Find of at most %d", limit), d.all(q), []int64{0, 1, 2, 3, 4}[:min(limit, 5)]...)
	}
}

func findByID(k *kit) {
	d := k.store()
	for _, i := range []int64{3, 1, 4, 0, 2} {
		d.add(k.sample, values{"id": ports.String([]string{"-", "A", "B", "a", "é"}[i]), "rank": ports.Int(i)})
	}
	k.wantRanks("Find without an order", d.all(query(k.sample)), 0, 1, 2, 3, 4)
}

func ordered(m *ports.Model, order ...ports.Order) *ports.Query {
	q := query(m)
	q.Order = order
	return q
}

func findOrdered(k *kit) {
	d := k.store()
	for i, n := range []int64{7, math.MinInt64, -1, math.MaxInt64, 10} {
		d.add(k.sample, values{
			"number": ports.Int(n), "flag": ports.Bool(n > 8), "rank": ports.Int(int64(i)),
			"instant": ports.Time(noon().AddDate(0, 0, int(n%100))),
		})
	}
	k.wantRanks("by number", d.all(ordered(k.sample, ports.Order{Field: "number"})), 1, 2, 0, 4, 3)
	k.wantRanks("by number down", d.all(ordered(k.sample, ports.Order{Field: "number", Desc: true})), 3, 4, 0, 2, 1)
	k.wantRanks("by instant", d.all(ordered(k.sample, ports.Order{Field: "instant"})), 1, 2, 0, 3, 4)
	k.wantRanks("by flag down and number", d.all(ordered(k.sample,
		ports.Order{Field: "flag", Desc: true}, ports.Order{Field: "number"})), 4, 3, 1, 2, 0)
}

func findOrderedStrings(k *kit) {
	d := k.store()
	texts := []string{"", "10", "9", "B", "a", "a ", "a.", "ab", "b", "z", "é", "\uffee", "\U0001f600"}
	for _, i := range []int{4, 12, 0, 7, 3, 9, 1, 11, 5, 2, 10, 6, 8} {
		d.add(k.sample, values{"text": ports.String(texts[i]), "rank": ports.Int(int64(i))})
	}
	k.wantRanks("by text", d.all(ordered(k.sample, ports.Order{Field: "text"})), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
}

func findOrderedNulls(k *kit) {
	d := k.store()
	d.add(k.sample, values{"number": ports.Int(-5), "text": ports.String(""), "rank": ports.Int(1)})
	d.add(k.sample, values{"rank": ports.Int(0)})
	d.add(k.sample, values{"number": ports.Int(5), "text": ports.String("x"), "rank": ports.Int(2)})
	for _, field := range []string{"number", "text"} {
		k.wantRanks("by "+field, d.all(ordered(k.sample, ports.Order{Field: field})), 0, 1, 2)
		k.wantRanks("by "+field+" down", d.all(ordered(k.sample, ports.Order{Field: field, Desc: true})), 2, 1, 0)
	}
}

func findTies(k *kit) {
	d := k.store()
	for _, i := range []int64{2, 0, 3, 1} {
		d.add(k.sample, values{
			"id": ports.String(fmt.Sprint("tie-", i)), "number": ports.Int(i / 2), "text": ports.String("same"), "rank": ports.Int(i),
		})
	}
	text, down := ports.Order{Field: "text"}, ports.Order{Field: "text", Desc: true}
	k.wantRanks("ties", d.all(ordered(k.sample, text)), 0, 1, 2, 3)
	k.wantRanks("ties down", d.all(ordered(k.sample, down)), 3, 2, 1, 0)
	k.wantRanks("ties of a second order", d.all(ordered(k.sample, ports.Order{Field: "number", Desc: true}, text)), 2, 3, 0, 1)
	k.wantRanks("ties of a second order down", d.all(ordered(k.sample, ports.Order{Field: "number"}, down)), 1, 0, 3, 2)
}

func findPages(k *kit) {
	d := k.store()
	var want []int64
	for _, i := range []int64{5, 3, 8, 0, 6, 1, 9, 4, 2, 7} {
		d.add(k.sample, values{"id": ports.String(fmt.Sprint("page-", i)), "number": ports.Int(i / 4), "rank": ports.Int(i)})
		want = append(want, int64(len(want)))
	}
	for size := int64(1); size <= 4; size++ {
		q := ordered(k.sample, ports.Order{Field: "number"})
		q.Paged = true
		var got []int64
		for offset := int64(0); ; offset += size {
			rs := d.all(q, ports.Int(size), ports.Int(offset))
			if len(rs) == 0 || int64(len(rs)) > size || offset > 20 {
				break
			}
			got = append(got, k.ranks(rs)...)
		}
		if !slices.Equal(got, want) {
			k.Errorf("pages of %d found %v, want %v", size, got, want)
		}
	}
}

func findPageLimit(k *kit) {
	d := k.store()
	for i := range int64(5) {
		d.add(k.sample, values{"rank": ports.Int(i)})
	}
	q := query(k.sample)
	q.Limit, q.Paged = 3, true
	k.wantRanks("a page of 4 with the limit 3", d.all(q, ports.Int(4), ports.Int(1)), 1, 2, 3)
	k.wantRanks("a page of all with the limit 3", d.all(q, ports.Int(math.MaxInt64), ports.Int(0)), 0, 1, 2)
}

func findBehind(k *kit) {
	d := k.store()
	d.add(k.sample, nil)
	q := query(k.sample)
	q.Paged = true
	for _, offset := range []int64{1, 2, math.MaxInt64} {
		if rs := d.all(q, ports.Int(10), ports.Int(offset)); len(rs) != 0 {
			k.Errorf("the page at %d of one record = %d records", offset, len(rs))
		}
	}
}

func countAll(k *kit) {
	d := k.store()
	for i := range int64(7) {
		d.add(k.sample, values{"number": ports.Int(i)})
	}
	q := query(k.sample, cond("number", ports.Ge))
	q.Limit, q.Paged, q.Order = 2, true, []ports.Order{{Field: "number", Desc: true}}
	if n := d.size(q, ports.Int(1)); n != 6 {
		k.Errorf("Count = %d, want 6", n)
	}
	if rs := d.all(q, ports.Int(1), ports.Int(2), ports.Int(0)); len(rs) != 2 {
		k.Errorf("Find with the query that was counted = %d records, want 2", len(rs))
	}
}

// findAgain uses one query value many times, at once too: a prepared statement must not keep arguments.
func findAgain(k *kit) {
	d := k.store()
	for i := range int64(8) {
		d.add(k.sample, values{"number": ports.Int(i), "rank": ports.Int(i)})
	}
	q := query(k.sample, cond("number", ports.Eq))
	k.race(32, func(i int) bool {
		want := int64(i % 8)
		rs, err := d.Find(k.ctx, q, []ports.Value{ports.Int(want)})
		if err != nil || len(rs) != 1 || at(k.sample, rs[0], "rank").AsInt() != want {
			k.Errorf("Find of %d = %d records, %v", want, len(rs), err)
		}
		return true
	})
}
