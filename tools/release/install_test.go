package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

const installPage = "docs/guides/install.md"

var (
	shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	program    = regexp.MustCompile("(?ms)^```go\n(package main\n.*?)^```$")
	goGet      = regexp.MustCompile(`(?m)^go get .+$`)
)

// blocks returns what a page says in its blocks of one kind.
func blocks(t *testing.T, root, page string, kind *regexp.Regexp) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range kind.FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[len(m)-1])
	}
	return found
}

// A shop is a module of somebody else's, in a shell that ran what the page of installation says in the clone.
type shop struct{ clone, export, dir string }

// sh runs a script as a reader of the pages would, in the module, after the page's own preparation.
func (s shop) sh(t *testing.T, script string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c",
		"cd '"+s.clone+"'\n"+s.export+"cd '"+s.dir+"'\n"+script)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false", "GOBIN="+filepath.Join(s.clone, "bin"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
}

func (s shop) module(t *testing.T) shop {
	t.Helper()
	s.dir = t.TempDir()
	s.sh(t, "go mod init example.com/shop")
	return s
}

// TestInstall follows the pages outside of the workspace, line by line.
func TestInstall(t *testing.T) {
	p := packed(t)
	steps := blocks(t, p.root, installPage, shellBlock)
	if len(steps) != 3 {
		t.Fatalf("%s has %d blocks of commands, want 3: prepare, get, install", installPage, len(steps))
	}
	export, ok := strings.CutPrefix(steps[0], "make pack\n")
	makefile, err := os.ReadFile(filepath.Join(p.root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if !ok || !strings.Contains(string(makefile), "go run ./tools/release pack -o dist/proxy\n") {
		t.Fatalf("%s begins with %q, and make pack must write dist/proxy", installPage, steps[0])
	}
	clone := t.TempDir() // has of a clone what make pack wrote
	if err := os.Mkdir(filepath.Join(clone, "dist"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(p.dir, filepath.Join(clone, "dist", "proxy")); err != nil {
		t.Fatal(err)
	}
	s := shop{clone: clone, export: export}
	t.Run("GetsTheModules", func(t *testing.T) { s.module(t).sh(t, steps[1]) })
	t.Run("InstallsTheProgram", func(t *testing.T) {
		s.module(t).sh(t, steps[2]+"'"+filepath.Join(clone, "bin", "kernia")+"' secret")
	})
	for _, page := range adapterPages(t, p.root) {
		t.Run("BuildsTheProgramOf"+strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) { s.build(t, p.root, page) })
	}
}

// build compiles the first program of an adapter's page with the modules that the page says to get.
func (s shop) build(t *testing.T, root, page string) {
	gets, programs := blocks(t, root, page, goGet), blocks(t, root, page, program)
	if len(gets) != 1 || len(programs) == 0 {
		t.Fatalf("%s: %d lines with go get and %d whole programs, want one", page, len(gets), len(programs))
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "](../guides/install.md)") {
		t.Errorf("%s: no link to %s", page, installPage)
	}
	s = s.module(t)
	put(t, filepath.Join(s.dir, "main.go"), programs[0])
	s.sh(t, gets[0]+"\ngo mod tidy\ngo vet .")
	mod, err := os.ReadFile(filepath.Join(s.dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		direct := len(fields) == 2 && strings.HasPrefix(fields[0], workspace.Prefix)
		if direct && !slices.Contains(strings.Fields(gets[0]), fields[0]) && !strings.HasSuffix(fields[0], "/core") {
			t.Errorf("%s: its program needs %s, which its line with go get does not name", page, fields[0])
		}
	}
}

func adapterPages(t *testing.T, root string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "adapters", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no pages of adapters: %v", err)
	}
	for i, page := range found {
		rel, err := filepath.Rel(root, page)
		if err != nil {
			t.Fatal(err)
		}
		found[i] = filepath.ToSlash(rel)
	}
	return found
}
