package kerniasqlite_test

import (
	"context"
	"database/sql"
	"fmt"
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
		s, err := kerniasqlite.OpenFast(b.Context(), filepath.Join(dir, name+".db"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	})
}

// BenchmarkSession compares the look-up of a session with its user to what a careful hand writes on database/sql,
// with the same statement's meaning, the same pool and the same file.
func BenchmarkSession(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.db")
	s, err := kerniasqlite.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	a := newAuth()
	if _, err := s.Migrate(b.Context(), a.all(), true); err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		u := a.newUser(fmt.Sprintf("user-%d", i))
		if _, err := s.Create(b.Context(), a.user, u); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Create(b.Context(), a.session, a.newSession(fmt.Sprintf("session-%d", i), u[0].AsString())); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(b.Context()) // as that of a request
	defer cancel()
	tokens := make([]string, 1000)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("token-session-%d", i)
	}
	b.Run("Store", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			args := []ports.Value{ports.String("sha256:none"), ports.String(tokens[i%1000])}
			rs, err := s.Find(ctx, a.byToken, args)
			if err != nil || len(rs) != 1 || rs[0][a.session.Field("token")].AsString() != tokens[i%1000] {
				b.Fatal(rs, err)
			}
		}
	})
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(50)&_pragma=foreign_keys(1)&_pragma=query_only(1)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxIdleConns(4)
	b.Run("Hand", func(b *testing.B) { benchHand(ctx, b, db, tokens) })
}

type handSession struct {
	ID, UserID, Token, IPAddress, UserAgent string
	ExpiresAt, CreatedAt, UpdatedAt         time.Time
	User                                    handUser
}

type handUser struct {
	ID, Name, Email      string
	EmailVerified        bool
	Image                *string
	CreatedAt, UpdatedAt time.Time
}

func benchHand(ctx context.Context, b *testing.B, db *sql.DB, tokens []string) {
	b.Helper()
	st, err := db.PrepareContext(ctx, `select s.id, s."expiresAt", s.token, s."createdAt", s."updatedAt", s."ipAddress", s."userAgent", s."userId",
		u.id, u.name, u.email, u."emailVerified", u.image, u."createdAt", u."updatedAt"
		from session s join user u on u.id = s."userId" where s.token in (?, ?) order by s.id limit 2`)
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var s handSession
		var ip, agent sql.NullString
		err := st.QueryRowContext(ctx, "sha256:none", tokens[i%1000]).Scan(&s.ID, &s.ExpiresAt, &s.Token, &s.CreatedAt, &s.UpdatedAt, &ip, &agent, &s.UserID,
			&s.User.ID, &s.User.Name, &s.User.Email, &s.User.EmailVerified, &s.User.Image, &s.User.CreatedAt, &s.User.UpdatedAt)
		s.IPAddress, s.UserAgent = ip.String, agent.String
		if err != nil || s.Token != tokens[i%1000] {
			b.Fatal(s, err)
		}
	}
}
