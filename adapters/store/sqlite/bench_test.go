package kerniasqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

func BenchmarkStore(b *testing.B) {
	dir := b.TempDir()
	storetest.Bench(b, func(b *testing.B, name string) ports.Store {
		b.Helper()
		return openFast(b, filepath.Join(dir, name+".db"))
	})
}

// BenchmarkSession compares the look-up of a session with a prepared query written by hand on database/sql.
func BenchmarkSession(b *testing.B) {
	dir := b.TempDir()
	storetest.BenchSession(b, func(b *testing.B, name string) (ports.Store, storetest.Hand) {
		b.Helper()
		s := openFast(b, filepath.Join(dir, name+".db"))
		return s, byHand(b, s.Reader())
	})
}

func openFast(b *testing.B, path string) *kerniasqlite.Store {
	b.Helper()
	s, err := kerniasqlite.OpenFast(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// byHand takes times as the text that they are, since what the driver makes of columns declared date is slower.
func byHand(b *testing.B, db *sql.DB) storetest.Hand {
	b.Helper()
	var prepared *sql.Stmt // once there are tables
	return func(ctx context.Context, hash, token string) ([]storetest.SignedIn, error) {
		if prepared == nil {
			var err error
			prepared, err = db.PrepareContext(b.Context(), `select s.id, +s."expiresAt", s.token, +s."createdAt", +s."updatedAt", s."ipAddress", s."userAgent", s."userId",
				u.id, u.name, u.email, u."emailVerified", u.image, +u."createdAt", +u."updatedAt"
				from session s join user u on u.id = s."userId" where s.token in (?, ?) order by s.id limit 2`)
			if err != nil {
				return nil, err
			}
			b.Cleanup(func() { _ = prepared.Close() })
		}
		rows, err := prepared.QueryContext(ctx, hash, token)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var found []storetest.SignedIn
		for rows.Next() {
			in, err := scan(rows)
			if err != nil {
				return nil, err
			}
			found = append(found, in)
		}
		return found, rows.Err()
	}
}

func scan(rows *sql.Rows) (in storetest.SignedIn, err error) {
	s, u := &in.Session, &in.User
	var times [5]string
	var address, agent sql.NullString
	err = rows.Scan(&s.ID, &times[0], &s.Token, &times[1], &times[2], &address, &agent, &s.UserID,
		&u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &times[3], &times[4])
	if err != nil {
		return in, err
	}
	s.IPAddress, s.UserAgent = address.String, agent.String
	for i, t := range [...]*time.Time{&s.ExpiresAt, &s.CreatedAt, &s.UpdatedAt, &u.CreatedAt, &u.UpdatedAt} {
		if *t, err = time.Parse(time.RFC3339Nano, times[i]); err != nil {
			return in, err
		}
	}
	return in, nil
}
