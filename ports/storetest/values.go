package storetest

import (
	"crypto/rand"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func keeping() []promise {
	return []promise{
		{name: "KeepText", prove: keepText},
		{name: "KeepLongText", prove: keepLongText},
		{name: "KeepNULOrRefuseIt", prove: func(k *kit) { keepOrRefuse(k, "a\x00b", "a") }},
		{name: "KeepBrokenUTF8OrRefuseIt", prove: func(k *kit) { keepOrRefuse(k, "a\xffb", "a\ufffdb") }},
		{name: "KeepALongKeyOrRefuseIt", prove: keepLongKey},
		{name: "KeepNumbers", prove: keepNumbers},
		{name: "KeepTruths", prove: func(k *kit) { keep(k, "flag", ports.Bool(false), ports.Bool(true), ports.Value{}) }},
		{name: "KeepTimesToTheMillisecond", prove: keepTimes},
		{name: "KeepTheMeaningOfJSON", prove: keepJSON},
		{name: "KeepLists", prove: keepLists},
		{name: "TellEmptyFromNull", prove: keepEmpty},
		{name: "KeepNothingThatWasGiven", prove: aliasGiven},
		{name: "GiveOutNothingThatIsKept", prove: aliasReturned},
	}
}

// keep stores each value by Create and by Update and compares what every verb returns.
func keep(k *kit, field string, vs ...ports.Value) {
	k.Helper()
	d := k.store(k.user, k.sample)
	m := changed(k.sample, field)
	updated := d.add(k.sample, nil)
	for _, v := range vs {
		want := k.record(k.sample, values{field: v})
		got, err := d.Create(k.ctx, k.sample, want)
		if err != nil {
			k.Errorf("Create with %s: %v", show(ports.Record{v}), err)
			continue
		}
		k.want("Create", got, want)
		got, _ = d.get(k.sample, want[0])
		k.want("Find", got, want)
		updated[k.sample.Field(field)] = v
		got, _ = d.set(m, updated[0], v)
		k.want("Update", got, updated)
		got, _ = d.get(k.sample, updated[0])
		k.want("Find after Update", got, updated)
		got, _ = d.pull(taken(k.sample, byID()), want[0])
		k.want("Take", got, want)
	}
}

func keepText(k *kit) {
	keep(k, "text", texts("", " ", " a ", "a\tb\r\nc\n", "O'Brien \"x\" \\ `y` $1 ? :z %s {{}} <a>&amp;", "null", "NULL", "true", "1", "1.0",
		"é", "e\u0301", "İıſK", "日本語", "👩‍👩‍👧", "\u200bx\u202e", "\ufeff", "\uffff", "{\"a\":1}", "[]", "2026-01-01T00:00:00.000Z",
		"0190163d-8694-4abc-8def-000000000001", "ffffffff0000000000000001", "\x01\x1f\x7f")...)
}

func keepLongText(k *kit) {
	keep(k, "text", texts(strings.Repeat("x", 300), strings.Repeat("ü", 70_000), strings.Repeat("long ", 100_000))...)
}

// keepOrRefuse stores text that not every database can hold: whole or not at all.
func keepOrRefuse(k *kit, text, part string) {
	d := k.store(k.user, k.sample)
	want := k.record(k.sample, values{"text": ports.String(text)})
	if _, err := d.Create(k.ctx, k.sample, want); err == nil {
		got, _ := d.get(k.sample, want[0])
		k.want("Find", got, want)
	} else {
		k.refused("Create with such text", err, k.sample, "text")
	}
	r := d.add(k.sample, nil)
	if _, _, err := d.Update(k.ctx, changed(k.sample, "text"), []ports.Value{r[0], ports.String(text)}); err == nil {
		r[k.sample.Field("text")] = ports.String(text)
	} else {
		k.refused("Update with such text", err, k.sample, "text")
	}
	got, _ := d.get(k.sample, r[0])
	k.want("Find after Update", got, r)
	d.drop(deleted(k.sample))
	q := query(k.sample, cond("text", ports.Eq))
	for _, other := range []string{part, text[:1]} {
		d.add(k.sample, values{"text": ports.String(other)})
		if rs, err := d.Find(k.ctx, q, texts(text)); len(rs) > 0 || err != nil && !errors.Is(err, ports.ErrInvalid) {
			k.Errorf("Find by such text = %d records, %v", len(rs), err)
		}
	}
}

// refused expects a *RefusedError about the field, or about none where field is "".
func (k *kit) refused(what string, err error, m *ports.Model, field string) {
	k.Helper()
	r, ok := errors.AsType[*ports.RefusedError](err)
	if !ok || r.Model != m.Name || field != "" && r.Field != field || !errors.Is(err, ports.ErrInvalid) {
		k.Errorf("%s: %v, want a RefusedError about %q.%q", what, err, m.Name, field)
	}
}

// keepLongKey stores values of a unique key that are too long for the indexes of many databases, and cannot be
// compressed.
func keepLongKey(k *kit) {
	d := k.store()
	var long strings.Builder
	for range 400 {
		long.WriteString(rand.Text())
	}
	before := d.add(k.user, nil)
	want := k.record(k.user, values{"email": ports.String(long.String())})
	if _, err := d.Create(k.ctx, k.user, want); err == nil {
		got, _ := d.get(k.user, want[0])
		k.want("Find", got, want)
		d.drop(deleted(k.user, cond("id", ports.Eq)), want[0])
	} else {
		k.refused("Create with a long key", err, k.user, "")
	}
	after, _, err := d.Update(k.ctx, changed(k.user, "email"), []ports.Value{before[0], want[1]})
	if err != nil {
		k.refused("Update with a long key", err, k.user, "")
		after = before
	}
	got, _ := d.get(k.user, before[0])
	k.want("Find after Update", got, after)
}

func keepNumbers(k *kit) {
	var vs []ports.Value
	for _, n := range []int64{0, 1, -1, math.MaxInt32, math.MaxInt32 + 1, math.MinInt32 - 1, 1 << 53, 1<<53 + 1, -1<<53 - 1, math.MaxInt64, math.MinInt64} {
		vs = append(vs, ports.Int(n))
	}
	keep(k, "number", vs...)
}

func keepTimes(k *kit) {
	var vs []ports.Value
	for _, t := range []time.Time{
		noon(), noon().Add(time.Millisecond), noon().Add(876*time.Millisecond + 999*time.Microsecond),
		time.UnixMilli(0), time.UnixMilli(1), time.UnixMilli(-1), time.UnixMilli(-1001),
		time.Date(1901, 2, 3, 4, 5, 6, 7_000_000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), time.Date(2099, 12, 31, 23, 59, 59, 999_000_000, time.UTC),
		time.Date(2026, 7, 1, 12, 0, 0, 1_000_000, time.FixedZone("west", -7*3600)),
		time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC), // an hour that clocks in Europe skip
	} {
		vs = append(vs, ports.Time(t))
	}
	keep(k, "instant", vs...)
}

