package kerniapostgres_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

func TestFailover(t *testing.T) {
	m := newTables(ports.IDText)
	schema := newStoreSchema(t, m)
	pool := newPool(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	demote := func() { // what the connection's server is after it became a standby
		t.Helper()
		run(t, pool, "SET default_transaction_read_only = on")
	}
	t.Run("WritesAgainOnAnotherConnection", func(t *testing.T) {
		demote()
		if _, err := s.Create(t.Context(), m.user, record(m.user, nil)); err != nil {
			t.Errorf("Create after a failover: %v", err)
		}
	})
	t.Run("GivesUpTheConnectionOfATransaction", func(t *testing.T) {
		demote()
		create := func(ctx context.Context) error {
			_, err := s.Create(ctx, m.user, record(m.user, values{"id": ports.String("2"), "email": ports.String("b")}))
			return err
		}
		if err := s.Tx(t.Context(), create); !unavailable(err) || !strings.Contains(err.Error(), "connect to the primary") {
			t.Errorf("Tx on a read-only server: %v", err)
		}
		if err := s.Tx(t.Context(), create); err != nil {
			t.Errorf("Tx after it: %v", err)
		}
	})
	t.Run("IsUnavailableWhileEveryServerIsAStandby", func(t *testing.T) {
		standby := newPool(t, func(c *pgxpool.Config) {
			c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		})
		s := kerniapostgres.New(standby, kerniapostgres.Options{Schema: schema})
		nobody := &ports.Update{Model: m.user, Key: ports.Key{"email"}, Set: []ports.Change{{Field: "name"}}}
		_, _, err := s.Update(t.Context(), nobody, []ports.Value{ports.String("nobody"), ports.String("x")})
		if !unavailable(err) || !strings.Contains(err.Error(), "25006") {
			t.Errorf("an Update of nothing on a standby: %v, want it to be unavailable", err)
		}
		if _, err := s.Find(t.Context(), by(m.user, "id"), []ports.Value{ports.String("x")}); err != nil {
			t.Errorf("Find on a standby: %v", err)
		}
	})
}

// bouncer starts a PgBouncer in transaction mode, which is of Debian 12 and keeps no prepared statements, and returns
// the URL of the database through it.
func bouncer(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("pgbouncer is not installed")
			}
			t.Skip("pgbouncer is not installed")
		}
	}
	server, err := pgx.ParseConfig(need(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	for path := dir; len(path) > len(os.TempDir()); path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil { // pgbouncer refuses to be root
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n%s = host=%s port=%d user=%s\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nunix_socket_dir=\n"+
		"auth_type=any\npool_mode=transaction\ndefault_pool_size=2\n", server.Database, server.Host, server.Port, server.User, port)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, config)
	if os.Geteuid() == 0 {
		cmd = exec.CommandContext(t.Context(), program, "-u", "postgres", config)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", server.User, port, server.Database)
		}
		time.Sleep(50 * time.Millisecond) // a real program starts
	}
	t.Fatalf("pgbouncer does not listen: %s", said.String())
	return ""
}

func TestPoolerWithoutPreparedStatements(t *testing.T) {
	url := bouncer(t)
	m := newTables(ports.IDText)
	schema := newStoreSchema(t, m)
	work := func(t *testing.T, mode string) (failed error) {
		t.Helper()
		config, err := pgxpool.ParseConfig(url + mode)
		if err != nil {
			t.Fatal(err)
		}
		kerniapostgres.Configure(config)
		config.MaxConns = 8
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
		errs := make(chan error, 8)
		for range cap(errs) {
			go func() {
				var failed error
				for range 20 {
					if _, err := s.Find(t.Context(), by(m.user, "id"), []ports.Value{ports.String("x")}); err != nil {
						failed = err
					}
				}
				errs <- failed
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				failed = err
			}
		}
		return failed
	}
	t.Run("NamesTheSettingInItsError", func(t *testing.T) {
		err := work(t, "")
		if err == nil || !strings.Contains(err.Error(), "default_query_exec_mode=exec") {
			t.Errorf("through the pooler as it is: %v, want an error that names the setting", err)
		}
	})
	for _, mode := range []string{"exec", "simple_protocol"} {
		t.Run("Works/"+mode, func(t *testing.T) {
			if err := work(t, "&default_query_exec_mode="+mode); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestMigrateSaysWhatTheServerSaid(t *testing.T) {
	pool := newPool(t)
	schema := newSchema(t, pool, `CREATE TABLE "parent" ("id" text)`, `INSERT INTO "parent" VALUES ('s3cret'), ('s3cret')`)
	parent := model(ports.IDText, "parent", text("name"))
	parent.Fields[1].Default = ports.String("x")
	child := model(ports.IDText, "child", ports.Field{Name: "parentId", Type: ports.TypeString, References: parent})
	parent.Dependents = []ports.Dependent{{Model: child, Field: "parentId"}}
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	_, err := s.Migrate(t.Context(), []*ports.Model{parent, child}, true)
	if err == nil || !strings.Contains(err.Error(), "there is no unique constraint matching given keys for referenced table") ||
		!strings.Contains(err.Error(), `"child"`) || leaks(err, "s3cret") {
		t.Errorf("Migrate = %v, want the server's words and the table", err)
	}
}
