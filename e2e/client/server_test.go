package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// These bound what a server may take to answer, and to stop.
const (
	starting = 30 * time.Second
	stopping = 15 * time.Second
)

// A program is a server in a process of its own, which can be stopped and started again at the same place.
type program struct {
	t    *testing.T
	addr string
	cmds func() *exec.Cmd // what to start, each time
	in   io.Closer        // held open: some programs end with their input
	cmd  *exec.Cmd
	done chan error
	log  lockedBuffer
}

// launch starts a program and waits until it answers at addr. A test that fails shows what it logged.
func launch(t *testing.T, addr string, cmds func(ctx context.Context) *exec.Cmd) *program {
	t.Helper()
	ctx, cancel := within(t, time.Hour)
	t.Cleanup(cancel) // comes last: the program is stopped as a user would do it
	p := &program{t: t, addr: addr, cmds: func() *exec.Cmd { return group(cmds(ctx)) }}
	t.Cleanup(func() {
		if p.cmd != nil {
			p.stop()
		}
		if t.Failed() {
			t.Logf("the server at %s logged\n%s", addr, p.log.String())
		}
	})
	p.start()
	return p
}

func (p *program) start() {
	p.t.Helper()
	p.cmd = p.cmds()
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = &p.log, &p.log, time.Second
	in, err := p.cmd.StdinPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.in, p.done = in, make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) { done <- cmd.Wait() }(p.cmd, p.done)
	for deadline := time.Now().Add(starting); ; {
		select {
		case err := <-p.done:
			p.cmd = nil
			p.t.Fatalf("the server at %s ended: %v", p.addr, err)
		case <-time.After(20 * time.Millisecond):
		}
		if conn, err := net.DialTimeout("tcp", p.addr, time.Second); err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("nothing answers at %s", p.addr)
		}
	}
}

func (p *program) stop() {
	p.t.Helper()
	cmd := p.cmd
	p.cmd = nil
	_ = p.in.Close()
	_ = cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-p.done:
		if err != nil && !interrupted(err) {
			p.t.Errorf("the server at %s ended: %v", p.addr, err)
		}
	case <-time.After(stopping):
		_ = cmd.Process.Kill()
		<-p.done
		p.t.Errorf("the server at %s does not stop", p.addr)
	}
}

// kill ends the program at once, without a chance to finish anything.
func (p *program) kill() {
	p.t.Helper()
	cmd := p.cmd
	p.cmd = nil
	_ = cmd.Process.Kill()
	<-p.done
}

func (p *program) restart() any {
	p.t.Helper()
	p.stop()
	p.start()
	return true
}

// interrupted reports whether a program ended by the signal itself, without a say in it.
func interrupted(err error) bool {
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // exec returns it as it is
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGINT
}

// A lockedBuffer takes what a process prints while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// place returns a free address on the loopback interface and its URL, as a browser names it.
func place(t *testing.T) (addr, url string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String(), fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

// A binary is a program of this repository, built when it is first used.
type binary struct {
	folder string
	once   sync.Once
	path   string
	err    error
}

var (
	kernia     = &binary{folder: root + "/cmd/kernia"}
	quickstart = &binary{folder: root + "/examples/quickstart"}
)

// root is the repository. A cached result counts until a file changes that the test read, but go test notices that
// only by a path that begins in the test's module.
var root = func() string {
	wd, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return wd + "/../.."
}()

// built is where the binaries are; TestMain makes and removes it.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "kernia-e2e-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		built = dir
		return m.Run()
	}())
}

func (b *binary) build(t *testing.T) string {
	t.Helper()
	b.once.Do(func() {
		if b.err = look(os.DirFS(root)); b.err != nil {
			return
		}
		b.path = filepath.Join(built, filepath.Base(b.folder))
		cmd := exec.Command("go", "build", "-o", b.path, ".")
		cmd.Dir = b.folder
		if out, err := cmd.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("go build in %s: %w\n%s", b.folder, err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

// look lists every folder of Go, so that go test notices a change in what the program is built of.
func look(tree fs.FS) error {
	return fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && slices.Contains([]string{".git", "docs", "node_modules", "dist"}, d.Name()) {
			return fs.SkipDir
		}
		return err
	})
}

// A config is a configuration file of the server.
type config map[string]any

// A server is "kernia serve" with a configuration file.
type server struct {
	*program
	url    string // what clients use: its origin
	path   string
	config string
}

const (
	origin = "http://app.example.com" // of the pages that the servers trust
	secret = "a secret of these tests, of 32 characters and more"
)

// configure writes a configuration, completed by what all of them have, and returns a server that does not run yet.
func configure(t *testing.T, addr, url string, c config) *server {
	t.Helper()
	all := config{
		"addr": addr, "baseURL": url + "/api/auth", "secret": secret, "trustedOrigins": []string{origin},
		"emailAndPassword": config{"enabled": true}, "rateLimit": config{"enabled": false},
	}
	maps.Copy(all, c)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kernia.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &server{url: url, path: kernia.build(t), config: file, program: &program{addr: addr}}
}

// serve starts the server.
func (s *server) serve(t *testing.T) {
	t.Helper()
	s.program = launch(t, s.addr, func(ctx context.Context) *exec.Cmd {
		return s.command(ctx, "serve")
	})
}

// migrate runs "kernia migrate" and returns what it prints.
func (s *server) migrate(t *testing.T) string {
	t.Helper()
	return output(t, s.command(t.Context(), "migrate"))
}

func (s *server) command(ctx context.Context, name string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.path, name, "--config", s.config)
	cmd.Env = environ()
	return cmd
}

// environ is the environment without what configures a server: a test means the settings that it names.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "KERNIA_") })
}
