package client_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// scripts is the folder of the JavaScript.
const scripts = "../js"

// oldest is the first major version of Node that will do.
const oldest = 20

// need skips a test that lacks something of the machine, and fails it on a machine that is to have everything.
func need(t *testing.T, lack string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("this machine lacks %s", lack)
	}
	t.Skipf("skipped: this machine lacks %s", lack)
}

// node returns the path of Node, whose version is new enough, and that of npm.
func node(t *testing.T) (node, npm string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		need(t, "node")
	}
	if npm, err = exec.LookPath("npm"); err != nil {
		need(t, "npm")
	}
	version := output(t, exec.CommandContext(t.Context(), node, "--version"))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, _ := strconv.Atoi(major); n < oldest {
		need(t, "node "+strconv.Itoa(oldest)+" or newer, it has "+version)
	}
	return node, npm
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("KERNIA_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	need(t, "chromium (or its path in KERNIA_TEST_CHROMIUM)")
	return ""
}

// installing is how long the packages may take, with a native one to compile.
const installing = 10 * time.Minute

var installs sync.Mutex

// stage copies a folder of JavaScript to a temporary one and links the packages into it that its lock file names.
// They are installed once and kept outside of the tree, since one of them takes more than a minute to compile.
func stage(t *testing.T, folder string) string {
	t.Helper()
	node, npm := node(t)
	dir := filepath.Join(t.TempDir(), "js")
	if err := os.CopyFS(dir, sources(t, folder)); err != nil {
		t.Fatal(err)
	}
	installs.Lock()
	defer installs.Unlock()
	packages := filepath.Join(install(t, node, npm, dir), "node_modules")
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// install returns the folder that holds the packages of the lock file in dir.
func install(t *testing.T, node, npm, dir string) string {
	t.Helper()
	sum := sha256.New()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(text)
	}
	sum.Write([]byte(output(t, exec.CommandContext(t.Context(), node, "-p", "[process.versions.modules, process.platform, process.arch]"))))
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	done := filepath.Join(cache, "kernia", "e2e-"+hex.EncodeToString(sum.Sum(nil))[:16])
	if _, err := os.Stat(done); err == nil {
		return done
	}
	if err := os.MkdirAll(filepath.Dir(done), 0o750); err != nil {
		t.Fatal(err)
	}
	begun, err := os.MkdirTemp(filepath.Dir(done), "installing-") //nolint:usetesting // on the same disk, to be renamed
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(begun)
	if err := os.CopyFS(begun, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	t.Logf("installing the packages of %s, which are kept in %s", dir, done)
	npmCI(t, npm, begun)
	if err := os.Rename(begun, done); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return done
}

func npmCI(t *testing.T, npm, dir string) {
	t.Helper()
	ctx, cancel := within(t, installing)
	defer cancel()
	cmd := group(exec.CommandContext(ctx, npm, "ci", "--no-audit", "--no-fund"))
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// sources is a folder without what was installed into it.
func sources(t *testing.T, folder string) fs.FS {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err == nil {
		return without{os.DirFS(folder), "node_modules"}
	}
	return os.DirFS(folder)
}

// without is a file system that does not list one name.
type without struct {
	fs.FS
	name string
}

func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(w.FS, name)
	var kept []fs.DirEntry
	for _, e := range all {
		if e.Name() != w.name {
			kept = append(kept, e)
		}
	}
	return kept, err
}

// output runs a command and returns what it prints, which is short.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &stderr, time.Second
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(cmd.Path), err, out, stderr.Bytes())
	}
	return strings.TrimSpace(string(out))
}
