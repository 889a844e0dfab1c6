package storetest

import (
	"github.com/kernia-go/kernia/ports"
)

func deleting() []promise {
	return []promise{
		{name: "RemovesWhatSatisfiesAllConditions", prove: deleteConditions},
		{name: "ReturnsHowManyWent", prove: deleteCounts},
		{name: "RemovesAllWithoutConditions", prove: deleteAll},
		{name: "LeavesTheRecordsOfAnotherOwner_G02", prove: deleteOwner},
		{name: "CountsARecordOnceFor64", prove: deleteRace},
		{name: "RemovesWhatReferredToARecord_D04", prove: func(k *kit) {
			cascade(k, func(d db, user ports.Value) { d.drop(deleted(k.user, cond("id", ports.Eq)), user) })
		}},
		{name: "RemovesWhatReferredToATakenRecord_D04", prove: func(k *kit) {
			cascade(k, func(d db, user ports.Value) { d.pull(taken(k.user, byID()), user) })
		}},
		{name: "KeepsWhatReferredToARecordThatStays_D04", prove: cascadeNothing},
	}
}

func deleteConditions(k *kit) {
	d := k.store()
	kept := []ports.Record{
		d.add(k.session, values{"name": ports.String("a"), "uses": ports.Int(1)}),
		d.add(k.session, values{"name": ports.String("b"), "uses": ports.Int(2)}),
		d.add(k.session, values{"uses": ports.Int(2)}),
	}
	gone := d.add(k.session, values{"name": ports.String("a"), "uses": ports.Int(2)})
	d.drop(deleted(k.session, cond("name", ports.Eq), cond("uses", ports.Gt)), ports.String("a"), ports.Int(1))
	if _, ok := d.get(k.session, gone[0]); ok {
		k.Errorf("Delete left a record that satisfies its conditions")
	}
	for _, r := range kept {
		got, _ := d.get(k.session, r[0])
		k.want("a record that does not satisfy all conditions", got, r)
	}
}

func deleteCounts(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	for range 5 {
		s := d.add(k.session, values{"userId": u[0], "name": ports.String("old")})
		d.add(k.note, values{"sessionId": s[0]})
	}
	d.add(k.session, values{"userId": u[0]})
	m := deleted(k.session, cond("name", ports.Eq))
	for _, want := range []int64{5, 0} {
		if got := d.drop(m, ports.String("old")); got != want {
			k.Errorf("Delete = %d, want %d", got, want)
		}
	}
}

func deleteAll(k *kit) {
	d := k.store()
	for range 3 {
		d.add(k.note, nil)
	}
	if got := d.drop(deleted(k.note)); got != 3 {
		k.Errorf("Delete without conditions = %d, want 3", got)
	}
	if n := d.size(query(k.note)); n != 0 {
		k.Errorf("Delete without conditions left %d records", n)
	}
}

func deleteOwner(k *kit) {
	d := k.store()
	theirs, mine := d.add(k.session, nil), d.add(k.session, nil)
	m := deleted(k.session, cond("id", ports.Eq), cond("userId", ports.Eq))
	if n := d.drop(m, theirs[0], at(k.session, mine, "userId")); n != 0 {
		k.Errorf("Delete removed %d records of another owner", n)
	}
	if _, ok := d.get(k.session, theirs[0]); !ok {
		k.Errorf("the record of another owner is gone")
	}
}

func deleteRace(k *kit) {
	one, other := k.store(), k.again()
	m := deleted(k.session, cond("id", ports.Eq))
	for range rounds {
		r := one.add(k.session, nil)
		won := k.race(64, func(i int) bool {
			n, err := []db{one, other}[i%2].Delete(k.ctx, m, []ports.Value{r[0]})
			if err != nil {
				k.Errorf("Delete: %v", err)
			}
			return n > 0
		})
		if won != 1 {
			k.Fatalf("%d of 64 calls of Delete removed the one record, want 1", won)
		}
	}
}

// cascade removes a user with two levels of records below it, beside another user who keeps theirs.
func cascade(k *kit, remove func(d db, user ports.Value)) {
	d := k.store()
	var users []ports.Record
	for range 2 {
		u := d.add(k.user, nil)
		users = append(users, u)
		d.add(k.account, values{"userId": u[0]})
		for range 2 {
			s := d.add(k.session, values{"userId": u[0]})
			d.add(k.note, values{"sessionId": s[0]})
			d.add(k.note, values{"sessionId": s[0]})
		}
	}
	d.add(k.note, nil)
	remove(d, users[0][0])
	if _, ok := d.get(k.user, users[0][0]); ok {
		k.Errorf("the user is still there")
	}
	for _, c := range []struct {
		m    *ports.Model
		want int64
	}{{k.user, 1}, {k.account, 1}, {k.session, 2}, {k.note, 5}} {
		if n := d.size(query(c.m)); n != c.want {
			k.Errorf("%d records of %q are left, want %d", n, c.m.Name, c.want)
		}
	}
	if n := d.size(query(k.session, cond("userId", ports.Eq)), users[1][0]); n != 2 {
		k.Errorf("the other user has %d sessions left, want 2", n)
	}
}

func cascadeNothing(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	d.add(k.session, values{"userId": u[0]})
	if _, ok := d.pull(taken(k.user, byID(), cond("email", ports.Eq)), u[0], ports.String("another")); ok {
		k.Errorf("Take got a record whose condition fails")
	}
	d.drop(deleted(k.user, cond("id", ports.Eq), cond("plan", ports.Eq)), u[0], ports.String("another"))
	if n := d.size(query(k.session)); n != 1 {
		k.Errorf("the session of a user who stays is gone")
	}
}
