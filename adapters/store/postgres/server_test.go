package kerniapostgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// TestMain runs everything against the server at KERNIA_TEST_POSTGRES_URL or else one that it starts, and says
// which. Without either, examples are left out and tests skip, or fail with CI=true.
func TestMain(m *testing.M) {
	flag.Parse()
	shared.find()
	exampleURL = shared.url
	os.Exit(func() int {
		defer shared.stop()
		defer dropExamples()
		if shared.lack != "" {
			fmt.Println("kerniapostgres: nothing runs here:", shared.lack)
			_ = flag.Set("test.skip", "^Example")
		}
		return m.Run()
	}())
}

// exampleURL is where the server of the examples is.
var exampleURL string

// dropExamples removes what the examples made on a server that outlives them.
func dropExamples() {
	if conn, err := pgx.Connect(context.Background(), exampleURL); err == nil {
		for _, name := range []string{"open", "join"} {
			_, _ = conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+exampleSchema(name)+" CASCADE")
		}
		_ = conn.Close(context.Background())
	}
}

// shared is the one server of this test binary.
var shared = &server{}

// A server is PostgreSQL, started by the tests on throw-away data or somebody's own.
type server struct {
	url  string
	lack string // why there is none
	dir  string
	port int
	cmd  *exec.Cmd
}

// serverURL returns the URL of a server or ends the test: as skipped, or with CI=true as failed.
func serverURL(tb testing.TB) string {
	tb.Helper()
	if shared.lack != "" {
		if os.Getenv("CI") == "true" {
			tb.Fatal(shared.lack)
		}
		tb.Skip(shared.lack)
	}
	return shared.url
}

func version(url string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err.Error()
	}
	defer conn.Close(ctx)
	return "PostgreSQL " + conn.PgConn().ParameterStatus("server_version")
}

// find says where the server is, starting one if need be.
func (s *server) find() {
	if s.url = os.Getenv("KERNIA_TEST_POSTGRES_URL"); s.url != "" {
		fmt.Println("kerniapostgres: the server at KERNIA_TEST_POSTGRES_URL:", version(s.url))
		return
	}
	if err := s.create(); err != nil {
		s.lack = "PostgreSQL is missing, KERNIA_TEST_POSTGRES_URL is not set: " + err.Error()
		return
	}
	fmt.Println("kerniapostgres: a server started for these tests:", version(s.url))
}

// create initialises a data directory and starts a server on it.
func (s *server) create() error {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if path, err := exec.LookPath("postgres"); err == nil {
		bins = append(bins, filepath.Dir(path))
	}
	if len(bins) == 0 {
		return errors.New("there is no /usr/lib/postgresql/*/bin")
	}
	dir, err := os.MkdirTemp("", "kerniapostgres")
	if err != nil {
		return err
	}
	s.dir = dir
	if err := os.Chmod(dir, 0o755); err != nil { // another user looks in
		return err
	}
	bin := bins[len(bins)-1]
	attr, err := s.owner()
	if err != nil {
		return err
	}
	initdb := exec.Command(bin+"/initdb", "-D", dir+"/data", "-U", "postgres", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8")
	initdb.Dir, initdb.SysProcAttr = "/", attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s.url = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
	return s.start(bin, attr)
}

// owner returns how to run as the user postgres, as PostgreSQL refuses to run as root.
func (s *server) owner() (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if os.Getuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} // ids of a user
	return attr, os.Chown(s.dir, uid, gid)
}

func (s *server) start(bin string, attr *syscall.SysProcAttr) error {
	s.cmd = exec.Command(bin+"/postgres", "-D", s.dir+"/data", "-p", strconv.Itoa(s.port), "-k", s.dir, "-h", "127.0.0.1",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	s.cmd.Dir, s.cmd.SysProcAttr = "/", attr
	log, err := os.Create(s.dir + "/log")
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 200 {
		conn, err := pgx.Connect(context.Background(), s.url)
		if err == nil {
			return conn.Close(context.Background())
		}
		time.Sleep(50 * time.Millisecond) // a real server starts
	}
	out, _ := os.ReadFile(s.dir + "/log")
	return fmt.Errorf("the server does not start: %s", out)
}

// halt ends the server and its connections at once, and resume starts it again on the same data and port.
func (s *server) halt() {
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	_ = s.cmd.Wait()
}

func (s *server) resume() error {
	attr, err := s.owner()
	if err != nil {
		return err
	}
	return s.start(filepath.Dir(s.cmd.Path), attr)
}

func (s *server) stop() {
	if s.cmd != nil {
		s.halt()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// newPool returns a pool on the shared server that ends with the test.
func newPool(tb testing.TB, change ...func(*pgxpool.Config)) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(serverURL(tb))
	if err != nil {
		tb.Fatal(err)
	}
	kerniapostgres.Configure(config)
	config.MaxConns = 8
	for _, f := range change {
		f(config)
	}
	pool, err := pgxpool.NewWithConfig(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// newSchema makes an empty schema that ends with the test, fills it with ddl and returns its name.
func newSchema(tb testing.TB, pool *pgxpool.Pool, ddl ...string) string {
	tb.Helper()
	name := fmt.Sprintf("t%d_%d", os.Getpid(), time.Now().UnixNano())
	run(tb, pool, "CREATE SCHEMA "+name)
	tb.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP SCHEMA "+name+" CASCADE") }) //nolint:usetesting // the test's own context has ended
	for _, sql := range ddl {
		run(tb, pool, "SET search_path = "+name+"; "+sql+"; RESET search_path")
	}
	return name
}

func run(tb testing.TB, pool *pgxpool.Pool, sql string) {
	tb.Helper()
	if _, err := pool.Exec(tb.Context(), sql); err != nil {
		tb.Fatalf("%s: %v", strings.TrimSpace(sql[:min(len(sql), 200)]), err)
	}
}

// newStore returns a Store in an empty schema of its own, with models migrated.
func newStore(tb testing.TB, pool *pgxpool.Pool, models ...*ports.Model) *kerniapostgres.Store {
	tb.Helper()
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: newSchema(tb, pool)})
	migrate(tb, s, models...)
	return s
}

func migrate(tb testing.TB, s *kerniapostgres.Store, models ...*ports.Model) ports.Plan {
	tb.Helper()
	plan, err := s.Migrate(tb.Context(), slices.Clone(models), true)
	if err != nil {
		tb.Fatal(err)
	}
	return plan
}
