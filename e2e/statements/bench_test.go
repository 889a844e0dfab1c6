package statements_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// BenchmarkVerify verifies a session that is in SQLite: by its token, and by what a guard gets of a browser and of a
// program.
func BenchmarkVerify(b *testing.B) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "app.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	auth := kerniatest.New(b, kernia.Config{Store: kerniasqlite.New(db)}, bearer.Feature{})
	c := kerniatest.SignIn(b, auth, "ann@example.com")
	b.Run("token", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p, err := auth.Verify(b.Context(), c.Session.Token); p == nil || err != nil {
				b.Fatal(p, err)
			}
		}
	})
	for name, header := range map[string]kernia.Header{"cookie": {"Cookie": {c.Cookie}}, "bearer": {"Authorization": {c.Bearer}}} {
		r := &kernia.Request{Method: "GET", Path: "/me", Header: header}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if g := auth.Guard(b.Context(), r, true); g.Denied != nil {
					b.Fatalf("denied: %s", g.Denied.Body)
				}
			}
		})
	}
}
