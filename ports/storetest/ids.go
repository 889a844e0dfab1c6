package storetest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

func identifying() []promise {
	list := []promise{{name: "TellTextIDsApartByEveryByte", prove: apartIDs}}
	for k := ports.IDText; k <= ports.IDObjectID; k++ {
		name := kindName(k)
		list = append(list, promise{name: "Find" + name + "IDsByEveryVerb", kind: k, prove: func(t *kit) { findIDs(t.with(k)) }})
		if k == ports.IDText {
			continue
		}
		list = append(list,
			promise{name: "MatchNothingByWhatIsNo" + name + "ID", kind: k, prove: func(t *kit) { noIDs(t.with(k)) }},
			promise{name: "RefuseToStoreWhatIsNo" + name + "ID", kind: k, prove: func(t *kit) { refuseIDs(t.with(k)) }})
		if !k.Stored() {
			continue
		}
		list = append(list,
			promise{name: "Make" + name + "IDs", kind: k, prove: func(t *kit) { makeIDs(t.with(k)) }},
			promise{name: "NeverUse" + name + "IDsTwice", kind: k, prove: func(t *kit) { onceIDs(t.with(k)) }})
	}
	return append(list, promise{name: "OrderSerialIDsBySize", kind: ports.IDSerial, prove: func(t *kit) { orderIDs(t.with(ports.IDSerial)) }})
}

// noID is text that is no id of a kind, or not in its one spelling.
func noID(kind ports.IDKind) []string {
	list := []string{"", " ", "x", "' OR '1'='1", `{"$ne":null}`, "null", "日本", "\u0661", "-"}
	switch kind {
	case ports.IDUUID:
		return append(list, "0190163d86944abc8def000000000001", "0190163D-8694-4ABC-8DEF-000000000001", "{0190163d-8694-4abc-8def-000000000001}",
			"urn:uuid:0190163d-8694-4abc-8def-000000000001", "0190163d-8694-4abc-8def-00000000000", "0190163d-8694-4abc-8def-0000000000010",
			"0190163d-8694-4abc-8def-00000000000g", "1")
	case ports.IDSerial:
		return append(list, "0", "-1", "+1", "01", " 1", "1 ", "1.0", "1e0", "0x1", "1_0", "9223372036854775808", "99999999999999999999999", "\uff11")
	}
	return append(list, "ffffffff000000000000000", "ffffffff00000000000000011", "FFFFFFFF0000000000000001", "ffffffff000000000000000g", "1",
		`ObjectID("ffffffff0000000000000001")`, "123456789012")
}

// findIDs sends ids and references through every verb.
func findIDs(k *kit) {
	d := k.store()
	u, v := d.add(k.user, nil), d.add(k.user, nil)
	s := d.add(k.session, values{"userId": u[0]})
	d.add(k.session, values{"userId": v[0]})
	n := d.add(k.note, values{"sessionId": s[0]})
	got, _ := d.get(k.user, u[0])
	k.want("Find by id", got, u)
	for _, c := range []struct {
		field string
		op    ports.Op
		args  []ports.Value
		want  int64
	}{
		{"id", ports.Eq, []ports.Value{s[0]}, 1},
		{"id", ports.Ne, []ports.Value{s[0]}, 1},
		{"id", ports.In, []ports.Value{s[0], s[0]}, 1},
		{"userId", ports.Eq, []ports.Value{u[0]}, 1},
		{"userId", ports.Ne, []ports.Value{u[0]}, 1},
		{"userId", ports.In, []ports.Value{u[0], v[0]}, 2},
		{"userId", ports.Eq, texts(k.newID(k.user.ID)), 0},
		{"userId", ports.NotNull, nil, 2},
	} {
		if n := d.size(query(k.session, cond(c.field, c.op)), c.args...); n != c.want {
			k.Errorf("%s, operator %d with %s, counts %d, want %d", c.field, c.op, show(c.args), n, c.want)
		}
	}
	rs := d.all(k.follow(followed("id", ports.Eq)), u[0])
	if len(rs) != 1 {
		k.Fatalf("Find by a followed id = %d records, want 1", len(rs))
	}
	k.want("Find with Follow", rs[0], slices.Concat(s, u))
	got, _ = d.set(changed(k.session, "userId", cond("userId", ports.Eq)), s[0], u[0], v[0])
	s[1] = v[0]
	k.want("Update of a reference", got, s)
	got, _ = d.set(changed(k.note, "sessionId"), n[0], ports.Value{})
	n[1] = ports.Value{}
	k.want("Update of a reference to null", got, n)
	got, _ = d.pull(taken(k.session, byID(), cond("userId", ports.Eq)), s[0], v[0])
	k.want("Take", got, s)
	if n := d.drop(deleted(k.user, cond("id", ports.Eq)), v[0]); n != 1 {
		k.Errorf("Delete by id = %d, want 1", n)
	}
	if n := d.size(query(k.session)); n != 0 {
		k.Errorf("%d sessions are left of a user who is gone", n)
	}
}

