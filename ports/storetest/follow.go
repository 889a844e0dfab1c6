package storetest

import (
	"errors"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

func following() []promise {
	return []promise{
		{name: "ExtendsEachRecord", prove: followExtends},
		{name: "KeepsFieldsOfOneNameApart", prove: followNames},
		{name: "FindsNothingThatLeadsNowhere", prove: followDangling},
		{name: "ComparesFollowedFields", prove: followConditions},
		{name: "ComparesFollowedNulls", prove: followNulls},
		{name: "OrdersAndPages", prove: followPages},
		{name: "CountsWhatItFinds", prove: followCounts},
	}
}

// follow finds sessions with their users.
func (k *kit) follow(where ...ports.Condition) *ports.Query {
	q := query(k.session, where...)
	q.Follow = "userId"
	return q
}

func followed(field string, op ports.Op) ports.Condition {
	c := cond(field, op)
	c.Followed = true
	return c
}

func followExtends(k *kit) {
	d := k.store()
	for range 3 {
		d.add(k.user, nil)
	}
	u := d.add(k.user, values{"plan": ports.String("pro")})
	s := d.add(k.session, values{"userId": u[0]})
	d.add(k.session, values{"userId": d.add(k.user, nil)[0]})
	rs := d.all(k.follow(cond("token", ports.Eq)), at(k.session, s, "token"))
	if len(rs) != 1 {
		k.Fatalf("Find with Follow = %d records, want 1", len(rs))
	}
	k.want("Find with Follow", rs[0], slices.Concat(s, u))
}

func followNames(k *kit) {
	d := k.store()
	u := d.add(k.user, values{"name": ports.String("both")})
	s := d.add(k.session, values{"userId": u[0], "name": ports.String("session")})
	d.add(k.session, values{"userId": u[0], "name": ports.String("both")})
	rs := d.all(k.follow(cond("name", ports.Eq), followed("name", ports.Eq)), ports.String("session"), ports.String("both"))
	if len(rs) != 1 {
		k.Fatalf("Find by name and followed name = %d records, want 1", len(rs))
	}
	k.want("Find", rs[0], slices.Concat(s, u))
	if rs := d.all(k.follow(followed("id", ports.Eq)), s[0]); len(rs) != 0 {
		k.Errorf("a session's id was found among the followed ids")
	}
	if rs := d.all(k.follow(followed("id", ports.Eq)), u[0]); len(rs) != 2 {
		k.Errorf("the followed id = %d records, want 2", len(rs))
	}
}

// orphan creates a session whose user there is not. A database may refuse it as invalid: it then keeps the promises
// about such records in its own way.
func (d db) orphan() {
	d.Helper()
	if _, err := d.Create(d.ctx, d.session, d.record(d.session, nil)); err != nil && !errors.Is(err, ports.ErrInvalid) {
		d.Fatalf("Create of a record that refers to nothing = %v, want it stored or ErrInvalid", err)
	}
}

func followDangling(k *kit) {
	d := k.store()
	d.orphan()
	d.add(k.note, nil)
	if rs := d.all(k.follow()); len(rs) != 0 {
		k.Errorf("Find followed a reference that leads nowhere: %s", show(rs[0]))
	}
	q := query(k.note)
	q.Follow = "sessionId"
	if rs := d.all(q); len(rs) != 0 {
		k.Errorf("Find followed a null: %s", show(rs[0]))
	}
	if n := d.size(q) + d.size(k.follow()); n != 0 {
		k.Errorf("Count followed what leads nowhere")
	}
}

func followConditions(k *kit) {
	d := k.store()
	for i, email := range []string{"a@x", "A@x", "b@x"} {
		u := d.add(k.user, values{"email": ports.String(email)})
		d.add(k.session, values{"userId": u[0], "uses": ports.Int(int64(i))})
		d.add(k.session, values{"userId": u[0], "uses": ports.Int(int64(i + 10))})
	}
	uses := func(q *ports.Query, args ...ports.Value) []int64 {
		var got []int64
		for _, r := range d.all(q, args...) {
			got = append(got, at(k.session, r, "uses").AsInt())
		}
		return got
	}
	for _, c := range []struct {
		op   ports.Op
		args []ports.Value
		want []int64
	}{
		{ports.Eq, texts("a@x"), []int64{0}},
		{ports.Ne, texts("a@x"), []int64{1, 2}},
		{ports.In, texts("b@x", "a@x"), []int64{0, 2}},
		{ports.Contains, texts("@"), []int64{0, 1, 2}},
		{ports.Ge, texts("a"), []int64{0, 2}},
		{ports.Eq, []ports.Value{{}}, nil},
	} {
		q := k.follow(followed("email", c.op), cond("uses", ports.Lt))
		if got := uses(q, append(slices.Clone(c.args), ports.Int(10))...); !slices.Equal(got, c.want) {
			k.Errorf("followed email, operator %d with %s, found %v, want %v", c.op, show(c.args), got, c.want)
		}
		// The same with the conditions, and so the arguments, the other way around.
		q = k.follow(cond("uses", ports.Lt), followed("email", c.op))
		if got := uses(q, append([]ports.Value{ports.Int(10)}, c.args...)...); !slices.Equal(got, c.want) {
			k.Errorf("uses and followed email, operator %d with %s, found %v, want %v", c.op, show(c.args), got, c.want)
		}
	}
}

func followNulls(k *kit) {
	d := k.store()
	free, pro := d.add(k.user, nil), d.add(k.user, values{"plan": ports.String("pro")})
	one, two := d.add(k.session, values{"userId": free[0]}), d.add(k.session, values{"userId": pro[0]})
	for op, want := range map[ports.Op]ports.Record{ports.Null: slices.Concat(one, free), ports.NotNull: slices.Concat(two, pro)} {
		rs := d.all(k.follow(followed("plan", op)))
		if len(rs) != 1 {
			k.Errorf("followed plan, operator %d, found %d records, want 1", op, len(rs))
			continue
		}
		k.want("Find", rs[0], want)
	}
	if rs := d.all(k.follow(followed("plan", ports.Ne)), ports.String("none")); len(rs) != 1 {
		k.Errorf("followed plan not equal found %d records, want the one that is not null", len(rs))
	}
}

func followPages(k *kit) {
	d := k.store()
	var users []ports.Record
	for range 3 {
		users = append(users, d.add(k.user, nil))
	}
	for i := range int64(9) {
		d.add(k.session, values{"userId": users[i%3][0], "uses": ports.Int(8 - i)})
		d.orphan() // must not count in a page
	}
	q := k.follow()
	q.Order, q.Paged = []ports.Order{{Field: "uses"}}, true
	var got []int64
	for offset := int64(0); offset < 12; offset += 2 {
		for _, r := range d.all(q, ports.Int(2), ports.Int(offset)) {
			got = append(got, at(k.session, r, "uses").AsInt())
		}
	}
	if want := []int64{0, 1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(got, want) {
		k.Errorf("pages of followed records found %v, want %v", got, want)
	}
}

func followCounts(k *kit) {
	d := k.store()
	u := d.add(k.user, values{"email": ports.String("a@x")})
	d.add(k.session, values{"userId": u[0]})
	d.add(k.session, values{"userId": u[0]})
	d.add(k.session, values{"userId": d.add(k.user, nil)[0]})
	d.orphan()
	if n := d.size(k.follow()); n != 3 {
		k.Errorf("Count with Follow = %d, want 3", n)
	}
	if n := d.size(k.follow(followed("email", ports.Eq)), ports.String("a@x")); n != 2 {
		k.Errorf("Count by a followed field = %d, want 2", n)
	}
}
