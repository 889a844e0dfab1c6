package storetest

import (
	"fmt"
	"testing"

	"github.com/kernia-go/kernia/ports"
)

// Bench measures the calls that most requests make, on a database of 1000 users: to find a session with its user
// by its token, to find an account by the e-mail address of its user, and to create a session. open is as that of
// [Run].
func Bench(b *testing.B, open func(b *testing.B, name string) ports.Store) {
	b.Helper()
	k := newKit(b, newOptions(nil), func(name string) ports.Store { return open(b, name) })
	d := k.store()
	for i := range 1000 {
		u := d.add(k.user, values{"email": ports.String(fmt.Sprintf("u%d@example.com", i))})
		d.add(k.session, values{"userId": u[0], "token": ports.String(fmt.Sprint("token", i)), "expiresAt": ports.Time(noon())})
		d.add(k.account, values{"userId": u[0], "providerId": ports.String("credential"), "accountId": u[0]})
	}
	b.Run("SessionByToken", func(b *testing.B) { benchSession(b, d) })
	b.Run("AccountByEmail", func(b *testing.B) { benchAccount(b, d) })
	b.Run("Create", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Create(b.Context(), k.session, d.whole(k.session, nil)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchSession(b *testing.B, d db) {
	b.Helper()
	q := d.follow(cond("token", ports.In), cond("expiresAt", ports.Gt))
	q.Limit = 1
	now := ports.Time(noon().AddDate(0, 0, -1))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		args := []ports.Value{ports.String(fmt.Sprint("token", i%1000)), ports.String("sha256:none"), now}
		if rs, err := d.Find(b.Context(), q, args); err != nil || len(rs) != 1 {
			b.Fatal(len(rs), err)
		}
	}
}

func benchAccount(b *testing.B, d db) {
	b.Helper()
	q := query(d.account, cond("providerId", ports.Eq), followed("email", ports.Eq))
	q.Follow, q.Limit = "userId", 1
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		args := []ports.Value{ports.String("credential"), ports.String(fmt.Sprintf("u%d@example.com", i%1000))}
		if rs, err := d.Find(b.Context(), q, args); err != nil || len(rs) != 1 {
			b.Fatal(len(rs), err)
		}
	}
}
