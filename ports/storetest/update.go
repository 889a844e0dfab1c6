package storetest

import (
	"math"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func updating() []promise {
	return []promise{
		{name: "LetsOneOf64CompareAndSet_E02", prove: func(k *kit) { compareAndSet(k, false) }},
		{name: "LetsOneOf64CompareAndSetAcrossStores_E02", prove: func(k *kit) { compareAndSet(k, true) }},
		{name: "AddsUpToABoundFor64_E11", prove: func(k *kit) { boundedAdd(k, 64, 20, false) }},
		{name: "AddsUpToABoundFor64AcrossStores_E11", prove: func(k *kit) { boundedAdd(k, 64, 20, true) }},
		{name: "AddsUpTo5For200_B03", prove: func(k *kit) { boundedAdd(k, 200, 5, true) }},
		{name: "LosesNoAddition", prove: addLosesNothing},
		{name: "ReturnsTheRecordAsItThenIs", prove: updateReturns},
		{name: "ChangesNothingElse", prove: updateNothingElse},
		{name: "ComparesTheRecordAsItWas", prove: updateComparesOld},
		{name: "LeavesARecordWhoseConditionFails_E06", prove: updateConditionFails},
		{name: "LeavesTheRecordOfAnotherOwner_G02", prove: updateOwner},
		{name: "RefusesFromTheInstantOfExpiry_E07", prove: updateExpired},
		{name: "SetsAndClearsNull", prove: updateNull},
		{name: "AddsNegativeNumbers", prove: addNegative},
		{name: "RefusesASumOutOfRange", prove: addOverflow},
		{name: "AddsNothingToANull", prove: addNull},
		{name: "UpdatesByAUniqueKey", prove: updateByKey},
		{name: "FindsNothingToUpdate", prove: updateNothing},
		{name: "NeverRevivesADeletedRecord_D06", prove: updateNeverRevives},
	}
}

func compareAndSet(k *kit, across bool) {
	one, other := k.store(), k.again()
	m := changed(k.session, "name", cond("name", ports.Eq))
	for range rounds {
		r := one.add(k.session, values{"name": ports.String("parent")})
		var mu sync.Mutex
		var winner ports.Record
		won := k.race(64, func(i int) bool {
			d := one
			if across && i%2 == 1 {
				d = other
			}
			got, ok, err := d.Update(k.ctx, m, []ports.Value{r[0], ports.String("parent"), ports.String(k.newID(ports.IDText))})
			if err != nil {
				k.Errorf("Update: %v", err)
			}
			if ok {
				mu.Lock()
				winner = got
				mu.Unlock()
			}
			return ok
		})
		if won != 1 {
			k.Fatalf("of 64 calls of Update that compare and set %d succeeded, want 1", won)
		}
		got, _ := one.get(k.session, r[0])
		k.want("the record after the race", got, winner)
	}
}

// boundedAdd counts up to a bound that is a condition of the one call that counts.
func boundedAdd(k *kit, callers int, bound int64, across bool) {
	one, other := k.store(), k.again()
	m := changed(k.session, "+uses", cond("uses", ports.Lt))
	for range 3 {
		r := one.add(k.session, nil)
		won := k.race(callers, func(i int) bool {
			d := one
			if across && i%2 == 1 {
				d = other
			}
			_, ok, err := d.Update(k.ctx, m, []ports.Value{r[0], ports.Int(bound), ports.Int(1)})
			if err != nil {
				k.Errorf("Update: %v", err)
			}
			return ok
		})
		got, _ := one.get(k.session, r[0])
		if n := at(k.session, got, "uses").AsInt(); won != bound || n != bound {
			k.Fatalf("of %d bounded additions %d succeeded and the count is %d, want %d", callers, won, n, bound)
		}
	}
}

func addLosesNothing(k *kit) {
	one, other := k.store(), k.again()
	r := one.add(k.session, nil)
	m := changed(k.session, "+uses")
	var mu sync.Mutex
	seen := map[int64]bool{}
	k.race(64, func(i int) bool {
		got, ok, err := []db{one, other}[i%2].Update(k.ctx, m, []ports.Value{r[0], ports.Int(1)})
		if err != nil || !ok {
			k.Errorf("Update = %v, %v", ok, err)
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		seen[at(k.session, got, "uses").AsInt()] = true
		return true
	})
	got, _ := one.get(k.session, r[0])
	if n := at(k.session, got, "uses").AsInt(); n != 64 || len(seen) != 64 {
		k.Errorf("after 64 additions of 1 the count is %d, and %d different ones were returned, want 64", n, len(seen))
	}
}

func updateReturns(k *kit) {
	d := k.store()
	want := d.add(k.session, values{"uses": ports.Int(4)})
	m := &ports.Update{Model: k.session, Key: byID(), Set: []ports.Change{{Field: "name"}, {Field: "uses", Add: true}}}
	got, ok := d.set(m, want[0], ports.String("phone"), ports.Int(3))
	want[k.session.Field("name")], want[k.session.Field("uses")] = ports.String("phone"), ports.Int(7)
	if !ok {
		k.Fatalf("Update by id found nothing")
	}
	k.want("Update", got, want)
	found, _ := d.get(k.session, want[0])
	k.want("Find after Update", found, want)
}

func updateNothingElse(k *kit) {
	d := k.store()
	other, r := d.add(k.session, nil), d.add(k.session, values{"name": ports.String("x"), "uses": ports.Int(9)})
	d.set(changed(k.session, "uses"), r[0], ports.Int(10))
	got, _ := d.get(k.session, other[0])
	k.want("another record after Update", got, other)
	got, _ = d.get(k.session, r[0])
	r[k.session.Field("uses")] = ports.Int(10)
	k.want("the record after Update", got, r)
}

func updateComparesOld(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"uses": ports.Int(3)})
	m := changed(k.session, "uses", cond("uses", ports.Eq))
	if _, ok := d.set(m, r[0], ports.Int(5), ports.Int(5)); ok {
		k.Errorf("a condition held for the record as it would become")
	}
	if _, ok := d.set(m, r[0], ports.Int(3), ports.Int(5)); !ok {
		k.Errorf("a condition failed that held for the record as it was")
	}
}