func noIDs(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	s := d.add(k.session, values{"userId": u[0]})
	for _, text := range noID(k.user.ID) {
		v := ports.String(text)
		for _, field := range []string{"id", "userId"} {
			for _, op := range []ports.Op{ports.Eq, ports.Ne, ports.In} {
				args := []ports.Value{v, v}[:cond(field, op).Args()]
				if n := d.size(query(k.session, cond(field, op)), args...); n != 0 {
					k.Errorf("%s, operator %d with %q, counts %d", field, op, text, n)
				}
				if rs := d.all(k.follow(cond(field, op)), args...); len(rs) != 0 {
					k.Errorf("%s, operator %d with %q, found %d", field, op, text, len(rs))
				}
				if n := d.drop(deleted(k.session, cond(field, op)), args...); n != 0 {
					k.Errorf("%s, operator %d with %q, deleted %d", field, op, text, n)
				}
			}
			good := s[k.session.Field(field)]
			if n := d.size(query(k.session, cond(field, ports.In)), v, good); n != 1 {
				k.Errorf("%s in %q and a good one counts %d, want 1", field, text, n)
			}
		}
		if rs := d.all(k.follow(followed("id", ports.Eq)), v); len(rs) != 0 {
			k.Errorf("followed id equal to %q found %d", text, len(rs))
		}
		if _, ok := d.set(changed(k.session, "uses"), v, ports.Int(1)); ok {
			k.Errorf("Update by the id %q found a record", text)
		}
		if _, ok := d.set(changed(k.session, "uses", cond("userId", ports.Eq)), s[0], v, ports.Int(1)); ok {
			k.Errorf("Update by the reference %q found a record", text)
		}
		if _, ok := d.pull(taken(k.session, byID()), v); ok {
			k.Errorf("Take by the id %q found a record", text)
		}
		if _, ok := d.pull(taken(k.session, byID(), cond("userId", ports.Ne)), s[0], v); ok {
			k.Errorf("Take by another reference than %q found a record", text)
		}
	}
	got, _ := d.get(k.session, s[0])
	k.want("the record after", got, s)
}

func refuseIDs(k *kit) {
	d := k.store()
	s := d.add(k.session, nil)
	for _, text := range noID(k.user.ID) {
		if !k.user.ID.Stored() {
			if _, err := d.Create(k.ctx, k.user, k.record(k.user, values{"id": ports.String(text)})); !errors.Is(err, ports.ErrInvalid) {
				k.Errorf("Create with the id %q: %v, want ErrInvalid", text, err)
			}
		}
		if _, err := d.Create(k.ctx, k.session, k.record(k.session, values{"userId": ports.String(text)})); !errors.Is(err, ports.ErrInvalid) {
			k.Errorf("Create with the reference %q: %v, want ErrInvalid", text, err)
		}
		if _, _, err := d.Update(k.ctx, changed(k.session, "userId"), []ports.Value{s[0], ports.String(text)}); !errors.Is(err, ports.ErrInvalid) {
			k.Errorf("Update to the reference %q: %v, want ErrInvalid", text, err)
		}
	}
	if n := d.size(query(k.user)) + d.size(query(k.session)); n != 2 {
		k.Errorf("%d records are stored, want a session and its user", n)
	}
}

func makeIDs(k *kit) {
	d := k.store()
	form := regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	if k.user.ID == ports.IDObjectID {
		form = regexp.MustCompile(`^[0-9a-f]{24}$`)
	}
	for range 3 {
		if u := d.add(k.user, nil); !form.MatchString(u[0].AsString()) {
			k.Errorf("Create made the id %q", u[0].AsString())
		}
	}
	_, err := d.Create(k.ctx, k.user, k.record(k.user, values{"id": ports.String(k.newID(k.user.ID))}))
	if !errors.Is(err, ports.ErrInvalid) {
		k.Errorf("Create with an id that the store makes: %v, want ErrInvalid", err)
	}
}

func onceIDs(k *kit) {
	one, other := k.store(), k.again()
	seen := map[string]bool{}
	made := make(chan string, 32)
	k.race(32, func(i int) bool {
		r, err := []db{one, other}[i%2].Create(k.ctx, k.user, k.record(k.user, nil))
		if err != nil {
			k.Errorf("Create: %v", err)
			made <- fmt.Sprint("failed ", i)
			return false
		}
		made <- r[0].AsString()
		return true
	})
	for range 32 {
		seen[<-made] = true
	}
	if len(seen) != 32 {
		k.Errorf("32 calls of Create at once made %d ids", len(seen))
	}
	for range 3 {
		r := one.add(k.user, nil)
		if seen[r[0].AsString()] {
			k.Errorf("the id %s was used twice", r[0].AsString())
		}
		seen[r[0].AsString()] = true
		one.pull(taken(k.user, byID()), r[0])
	}
	one.drop(deleted(k.user))
	if r := one.add(k.user, nil); seen[r[0].AsString()] {
		k.Errorf("the id %s was used again in an emptied table", r[0].AsString())
	}
}

func orderIDs(k *kit) {
	d := k.store()
	for i := range int64(12) {
		u := d.add(k.user, nil)
		d.add(k.sample, values{"rank": ports.Int(i), "userId": u[0]})
	}
	want := []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	k.wantRanks("by id", d.all(query(k.sample)), want...)
	k.wantRanks("by reference", d.all(ordered(k.sample, ports.Order{Field: "userId"})), want...)
	slices.Reverse(want)
	k.wantRanks("ties down", d.all(ordered(k.sample, ports.Order{Field: "text", Desc: true})), want...)
}

func apartIDs(k *kit) {
	d := k.store()
	list := []string{"a", "A", "a ", " a", "ä", "a\u0308", "1", "01", "1.0", "0190163d-8694-4abc-8def-000000000001", "0190163D-8694-4ABC-8DEF-000000000001"}
	for _, text := range list {
		if _, err := d.Create(k.ctx, k.note, k.record(k.note, values{"id": ports.String(text), "text": ports.String("text of " + text)})); err != nil {
			k.Errorf("Create with the id %q beside others: %v", text, err)
		}
	}
	for _, text := range list {
		if r, ok := d.get(k.note, ports.String(text)); !ok || at(k.note, r, "text").AsString() != "text of "+text {
			k.Errorf("the id %q found %s", text, show(r))
		}
	}
}
