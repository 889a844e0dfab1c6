package storetest

import (
	"errors"

	"github.com/kernia-go/kernia/ports"
)

func unique() []promise {
	return []promise{
		{name: "GivesAKeyToOneOf64Creates_E12", prove: func(k *kit) { createOnce(k, false) }},
		{name: "GivesAKeyToOneOf64CreatesAcrossStores_E12", prove: func(k *kit) { createOnce(k, true) }},
		{name: "NamesTheKeyOfACreate", prove: createConflict},
		{name: "NamesTheKeyOfAnUpdate", prove: updateConflict},
		{name: "NamesTheID", prove: idConflict},
		{name: "ChangesNothingOnConflict", prove: conflictChangesNothing},
		{name: "LetsARecordKeepItsOwnKey", prove: ownKey},
		{name: "LetsNullsNeverCollide", prove: nullKeys},
		{name: "TellsKeysApartByEveryByte", prove: apartKeys},
		{name: "FreesTheKeyOfWhatIsGone", prove: freedKey},
	}
}

// conflict expects err to be a ConflictError that names m and key.
func (k *kit) conflict(err error, m *ports.Model, key string) {
	k.Helper()
	var c *ports.ConflictError
	if !errors.As(err, &c) {
		k.Errorf("got error %v, want a *ConflictError on %s (%s)", err, m.Name, key)
		return
	}
	if c.Model != m.Name || c.Key != key {
		k.Errorf("got conflict on %s (%s), want %s (%s)", c.Model, c.Key, m.Name, key)
	}
}

func createOnce(k *kit, across bool) {
	one, other := k.store(), k.again()
	for range rounds {
		email := ports.String(k.newID(ports.IDText))
		won := k.race(64, func(i int) bool {
			d := one
			if across && i%2 == 1 {
				d = other
			}
			_, err := d.Create(k.ctx, k.user, k.record(k.user, values{"email": email}))
			if err != nil {
				k.conflict(err, k.user, "email")
			}
			return err == nil
		})
		if n := one.size(query(k.user, cond("email", ports.Eq)), email); won != 1 || n != 1 {
			k.Fatalf("of 64 calls of Create with one key %d succeeded and %d records are stored, want 1", won, n)
		}
	}
}

func createConflict(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	a := d.add(k.account, values{"accountId": ports.String("1")})
	_, err := d.Create(k.ctx, k.user, k.record(k.user, values{"email": u[1]}))
	k.conflict(err, k.user, "email")
	_, err = d.Create(k.ctx, k.account, k.record(k.account, values{"providerId": a[2], "accountId": a[3]}))
	k.conflict(err, k.account, "providerId,accountId")
}

func updateConflict(k *kit) {
	d := k.store()
	u, v := d.add(k.user, nil), d.add(k.user, nil)
	_, _, err := d.Update(k.ctx, changed(k.user, "email"), []ports.Value{u[0], v[1]})
	k.conflict(err, k.user, "email")
	a := d.add(k.account, values{"providerId": ports.String("p"), "accountId": ports.String("1")})
	d.add(k.account, values{"providerId": ports.String("p"), "accountId": ports.String("2")})
	_, _, err = d.Update(k.ctx, changed(k.account, "accountId"), []ports.Value{a[0], ports.String("2")})
	k.conflict(err, k.account, "providerId,accountId")
}

func idConflict(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	_, err := d.Create(k.ctx, k.user, k.record(k.user, values{"id": u[0]}))
	k.conflict(err, k.user, "id")
}

func conflictChangesNothing(k *kit) {
	d := k.store()
	u, v := d.add(k.user, nil), d.add(k.user, nil)
	_, _ = d.Create(k.ctx, k.user, k.record(k.user, values{"email": u[1]}))
	_, _ = d.Create(k.ctx, k.user, k.record(k.user, values{"id": u[0]}))
	m := &ports.Update{Model: k.user, Key: byID(), Set: []ports.Change{{Field: "plan"}, {Field: "email"}}}
	_, ok, err := d.Update(k.ctx, m, []ports.Value{u[0], ports.String("pro"), v[1]})
	if ok || err == nil {
		k.Errorf("Update to the key of another record = %v, %v", ok, err)
	}
	if n := d.size(query(k.user)); n != 2 {
		k.Errorf("%d records after conflicts, want 2", n)
	}
	for _, r := range []ports.Record{u, v} {
		got, _ := d.get(k.user, r[0])
		k.want("a record after a conflict", got, r)
	}
}

func ownKey(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	m := &ports.Update{Model: k.user, Key: byID(), Set: []ports.Change{{Field: "email"}, {Field: "plan"}}}
	got, ok := d.set(m, u[0], u[1], ports.String("pro"))
	u[3] = ports.String("pro")
	if !ok {
		k.Fatalf("Update to a record's own key found nothing")
	}
	k.want("Update", got, u)
}

func nullKeys(k *kit) {
	d := k.store()
	p := ports.String("p")
	d.add(k.account, values{"providerId": p})
	if _, err := d.Create(k.ctx, k.account, d.whole(k.account, values{"providerId": p})); err != nil {
		k.Errorf("a second record with a null in its key: %v", err)
	}
	a := d.add(k.account, values{"providerId": p, "accountId": ports.String("1")})
	if _, _, err := d.Update(k.ctx, changed(k.account, "accountId"), []ports.Value{a[0], {}}); err != nil {
		k.Errorf("a third record with a null in its key, by Update: %v", err)
	}
}

func apartKeys(k *kit) {
	d := k.store()
	for _, email := range []string{"a", "A", "a ", " a", "", "ä", "a\u0308", "ａ", "a%", "null"} {
		if _, err := d.Create(k.ctx, k.user, k.record(k.user, values{"email": ports.String(email)})); err != nil {
			k.Errorf("Create with the key %q beside others: %v", email, err)
		}
	}
	for _, pair := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"a,b", "c"}, {"a", "b,c"}, {"", "abc"}, {"abc", ""}} {
		v := values{"providerId": ports.String(pair[0]), "accountId": ports.String(pair[1])}
		if _, err := d.Create(k.ctx, k.account, d.whole(k.account, v)); err != nil {
			k.Errorf("Create with the key %q beside others: %v", pair, err)
		}
	}
}

func freedKey(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	d.drop(deleted(k.user, cond("id", ports.Eq)), u[0])
	d.add(k.user, values{"email": u[1]})
	v := d.add(k.user, nil)
	d.set(changed(k.user, "email"), v[0], ports.String("moved"))
	d.add(k.user, values{"email": v[1]})
}