func updateConditionFails(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"name": ports.String("a")})
	m := changed(k.session, "uses", cond("name", ports.Eq), cond("uses", ports.Eq))
	for _, args := range [][]ports.Value{
		{r[0], ports.String("a"), ports.Int(1), ports.Int(9)},
		{r[0], ports.String("b"), ports.Int(0), ports.Int(9)},
	} {
		if got, ok := d.set(m, args...); ok || got != nil {
			k.Errorf("Update with a condition that fails = %s, %v", show(got), ok)
		}
	}
	got, _ := d.get(k.session, r[0])
	k.want("the record after", got, r)
}

func updateOwner(k *kit) {
	d := k.store()
	r := d.add(k.session, nil)
	m := changed(k.session, "name", cond("userId", ports.Eq))
	if _, ok := d.set(m, r[0], ports.String(k.newID(ports.IDText)), ports.String("stolen")); ok {
		k.Errorf("Update changed the record of another owner")
	}
	got, _ := d.get(k.session, r[0])
	k.want("the record after", got, r)
	if _, ok := d.set(m, r[0], at(k.session, r, "userId"), ports.String("mine")); !ok {
		k.Errorf("Update for the owner found nothing")
	}
}

func updateExpired(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"expiresAt": ports.Time(noon())})
	m := changed(k.session, "+uses", cond("expiresAt", ports.Gt))
	for _, now := range []time.Time{noon().Add(time.Millisecond), noon()} {
		if _, ok := d.set(m, r[0], ports.Time(now), ports.Int(1)); ok {
			k.Errorf("Update found a record %v after it expired", now.Sub(noon()))
		}
	}
	if _, ok := d.set(m, r[0], ports.Time(noon().Add(-time.Millisecond)), ports.Int(1)); !ok {
		k.Errorf("Update found nothing a millisecond before the expiry")
	}
}

func updateNull(k *kit) {
	d := k.store()
	r := d.add(k.session, nil)
	m := changed(k.session, "name")
	for _, v := range []ports.Value{ports.String("a"), {}, ports.String(""), {}} {
		got, _ := d.set(m, r[0], v)
		r[k.session.Field("name")] = v
		k.want("Update", got, r)
		got, _ = d.get(k.session, r[0])
		k.want("Find after Update", got, r)
	}
}

func addNegative(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"uses": ports.Int(2)})
	m := changed(k.session, "+uses", cond("uses", ports.Gt))
	for _, want := range []struct {
		ok   bool
		uses int64
	}{{true, 1}, {true, 0}, {false, 0}} {
		_, ok := d.set(m, r[0], ports.Int(0), ports.Int(-1))
		got, _ := d.get(k.session, r[0])
		if n := at(k.session, got, "uses").AsInt(); ok != want.ok || n != want.uses {
			k.Errorf("Update that takes one away = %v, and leaves %d, want %v, %d", ok, n, want.ok, want.uses)
		}
	}
}

