package kerniasqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"modernc.org/sqlite"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

// A counter is a driver.Connector that notes every statement its connections execute.
type counter struct {
	dsn  string
	mu   sync.Mutex
	list []string
}

func (c *counter) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	return countedConn{conn, c}, err
}

func (c *counter) Driver() driver.Driver { return &sqlite.Driver{} }

func (c *counter) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, text)
}

// during returns the first words of the statements that f executes.
func (c *counter) during(f func()) []string {
	c.mu.Lock()
	c.list = nil
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	words := []string{}
	for _, text := range c.list {
		word, _, _ := strings.Cut(text, " ")
		words = append(words, word)
	}
	return words
}

type countedConn struct {
	driver.Conn
	c *counter
}

func (c countedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	st, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	return countedStmt{st, c.c, text}, err
}

func (c countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
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
	c := &counter{dsn: filepath.Join(t.TempDir(), "app.db")}
	db := sql.OpenDB(c)
	defer db.Close()
	s := kerniasqlite.New(db)
	defer closed(t, s)
	a := newAuth()
	ctx := t.Context()
	if _, err := s.Migrate(ctx, a.all(), true); err != nil {
		t.Fatal(err)
	}
	for _, v := range verbs(ctx, s, a) {
		t.Run(v.promise, func(t *testing.T) {
			got := c.during(func() {
				if ok, err := v.call(); !ok || err != nil {
					t.Errorf("%s = %v, %v", v.promise, ok, err)
				}
			})
			if !slices.Equal(got, v.want) {
				t.Errorf("%s executes %q, want %q", v.promise, got, v.want)
			}
		})
	}
}

// A verb is one call and the first words of what it executes.
type verb struct {
	promise string
	call    func() (bool, error)
	want    []string
}

func verbs(ctx context.Context, s *kerniasqlite.Store, a *auth) []verb {
	id := ports.Key{"id"}
	rename := &ports.Update{Model: a.user, Key: id, Set: []ports.Change{{Field: "name"}}}
	takeSession := &ports.Take{Model: a.session, Key: ports.Key{"token"}}
	takeUser := &ports.Take{Model: a.user, Key: id}
	dropSessions := &ports.Delete{Model: a.session, Where: []ports.Condition{{Field: "userId"}}}
	dropUsers := &ports.Delete{Model: a.user, Where: []ports.Condition{{Field: "email"}}}
	begin := []string{"rollback", "begin"}
	return []verb{
		{"Create", func() (bool, error) { _, err := s.Create(ctx, a.user, a.newUser("u")); return true, err }, []string{"insert"}},
		{"CreateWithReference", func() (bool, error) { _, err := s.Create(ctx, a.session, a.newSession("s", "u")); return true, err }, []string{"insert"}},
		{"FindWithFollow", func() (bool, error) {
			rs, err := s.Find(ctx, a.byToken, []ports.Value{ports.String("none"), ports.String("token-s")})
			return len(rs) == 1, err
		}, []string{"select"}},
		{"Count", func() (bool, error) {
			n, err := s.Count(ctx, a.byToken, []ports.Value{ports.String("none"), ports.String("token-s")})
			return n == 1, err
		}, []string{"select"}},
		{"Update", func() (bool, error) {
			_, ok, err := s.Update(ctx, rename, []ports.Value{ports.String("u"), ports.String("Eve")})
			return ok, err
		}, []string{"update"}},
		{"TakeByKey", func() (bool, error) {
			_, ok, err := s.Take(ctx, takeSession, []ports.Value{ports.String("token-s")})
			return ok, err
		}, []string{"delete"}},
		{"Delete", func() (bool, error) {
			n, err := s.Delete(ctx, dropSessions, []ports.Value{ports.String("u")})
			return n == 0, err
		}, []string{"delete"}},
		{"TakeWithReferrers", func() (bool, error) {
			_, ok, err := s.Take(ctx, takeUser, []ports.Value{ports.String("u")})
			return ok, err
		}, append(slices.Clone(begin), "select", "delete", "delete", "delete", "commit")},
		{"DeleteWithReferrersNothing", func() (bool, error) {
			n, err := s.Delete(ctx, dropUsers, []ports.Value{ports.String("none")})
			return n == 0, err
		}, append(slices.Clone(begin), "select", "commit")},
	}
}
