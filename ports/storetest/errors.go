package storetest

import (
	"context"
	"errors"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

func refusing() []promise {
	return []promise{
		{name: "RefusesAMalformedQuery", prove: refuseQueries},
		{name: "RefusesAMalformedChange", prove: refuseChanges},
		{name: "RefusesArgumentsOfAnotherType_E05", prove: refuseTypes},
		{name: "RefusesTooManyOrTooFewArguments", prove: refuseNumbers},
		{name: "RefusesARecordThatDoesNotFit", prove: refuseRecords},
		{name: "KeepsValuesOutOfItsErrors_F08", prove: hideValues},
	}
}

// invalid expects an error that is ErrInvalid.
func (k *kit) invalid(what string, err error) {
	k.Helper()
	if !errors.Is(err, ports.ErrInvalid) {
		k.Errorf("%s: %v, want ErrInvalid", what, err)
	}
}

func refuseQueries(k *kit) {
	d := k.store()
	edit := func(f func(q *ports.Query)) *ports.Query {
		q := query(k.session)
		f(q)
		return q
	}
	for what, q := range map[string]*ports.Query{
		"no limit":             edit(func(q *ports.Query) { q.Limit = 0 }),
		"a negative limit":     edit(func(q *ports.Query) { q.Limit = -1 }),
		"an unknown field":     edit(func(q *ports.Query) { q.Where = []ports.Condition{cond("none", ports.NotNull)} }),
		"a column's injection": edit(func(q *ports.Query) { q.Where = []ports.Condition{cond(`token" IS NOT NULL --`, ports.NotNull)} }),
		"an unknown order":     edit(func(q *ports.Query) { q.Order = []ports.Order{{Field: "none"}} }),
		"an order by a list":   {Model: k.sample, Limit: 1, Order: []ports.Order{{Field: "list"}}},
		"no reference":         edit(func(q *ports.Query) { q.Follow = "token" }),
		"following nothing":    edit(func(q *ports.Query) { q.Where = []ports.Condition{followed("email", ports.NotNull)} }),
		"In of nothing":        edit(func(q *ports.Query) { q.Where = []ports.Condition{{Field: "token", Op: ports.In}} }),
		"an unknown operator":  edit(func(q *ports.Query) { q.Where = []ports.Condition{{Field: "token", Op: 99}} }),
	} {
		_, err := d.Find(k.ctx, q, nil)
		k.invalid("Find with "+what, err)
		_, err = d.Count(k.ctx, q, nil)
		k.invalid("Count with "+what, err)
	}
	for what, c := range map[string]ports.Condition{
		"Lt of an id": cond("id", ports.Lt), "Contains of a reference": cond("userId", ports.Contains),
		"Eq of JSON": cond("document", ports.Eq), "In of a list": cond("list", ports.In),
		"Gt of a truth": cond("flag", ports.Gt), "Contains of a number": cond("number", ports.Contains),
	} {
		_, err := d.Find(k.ctx, query(k.sample, c), make([]ports.Value, c.Args()))
		k.invalid("Find with "+what, err)
	}
}

func refuseChanges(k *kit) {
	d := k.store()
	s := d.add(k.session, nil)
	x := ports.String("x")
	set := func(key ports.Key, changes ...ports.Change) *ports.Update {
		return &ports.Update{Model: k.session, Key: key, Set: changes}
	}
	for what, c := range map[string]struct {
		m    *ports.Update
		args []ports.Value
	}{
		"without a key":         {set(nil, ports.Change{Field: "name"}), []ports.Value{x}},
		"by a key of no one":    {set(ports.Key{"name"}, ports.Change{Field: "name"}), []ports.Value{x, x}},
		"of nothing":            {set(byID()), []ports.Value{s[0]}},
		"of the id":             {set(byID(), ports.Change{Field: "id"}), []ports.Value{s[0], x}},
		"of an unknown field":   {set(byID(), ports.Change{Field: "none"}), []ports.Value{s[0], x}},
		"adding to a string":    {set(byID(), ports.Change{Field: "name", Add: true}), []ports.Value{s[0], x}},
		"adding a null":         {set(byID(), ports.Change{Field: "uses", Add: true}), []ports.Value{s[0], {}}},
		"to null":               {set(byID(), ports.Change{Field: "token"}), []ports.Value{s[0], {}}},
		"with a bad condition":  {changed(k.session, "name", cond("none", ports.Null)), []ports.Value{s[0], x}},
		"with a followed field": {changed(k.session, "name", followed("plan", ports.Null)), []ports.Value{s[0], x}},
	} {
		_, ok, err := d.Update(k.ctx, c.m, c.args)
		k.invalid("Update "+what, err)
		if ok {
			k.Errorf("Update %s succeeded", what)
		}
	}
	_, _, err := d.Take(k.ctx, taken(k.session, nil, cond("name", ports.Null)), nil)
	k.invalid("Take without a key", err)
	_, _, err = d.Take(k.ctx, taken(k.session, ports.Key{"userId"}), []ports.Value{s[1]})
	k.invalid("Take by a field that is not unique", err)
	_, _, err = d.Take(k.ctx, taken(k.session, byID(), followed("plan", ports.Null)), []ports.Value{s[0]})
	k.invalid("Take with a followed field", err)
	_, err = d.Delete(k.ctx, deleted(k.session, followed("plan", ports.Null)), nil)
	k.invalid("Delete with a followed field", err)
	_, err = d.Delete(k.ctx, deleted(k.session, cond("none", ports.Null)), nil)
	k.invalid("Delete with a bad condition", err)
	got, _ := d.get(k.session, s[0])
	k.want("the record after", got, s)
}

// refuseTypes looks for a token by everything that a decoder may have made of a body.
func refuseTypes(k *kit) {
	d := k.store()
	s := d.add(k.session, nil)
	for _, v := range []ports.Value{ports.Bool(true), ports.Int(0), ports.Time(noon()), ports.JSON(`{"$ne":null}`), ports.JSON(`null`), ports.List(nil), ports.List([]string{"a"})} {
		what := " by a " + v.Type().String()
		for _, op := range []ports.Op{ports.Eq, ports.Ne, ports.Gt, ports.Contains} {
			q := query(k.session, cond("token", op))
			rs, err := d.Find(k.ctx, q, []ports.Value{v})
			k.invalid("Find"+what, err)
			if len(rs) > 0 {
				k.Errorf("Find%s found a session", what)
			}
			_, err = d.Count(k.ctx, q, []ports.Value{v})
			k.invalid("Count"+what, err)
			_, err = d.Delete(k.ctx, deleted(k.session, cond("token", op)), []ports.Value{v})
			k.invalid("Delete"+what, err)
		}
		_, _, err := d.Take(k.ctx, taken(k.session, ports.Key{"token"}), []ports.Value{v})
		k.invalid("Take"+what, err)
		_, _, err = d.Update(k.ctx, changed(k.session, "name"), []ports.Value{v, ports.String("x")})
		k.invalid("Update"+what, err)
		_, _, err = d.Update(k.ctx, changed(k.session, "name"), []ports.Value{s[0], v})
		k.invalid("Update to a "+v.Type().String(), err)
		_, err = d.Find(k.ctx, k.follow(followed("email", ports.Eq)), []ports.Value{v})
		k.invalid("Find by a followed field"+what, err)
	}
	_, err := d.Find(k.ctx, query(k.session, cond("expiresAt", ports.Gt)), texts("2026"))
	k.invalid("Find by a time in text", err)
	got, _ := d.get(k.session, s[0])
	k.want("the record after", got, s)
}

func refuseNumbers(k *kit) {
	d := k.store()
	s := d.add(k.session, nil)
	token := at(k.session, s, "token")
	paged := query(k.session, cond("token", ports.Eq))
	paged.Paged = true
	for _, c := range []struct {
		q    *ports.Query
		args []ports.Value
	}{
		{query(k.session), []ports.Value{token}},
		{query(k.session, cond("token", ports.Eq)), nil},
		{query(k.session, cond("token", ports.Eq)), []ports.Value{token, token}},
		{query(k.session, cond("token", ports.In)), []ports.Value{token}},
		{query(k.session, cond("name", ports.Null)), []ports.Value{token}},
		{paged, []ports.Value{token}},
		{paged, []ports.Value{token, ports.Int(1)}},
		{paged, []ports.Value{token, ports.Int(0), ports.Int(0)}},
		{paged, []ports.Value{token, ports.Int(1), ports.Int(-1)}},
		{paged, []ports.Value{token, ports.Int(1), {}}},
	} {
		_, err := d.Find(k.ctx, c.q, c.args)
		k.invalid("Find with arguments "+show(c.args), err)
	}
	_, err := d.Count(k.ctx, paged, []ports.Value{token, ports.Int(1), ports.Int(0)})
	k.invalid("Count with a page", err)
	for _, args := range [][]ports.Value{nil, {s[0], s[0]}} {
		_, _, err := d.Take(k.ctx, taken(k.session, byID()), args)
		k.invalid("Take with arguments "+show(args), err)
		_, _, err = d.Update(k.ctx, changed(k.session, "name", cond("name", ports.Eq)), args)
		k.invalid("Update with arguments "+show(args), err)
		_, err = d.Delete(k.ctx, deleted(k.session, cond("token", ports.Eq)), args)
		k.invalid("Delete with arguments "+show(args), err)
	}
	got, _ := d.get(k.session, s[0])
	k.want("the record after", got, s)
}

func refuseRecords(k *kit) {
	d := k.store()
	good := k.record(k.user, nil)
	edit := func(i int, v ports.Value) ports.Record {
		r := append(ports.Record{}, good...)
		r[i] = v
		return r
	}
	for what, r := range map[string]ports.Record{
		"nothing":           nil,
		"too little":        good[:len(good)-1],
		"too much":          append(append(ports.Record{}, good...), ports.Value{}),
		"no id":             edit(0, ports.Value{}),
		"an id that is int": edit(0, ports.Int(1)),
		"a null":            edit(1, ports.Value{}),
		"another type":      edit(1, ports.Int(1)),
		"a time in text":    edit(4, ports.String("2026-01-01")),
	} {
		_, err := d.Create(k.ctx, k.user, r)
		k.invalid("Create with "+what, err)
	}
	if n := d.size(query(k.user)); n != 0 {
		k.Errorf("%d records that do not fit are stored", n)
	}
}

// hideValues makes every kind of error with values that are secrets.
func hideValues(k *kit) {
	d := k.store()
	const secret = "s3cr3t"
	v := ports.String(secret)
	s, u := d.add(k.session, values{"token": v}), d.add(k.user, values{"email": v})
	other := d.add(k.session, nil)
	errs := map[string]error{}
	_, errs["a conflict of Create"] = d.Create(k.ctx, k.session, k.record(k.session, values{"token": v}))
	_, errs["a conflict of an email"] = d.Create(k.ctx, k.user, k.record(k.user, values{"email": v}))
	_, errs["a conflict of an id"] = d.Create(k.ctx, k.user, k.record(k.user, values{"id": u[0], "name": v}))
	_, _, errs["a conflict of Update"] = d.Update(k.ctx, changed(k.session, "token"), []ports.Value{other[0], v})
	_, errs["an argument too many"] = d.Find(k.ctx, query(k.session), []ports.Value{v})
	_, errs["another type"] = d.Find(k.ctx, query(k.session, cond("uses", ports.Eq)), []ports.Value{v})
	_, _, errs["a page"] = d.Take(k.ctx, taken(k.session, byID()), []ports.Value{v, v})
	_, errs["a record"] = d.Create(k.ctx, k.session, append(k.record(k.session, nil), v))
	_, errs["text with NUL"] = d.Create(k.ctx, k.user, k.record(k.user, values{"email": ports.String(secret + "\x00")}))
	_, errs["broken text"] = d.Create(k.ctx, k.user, k.record(k.user, values{"email": ports.String(secret + "\xff")}))
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	_, errs["a cancellation"] = d.Find(ctx, query(k.session, cond("token", ports.Eq)), []ports.Value{v})
	for what, err := range errs {
		for _, value := range []string{secret, s[0].AsString(), u[0].AsString()} {
			if err != nil && strings.Contains(err.Error(), value) {
				k.Errorf("the error of %s contains a value: %v", what, err)
			}
		}
		if err == nil && !strings.Contains(what, "text") {
			k.Errorf("%s is no error", what)
		}
	}
}
