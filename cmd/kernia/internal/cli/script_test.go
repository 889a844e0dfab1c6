package cli

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kernia-go/kernia/cmd/kernia/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kernia": func() { os.Exit(Main(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) },
		"http":   request,
		"sql":    statements,
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, params(testscript.Params{Dir: "testdata"}))
}

// params adds what all scripts have.
func params(p testscript.Params) testscript.Params {
	p.RequireExplicitExec, p.RequireUniqueNames = true, true
	p.Cmds = map[string]func(ts *testscript.TestScript, neg bool, args []string){"start": start, "stop": stop, "exits": exits}
	return p
}

// A process is a server that a script started.
type process struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

var servers sync.Map // of one script each: *testscript.TestScript to *process

// start runs a command in the background until it says where it listens, which goes into $URL and $ADDR.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start COMMAND [ARGS]")
	}
	bin, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator)) // where testscript has our commands
	p := &process{cmd: exec.Command(filepath.Join(bin, args[0]), args[1:]...)}
	p.cmd.Dir, p.cmd.Stderr = ts.MkAbs("."), &p.log
	for _, name := range slices.Concat([]string{"PATH", "HOME", "TMPDIR"}, variables()) {
		if v := ts.Getenv(name); v != "" {
			p.cmd.Env = append(p.cmd.Env, name+"="+v)
		}
	}
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(func() { _ = p.cmd.Process.Kill() })
	late := time.AfterFunc(2*time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = p.cmd.Wait()
		ts.Fatalf("%v said %q: %v\n%s", args, line, err, p.log.String())
	}
	ts.Setenv("URL", url)
	ts.Setenv("ADDR", strings.TrimPrefix(url, "http://"))
	servers.Store(ts, p)
}

// variables are those that the configuration can come from.
func variables() []string {
	var all []string
	for _, k := range config.Keys() {
		if v := k.Variable(); v != "" {
			all = append(all, v)
		}
	}
	return all
}

// stop tells the server to end, and writes its log to the file "log".
func stop(ts *testscript.TestScript, neg bool, args []string) {
	v, ok := servers.LoadAndDelete(ts)
	if neg || len(args) > 0 || !ok {
		ts.Fatalf("usage: stop, after start")
	}
	p := v.(*process)
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	late := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	err := p.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("log"), p.log.Bytes(), 0o600))
	if err != nil {
		ts.Fatalf("the server ended with %v\n%s", err, p.log.String())
	}
}

// exits runs a command that must end with a certain exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("%v ended with exit code %d, want %s", args[1:], got, want)
	}
}

// request is the command http: METHOD URL [-d BODY] [-H LINE]... [-jar FILE]. It prints status, headers and body;
// cookies come from the jar and go there.
func request() {
	if err := send(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func send(args []string) error {
	if len(args) < 2 || len(args)%2 != 0 {
		return errors.New("usage: http METHOD URL [-d BODY] [-H LINE]... [-jar FILE]")
	}
	req, err := http.NewRequest(args[0], args[1], nil)
	if err != nil {
		return err
	}
	jar := ""
	for i := 2; i < len(args); i += 2 {
		switch v := args[i+1]; args[i] {
		case "-d":
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(v)), nil }
			req.ContentLength = int64(len(v))
			req.Header.Set("Content-Type", "application/json")
		case "-H":
			name, text, _ := strings.Cut(v, ": ")
			req.Header.Add(name, text)
		case "-jar":
			jar = v
		default:
			return fmt.Errorf("unknown flag %s", args[i])
		}
	}
	if jar != "" {
		if kept, err := os.ReadFile(jar); err == nil && len(kept) > 0 {
			req.Header.Set("Cookie", strings.Join(strings.Fields(string(kept)), "; "))
		}
	}
	resp, err := patiently(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if jar != "" {
		if err := keep(jar, resp.Cookies()); err != nil {
			return err
		}
	}
	fmt.Println(resp.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, v := range resp.Header[name] {
			fmt.Printf("%s: %s\n", name, v)
		}
	}
	fmt.Println()
	_, err = io.Copy(os.Stdout, resp.Body)
	fmt.Println()
	return err
}

// patiently sends a request, and sends it again while it is answered by 503: on a machine under load a password may be
// hashed for longer than the server gives a request.
func patiently(req *http.Request) (resp *http.Response, err error) {
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 10 {
		if req.GetBody != nil {
			req.Body, _ = req.GetBody()
		}
		if resp, err = client.Do(req); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
			return resp, err
		}
		_ = resp.Body.Close()
	}
	return nil, errors.New("nothing but 503")
}

// statements is the command sql: FILE STATEMENT... on an SQLite database.
func statements() {
	db, err := sql.Open("sqlite", "file:"+os.Args[1])
	for _, s := range os.Args[2:] {
		if err == nil {
			_, err = db.Exec(s)
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// keep writes the cookies of an answer over those in the jar.
func keep(jar string, cookies []*http.Cookie) error {
	kept := map[string]string{}
	old, _ := os.ReadFile(jar)
	for line := range strings.FieldsSeq(string(old)) {
		name, value, _ := strings.Cut(line, "=")
		kept[name] = value
	}
	for _, c := range cookies {
		kept[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(kept, c.Name)
		}
	}
	var b strings.Builder
	for name, value := range kept {
		fmt.Fprintf(&b, "%s=%s\n", name, value)
	}
	return os.WriteFile(jar, []byte(b.String()), 0o600)
}