func keepJSON(k *kit) {
	var vs []ports.Value
	for _, s := range []string{
		`null`, `true`, `0`, `-1.5`, `""`, `"text"`, `[]`, `{}`, `[null,1,"a",[{}]]`, `{"b":{"a":[1,2,3]},"a":null}`, `"null"`,
		`{"":1," ":2,"a.b":3,"$set":{"x":4},"é":"日本 👩 <&> \" \\ / \n"}`, `{"n":9007199254740991}`, `{"role":"admin","tags":["a","b"]}`,
	} {
		vs = append(vs, ports.JSON(s))
	}
	keep(k, "document", append(vs, ports.Value{})...)
}

func keepLists(k *kit) {
	var vs []ports.Value
	for _, list := range [][]string{
		{},
		{""},
		{"", ""},
		{"a"},
		{"b", "a", "b"},
		{"a,b", `c"d`, `e\f`, "{g}", "[h]", "i\nj", " k ", "null", "NULL"},
		{"日本", "👩‍👩‍👧"},
		strings.Split(strings.Repeat("many,", 500), ","),
	} {
		vs = append(vs, ports.List(list))
	}
	keep(k, "list", vs...)
}

func keepEmpty(k *kit) {
	d := k.store(k.user, k.sample)
	empty := d.add(k.sample, values{"text": ports.String(""), "flag": ports.Bool(false), "number": ports.Int(0), "list": ports.List(nil), "document": ports.JSON("null")})
	null := d.add(k.sample, nil)
	for _, field := range []string{"text", "flag", "number", "list", "document"} {
		got, _ := d.get(k.sample, empty[0])
		if at(k.sample, got, field).IsNull() {
			k.Errorf("an empty %s came back as null", field)
		}
		got, _ = d.get(k.sample, null[0])
		if v := at(k.sample, got, field); !v.IsNull() {
			k.Errorf("a null %s came back as %s", field, show(ports.Record{v}))
		}
	}
}

// overwrite changes every value of r in place.
func overwrite(vs []ports.Value) {
	for i := range vs {
		vs[i] = ports.String("overwritten")
	}
}

func aliasGiven(k *kit) {
	d := k.store(k.user, k.sample)
	list := []string{"a", "b"}
	given := k.record(k.sample, values{"text": ports.String("x"), "list": ports.List(list)})
	key := given[0]
	list[0] = "overwritten"
	returned, err := d.Create(k.ctx, k.sample, given)
	if err != nil {
		k.Fatalf("Create: %v", err)
	}
	overwrite(given)
	want := ports.String("x")
	if v := at(k.sample, returned, "text"); !v.Equal(want) {
		k.Errorf("the record that Create returned is the one it was given")
	}
	got, ok := d.get(k.sample, key)
	if !ok || !at(k.sample, got, "text").Equal(want) || !at(k.sample, got, "list").Equal(ports.List([]string{"a", "b"})) {
		k.Errorf("the record changed with what Create was given: %s", show(got))
	}
	args := []ports.Value{key, ports.String("y")}
	if _, _, err := d.Update(k.ctx, changed(k.sample, "text"), args); err != nil {
		k.Fatalf("Update: %v", err)
	}
	overwrite(args)
	if got, ok := d.get(k.sample, key); !ok || !at(k.sample, got, "text").Equal(ports.String("y")) {
		k.Errorf("the record changed with what Update was given: %s", show(got))
	}
}

func aliasReturned(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	s := d.add(k.session, values{"userId": u[0], "name": ports.String("x")})
	user, want := append(ports.Record{}, u...), append(ports.Record{}, s...)
	check := func(after string) {
		got, _ := d.get(k.session, want[0])
		k.want("the record after changing what "+after+" returned", got, want)
		got, _ = d.get(k.user, user[0])
		k.want("the user after changing what "+after+" returned", got, user)
	}
	overwrite(u)
	overwrite(s)
	check("Create")
	found, _ := d.get(k.session, want[0])
	overwrite(found)
	check("Find")
	for _, r := range d.all(k.follow()) {
		overwrite(r)
	}
	check("Find with Follow")
	want[3] = ports.String("y")
	got, _ := d.set(changed(k.session, "name"), want[0], want[3])
	overwrite(got)
	check("Update")
}
