// Package statements_test counts what the core costs at the driver.
package statements_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync"
	"testing"

	"modernc.org/sqlite"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// A counter is a driver.Connector that keeps the text of every statement its connections execute.
type counter struct {
	dsn  string
	mu   sync.Mutex
	list []string
}

func (c *counter) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	return countedConn{conn, c}, err
}

func (*counter) Driver() driver.Driver { return &sqlite.Driver{} }

func (c *counter) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, text)
}

// during returns the statements that f executes.
func (c *counter) during(f func()) []string {
	c.mu.Lock()
	c.list = nil
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list
}

type countedConn struct {
	driver.Conn
	c *counter
}

func (c countedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	return countedStmt{s, c.c, text}, err
}

func (c countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.c.note("begin")
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c countedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.c.note(text)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (c countedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.c.note(text)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
}

type countedStmt struct {
	driver.Stmt
	c    *counter
	text string
}

func (s countedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.c.note(s.text)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s countedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.c.note(s.text)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func TestStatements(t *testing.T) {
	c := &counter{dsn: "file:" + filepath.Join(t.TempDir(), "app.db")}
	db := sql.OpenDB(c)
	defer db.Close()
	auth := kerniatest.New(t, kernia.Config{Store: kerniasqlite.New(db)}, emailpassword.Feature{})
	ctx := t.Context()
	out, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "password123"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first time statements are prepared
		for _, test := range []struct {
			name string
			want int
			run  func() error
		}{
			{"verifying a session", 1, func() error {
				p, err := auth.Verify(ctx, *out.Token)
				if err == nil && p == nil {
					t.Error("nobody")
				}
				return err
			}},
			{"a guard that verifies a cookie", 1, func() error {
				g := auth.Guard(ctx, &kernia.Request{Method: "GET", Path: "/me", Header: kernia.Header{"Cookie": {auth.Sessions.Cookie(*out.Token)}}}, true)
				if g.Denied != nil {
					t.Errorf("denied: %s", g.Denied.Body)
				}
				return nil
			}},
			{"signing in", 3, func() error {
				_, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password123"})
				return err
			}},
		} {
			got := c.during(func() {
				if err := test.run(); err != nil {
					t.Fatalf("%s: %v", test.name, err)
				}
			})
			if len(got) != test.want {
				t.Errorf("%s takes %d statements, want %d: %q", test.name, len(got), test.want, got)
			}
		}
	}
}