func addOverflow(k *kit) {
	d := k.store()
	for _, c := range []struct{ start, by int64 }{{math.MaxInt64, 1}, {math.MinInt64, -1}, {math.MaxInt64 - 1, math.MaxInt64}} {
		r := d.add(k.session, values{"uses": ports.Int(c.start)})
		if _, _, err := d.Update(k.ctx, changed(k.session, "+uses"), []ports.Value{r[0], ports.Int(c.by)}); err == nil {
			k.Errorf("adding %d to %d is no error", c.by, c.start)
		}
		got, _ := d.get(k.session, r[0])
		k.want("the record after", got, r)
	}
}

func updateByKey(k *kit) {
	d := k.store()
	others := partners(k, d)
	r := d.add(k.account, values{"providerId": ports.String("a"), "accountId": ports.String("1")})
	m := changed(k.account, "userId")
	m.Key = k.account.Unique[0]
	owner := d.add(k.user, nil)[0]
	got, ok := d.set(m, ports.String("a"), ports.String("1"), owner)
	r[k.account.Field("userId")] = owner
	if !ok {
		k.Fatalf("Update by a key of two fields found nothing")
	}
	k.want("Update", got, r)
	for _, want := range others {
		got, _ := d.get(k.account, want[0])
		k.want("a record that agrees in one of two fields only", got, want)
	}
}

func updateNothing(k *kit) {
	d := k.store()
	d.add(k.account, nil) // its accountId is null
	for _, v := range []ports.Value{ports.String("none"), ports.String(""), {}} {
		if r, ok := d.set(changed(k.session, "name"), v, ports.String("x")); ok || r != nil {
			k.Errorf("Update of a missing record = %s, %v", show(r), ok)
		}
		m := changed(k.account, "userId")
		m.Key = k.account.Unique[0]
		if r, ok := d.set(m, ports.String("none"), v, ports.String("x")); ok || r != nil {
			k.Errorf("Update of a missing record = %s, %v", show(r), ok)
		}
	}
	if n := d.size(query(k.session)); n != 0 {
		k.Errorf("Update of a missing record made one")
	}
}

// updateNeverRevives writes a session back while it is revoked.
func updateNeverRevives(k *kit) {
	one, other := k.store(), k.again()
	write, remove := changed(k.session, "+uses"), taken(k.session, byID())
	for range 4 * rounds {
		r := one.add(k.session, nil)
		k.race(8, func(i int) bool {
			var err error
			if i == 0 {
				_, _, err = other.Take(k.ctx, remove, []ports.Value{r[0]})
			} else {
				_, _, err = one.Update(k.ctx, write, []ports.Value{r[0], ports.Int(1)})
			}
			if err != nil {
				k.Errorf("Update against Take: %v", err)
			}
			return true
		})
		if _, ok := one.get(k.session, r[0]); ok {
			k.Fatalf("an Update brought back a record that was taken")
		}
		if _, ok := one.set(write, r[0], ports.Int(1)); ok {
			k.Fatalf("an Update found a record that was taken")
		}
	}
}

// addNull adds to a number that is null, alone and together with another change, and then to one that is not.
func addNull(k *kit) {
	d := k.store(k.user, k.sample)
	r := d.add(k.sample, values{"text": ports.String("old")})
	both := &ports.Update{Model: k.sample, Key: byID(), Set: []ports.Change{{Field: "text"}, {Field: "number", Add: true}}}
	for what, got := range map[string]func() (ports.Record, bool){
		"alone": func() (ports.Record, bool) { return d.set(changed(k.sample, "+number"), r[0], ports.Int(2)) },
		"under a condition": func() (ports.Record, bool) {
			return d.set(changed(k.sample, "+number", cond("text", ports.Eq)), r[0], ports.String("old"), ports.Int(2))
		},
		"beside another change": func() (ports.Record, bool) { return d.set(both, r[0], ports.String("new"), ports.Int(2)) },
	} {
		if got, ok := got(); ok {
			k.Errorf("adding to a null %s = %s, want no match", what, show(got))
		}
		now, _ := d.get(k.sample, r[0])
		k.want("the record after adding to a null "+what, now, r)
	}
	d.set(changed(k.sample, "number"), r[0], ports.Int(5))
	got, _ := d.set(both, r[0], ports.String("new"), ports.Int(2))
	if n := at(k.sample, got, "number"); n.AsInt() != 7 {
		k.Errorf("5 and 2 are %s", show(ports.Record{n}))
	}
}
