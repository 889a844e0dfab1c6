package storetest

import (
	"github.com/kernia-go/kernia/ports"
)

func creating() []promise {
	return []promise{
		{name: "ReturnsTheRecordAsStored", prove: createReturns},
		{name: "IsSeenByAnotherStoreAtOnce", prove: createIsSeen},
		{name: "KeepsManyAtOnce", prove: createManyAtOnce},
	}
}

func createReturns(k *kit) {
	d := k.store()
	given := k.record(k.user, values{"plan": ports.String("pro")})
	got := d.add(k.user, values{"id": given[0], "email": given[1], "name": given[2], "plan": given[3]})
	k.want("Create", got, given)
	found, _ := d.get(k.user, given[0])
	k.want("Find after Create", found, given)
}

func createIsSeen(k *kit) {
	one, other := k.store(), k.again()
	want := one.add(k.user, nil)
	got, _ := other.get(k.user, want[0])
	k.want("Find by another Store", got, want)
}

func createManyAtOnce(k *kit) {
	one, other := k.store(), k.again()
	k.race(64, func(i int) bool {
		d := []db{one, other}[i%2]
		if _, err := d.Create(k.ctx, k.user, k.record(k.user, nil)); err != nil {
			k.Errorf("Create: %v", err)
		}
		return true
	})
	if n := one.size(query(k.user)); n != 64 {
		k.Errorf("64 calls of Create at once stored %d records", n)
	}
}
