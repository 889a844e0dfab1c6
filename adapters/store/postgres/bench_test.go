package kerniapostgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, opener[*testing.B](b, pgx.QueryExecModeCacheStatement))
}

// BenchmarkSession compares the look-up of a session with a query written by hand on pgx.
func BenchmarkSession(b *testing.B) {
	storetest.BenchSession(b, func(b *testing.B, _ string) (ports.Store, storetest.Hand) {
		b.Helper()
		pool := newPool(b)
		schema := newSchema(b, pool)
		return kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema}), byHand(pool, schema)
	})
}

func byHand(pool *pgxpool.Pool, schema string) storetest.Hand {
	query := fmt.Sprintf(`SELECT s."id", s."expiresAt", s."token", s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", s."userId",
		u."id", u."name", u."email", u."emailVerified", u."image", u."createdAt", u."updatedAt"
		FROM %[1]s."session" s JOIN %[1]s."user" u ON u."id" = s."userId" WHERE s."token" IN ($1, $2) ORDER BY s."id" COLLATE "C" LIMIT 2`, schema)
	return func(ctx context.Context, hash, token string) ([]storetest.SignedIn, error) {
		rows, err := pool.Query(ctx, query, hash, token)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var found []storetest.SignedIn
		for rows.Next() {
			var in storetest.SignedIn
			var address, agent *string
			s, u := &in.Session, &in.User
			err := rows.Scan(&s.ID, &s.ExpiresAt, &s.Token, &s.CreatedAt, &s.UpdatedAt, &address, &agent, &s.UserID,
				&u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &u.CreatedAt, &u.UpdatedAt)
			if err != nil {
				return nil, err
			}
			if address != nil {
				s.IPAddress = *address
			}
			if agent != nil {
				s.UserAgent = *agent
			}
			s.ExpiresAt, s.CreatedAt, s.UpdatedAt = s.ExpiresAt.UTC(), s.CreatedAt.UTC(), s.UpdatedAt.UTC()
			u.CreatedAt, u.UpdatedAt = u.CreatedAt.UTC(), u.UpdatedAt.UTC()
			found = append(found, in)
		}
		return found, rows.Err()
	}
}
