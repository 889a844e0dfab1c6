package kerniapostgres_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kernia-go/kernia/ports"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
)

// signedIn is what a look-up of a session yields.
type signedIn struct {
	session ports.Session
	user    ports.User
}

// BenchmarkSession finds a session with its user: through the Store, and by a query written by hand that does the
// same work on the same pool.
func BenchmarkSession(b *testing.B) {
	pool := newPool(b, func(c *pgxpool.Config) { c.MaxConns = 4 })
	m := newTables(ports.IDText)
	schema := newStoreSchema(b, m)
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	for i := range 200 {
		id := ports.String(fmt.Sprintf("0123456789012345678901234567%04d", i))
		add(b, s, m.user, values{"id": id, "email": id})
		add(b, s, m.session, values{"id": id, "token": id, "userId": id, "ipAddress": ports.String("203.0.113.7"), "userAgent": ports.String("Mozilla/5.0 (X11; Linux x86_64)")})
	}
	const token, hash = "01234567890123456789012345670100", "sha256:0123456789012345678901234567890123456789012"
	q := lookup(m)
	byHand := fmt.Sprintf(`SELECT s."id", s."expiresAt", s."token", s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", s."userId",
		u."id", u."name", u."email", u."emailVerified", u."image", u."createdAt", u."updatedAt"
		FROM %s."session" s JOIN %s."user" u ON u."id" = s."userId" WHERE s."token" IN ($1, $2) LIMIT 1`, schema, schema)

	hand := func(b *testing.B) *signedIn {
		var in signedIn
		var address, agent *string
		x, u := &in.session, &in.user
		err := pool.QueryRow(b.Context(), byHand, hash, token).Scan(&x.ID, &x.ExpiresAt, &x.Token, &x.CreatedAt, &x.UpdatedAt, &address, &agent, &x.UserID,
			&u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &u.CreatedAt, &u.UpdatedAt)
		if err != nil {
			b.Fatal(err)
		}
		if address != nil {
			x.IPAddress = *address
		}
		if agent != nil {
			x.UserAgent = *agent
		}
		x.ExpiresAt, x.CreatedAt, x.UpdatedAt = x.ExpiresAt.UTC(), x.CreatedAt.UTC(), x.UpdatedAt.UTC()
		u.CreatedAt, u.UpdatedAt = u.CreatedAt.UTC(), u.UpdatedAt.UTC()
		return &in
	}
	store := func(b *testing.B) *signedIn {
		rs, err := s.Find(b.Context(), q, []ports.Value{ports.String(hash), ports.String(token)})
		if err != nil || len(rs) != 1 {
			b.Fatal(len(rs), err)
		}
		r := rs[0]
		in := &signedIn{
			session: ports.Session{
				ID: r[0].AsString(), ExpiresAt: r[1].AsTime(), Token: r[2].AsString(), CreatedAt: r[3].AsTime(), UpdatedAt: r[4].AsTime(),
				IPAddress: r[5].AsString(), UserAgent: r[6].AsString(), UserID: r[7].AsString(),
			},
			user: ports.User{
				ID: r[8].AsString(), Name: r[9].AsString(), Email: r[10].AsString(), EmailVerified: r[11].AsBool(),
				CreatedAt: r[13].AsTime(), UpdatedAt: r[14].AsTime(),
			},
		}
		if !r[12].IsNull() {
			image := r[12].AsString()
			in.user.Image = &image
		}
		return in
	}
	for name, call := range map[string]func(*testing.B) *signedIn{"ByHand": hand, "Store": store} {
		if got := call(b); got.session.UserID != token || !got.user.CreatedAt.Equal(noon) {
			b.Fatalf("%s found %+v", name, got)
		}
	}
	// In turns, so that a busy machine burdens both alike.
	b.Run("Both", func(b *testing.B) {
		b.ReportAllocs()
		var spent [2]int64
		for i := 0; b.Loop(); i++ {
			for j := range 2 {
				call := []func(*testing.B) *signedIn{hand, store}[(i+j)%2]
				start := now()
				call(b)
				spent[(i+j)%2] += now() - start
			}
		}
		b.ReportMetric(float64(spent[1])/float64(spent[0]), "store/hand")
	})
	b.Run("ByHand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hand(b)
		}
	})
	b.Run("Store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			store(b)
		}
	})
}
