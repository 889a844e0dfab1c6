package storetest

import (
	"time"

	"github.com/kernia-go/kernia/ports"
)

// rounds is how often a race is run again: one that is lost seldom is lost in the end.
const rounds = 8

func taking() []promise {
	return []promise{
		{name: "GivesARecordToOneOf64_E01", prove: func(k *kit) { takeOnce(k, k.store(), k.again(), false) }},
		{name: "GivesARecordToOneOf64AcrossStores_E01", prove: func(k *kit) { takeOnce(k, k.store(), k.again(), true) }},
		{name: "ReturnsTheRecordAsItWas", prove: takeReturns},
		{name: "RemovesTheRecord", prove: takeRemoves},
		{name: "LeavesOtherRecordsAlone", prove: takeLeavesOthers},
		{name: "LeavesARecordWhoseConditionFails_E06", prove: takeConditionFails},
		{name: "LeavesTheRecordOfAnotherOwner_G02", prove: takeOwner},
		{name: "RefusesFromTheInstantOfExpiry_E07", prove: takeExpired},
		{name: "TakesByAUniqueKey", prove: takeByKey},
		{name: "FindsNothingToTake", prove: takeNothing},
	}
}

func takeOnce(k *kit, one, other db, across bool) {
	m := taken(k.session, ports.Key{"token"})
	for range rounds {
		r := one.add(k.session, nil)
		won := k.race(64, func(i int) bool {
			d := one
			if across && i%2 == 1 {
				d = other
			}
			got, ok, err := d.Take(k.ctx, m, []ports.Value{at(k.session, r, "token")})
			if err != nil {
				k.Errorf("Take: %v", err)
			}
			if ok {
				k.want("Take", got, r)
			}
			return ok
		})
		if won != 1 {
			k.Fatalf("of 64 calls of Take %d got the record, want 1", won)
		}
	}
}

func takeReturns(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"name": ports.String("laptop"), "uses": ports.Int(3)})
	got, ok := d.pull(taken(k.session, byID()), r[0])
	if !ok {
		k.Fatalf("Take by id found nothing")
	}
	k.want("Take", got, r)
}

func takeRemoves(k *kit) {
	d := k.store()
	r := d.add(k.session, nil)
	d.pull(taken(k.session, byID()), r[0])
	if _, ok := d.get(k.session, r[0]); ok {
		k.Errorf("the record is still there after Take")
	}
	if _, ok := d.pull(taken(k.session, byID()), r[0]); ok {
		k.Errorf("a second Take got the record again")
	}
}

func takeLeavesOthers(k *kit) {
	d := k.store()
	kept, r := d.add(k.session, nil), d.add(k.session, nil)
	d.pull(taken(k.session, byID()), r[0])
	got, _ := d.get(k.session, kept[0])
	k.want("another record after Take", got, kept)
}

// takeConditionFails tries a token for the wrong purpose: the right one must still find it.
func takeConditionFails(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"name": ports.String("reset")})
	m := taken(k.session, ports.Key{"token"}, cond("name", ports.Eq))
	token := at(k.session, r, "token")
	if _, ok := d.pull(m, token, ports.String("verify")); ok {
		k.Errorf("Take got a record whose condition fails")
	}
	if got, ok := d.pull(m, token, ports.String("reset")); !ok {
		k.Errorf("a Take whose condition failed removed the record")
	} else {
		k.want("Take", got, r)
	}
}

func takeOwner(k *kit) {
	d := k.store()
	r := d.add(k.session, nil)
	m := taken(k.session, byID(), cond("userId", ports.Eq))
	if _, ok := d.pull(m, r[0], ports.String(k.newID(ports.IDText))); ok {
		k.Errorf("Take got the record of another owner")
	}
	if _, ok := d.get(k.session, r[0]); !ok {
		k.Errorf("Take for the wrong owner removed the record")
	}
	if _, ok := d.pull(m, r[0], at(k.session, r, "userId")); !ok {
		k.Errorf("Take for the owner found nothing")
	}
}

func takeExpired(k *kit) {
	d := k.store()
	r := d.add(k.session, values{"expiresAt": ports.Time(noon())})
	m := taken(k.session, byID(), cond("expiresAt", ports.Gt))
	for _, now := range []time.Time{noon().Add(time.Hour), noon().Add(time.Millisecond), noon()} {
		if _, ok := d.pull(m, r[0], ports.Time(now)); ok {
			k.Fatalf("Take got a record %v after it expired", now.Sub(noon()))
		}
	}
	if _, ok := d.pull(m, r[0], ports.Time(noon().Add(-time.Millisecond))); !ok {
		k.Errorf("Take found nothing a millisecond before the expiry")
	}
}

// partners stores records that agree with the key "a", "1" of an account in one of its two fields only.
func partners(k *kit, d db) (list []ports.Record) {
	for _, pair := range [][2]string{{"a", "0"}, {"b", "1"}, {"a", "2"}} {
		list = append(list, d.add(k.account, values{"providerId": ports.String(pair[0]), "accountId": ports.String(pair[1])}))
	}
	return append(list, d.add(k.account, values{"providerId": ports.String("a")}))
}

func takeByKey(k *kit) {
	d := k.store()
	others := partners(k, d)
	r := d.add(k.account, values{"providerId": ports.String("a"), "accountId": ports.String("1")})
	got, ok := d.pull(taken(k.account, k.account.Unique[0]), ports.String("a"), ports.String("1"))
	if !ok {
		k.Fatalf("Take by a key of two fields found nothing")
	}
	k.want("Take", got, r)
	for _, want := range others {
		got, _ := d.get(k.account, want[0])
		k.want("a record that agrees in one of two fields only", got, want)
	}
}

func takeNothing(k *kit) {
	d := k.store()
	d.add(k.session, nil)
	d.add(k.account, nil) // its accountId is null
	for _, v := range []ports.Value{ports.String("none"), ports.String(""), {}} {
		if r, ok := d.pull(taken(k.session, ports.Key{"token"}), v); ok || r != nil {
			k.Errorf("Take of a missing record = %s, %v", show(r), ok)
		}
		if r, ok := d.pull(taken(k.account, ports.Key{"providerId", "accountId"}), ports.String("none"), v); ok || r != nil {
			k.Errorf("Take of a missing record = %s, %v", show(r), ok)
		}
	}
}
