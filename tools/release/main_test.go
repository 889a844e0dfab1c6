package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// unwanted has what no adapter brings along: drivers of the same databases, the server that stands in for MongoDB in
// tests, and an assertion library.
var unwanted = []string{
	"github.com/mattn/go-sqlite3", "github.com/lib/pq", "github.com/FerretDB/FerretDB", "github.com/stretchr/testify/assert",
}

// families returns what each adapter stands on, by its folder: the modules that it requires itself and that are not
// ours. Whoever takes one adapter gets its family and none of the others'.
func families(modules []workspace.Module) map[string][]string {
	found := map[string][]string{"": unwanted} // nobody's
	for _, m := range modules {
		if !strings.HasPrefix(m.Dir, "adapters/") {
			continue
		}
		for _, need := range m.File.Require {
			if !need.Indirect && !strings.HasPrefix(need.Mod.Path, workspace.Prefix) {
				found[m.Dir] = append(found[m.Dir], need.Mod.Path)
			}
		}
	}
	return found
}

// A proxy is one pack of the repository, and how to use it.
type proxy struct {
	root, dir, version string
	modules            []workspace.Module
	gopath             string // the configured proxies
}

func packed(t *testing.T) proxy {
	t.Helper()
	root, err := workspace.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := workspace.Tree(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := workspace.Files(tree); err != nil { // go test notices changes in what was listed
		t.Fatal(err)
	}
	p := proxy{root: root, dir: t.TempDir()}
	if p.modules, err = workspace.Modules(root); err != nil {
		t.Fatal(err)
	}
	if p.version, err = pack(root, p.dir); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	p.gopath = strings.TrimSpace(string(out))
	t.Cleanup(p.forget)
	return p
}

// forget removes what this version left in the module cache, where nobody would ask for it again.
func (p proxy) forget() {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return
	}
	cache := strings.TrimSpace(string(out))
	for _, m := range p.modules {
		path := filepath.FromSlash(m.Path())
		extracted := filepath.Join(cache, path+"@"+p.version)
		_ = filepath.WalkDir(extracted, func(path string, _ os.DirEntry, err error) error {
			if err == nil {
				_ = os.Chmod(path, 0o700) // the cache is read-only
			}
			return nil
		})
		_ = os.RemoveAll(extracted)
		downloads, _ := filepath.Glob(filepath.Join(cache, "cache", "download", path, "@v", p.version+".*"))
		for _, d := range downloads {
			_ = os.Remove(d)
		}
	}
}

// run runs go outside of the workspace, as somebody who has only the packed modules.
func (p proxy) run(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -buildvcs=false", "GOSUMDB=off", "GONOSUMDB=*",
		"GONOPROXY=none", "GOPRIVATE=", "GOPROXY=file://"+filepath.ToSlash(p.dir)+","+p.gopath)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestPack(t *testing.T) {
	p := packed(t)
	t.Run("NamesEachStateDifferently", func(t *testing.T) {
		root := t.TempDir()
		text := "module " + workspace.Prefix + "ports\n\ngo 1.26.0\n"
		for name, text := range map[string]string{"ports/go.mod": text, "ports/ports.go": "package ports\n", "LICENSE": "MIT\n"} {
			put(t, filepath.Join(root, name), text)
		}
		first, err := pack(root, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		again, err := pack(root, t.TempDir())
		if err != nil || again != first {
			t.Errorf("the same again = %s, %v, want %s", again, err, first)
		}
		put(t, filepath.Join(root, "ports/ports.go"), "package ports\n\n// changed\n")
		if changed, err := pack(root, t.TempDir()); err != nil || changed == first {
			t.Errorf("changed = %s, %v, want another version than %s", changed, err, first)
		}
	})
	t.Run("BuildsEachModuleAlone", func(t *testing.T) {
		for _, m := range p.modules {
			if m.Dir == "tools/mongostandin" || m.Dir == "tools" {
				continue // need none of the others and are built by their own tests
			}
			t.Run(m.Dir, func(t *testing.T) { buildAlone(t, p, m) })
		}
	})
	t.Run("GivesAnAdapterItsOwnFamilyOnly", func(t *testing.T) {
		for _, m := range p.modules {
			if strings.HasPrefix(m.Dir, "adapters/") {
				t.Run(m.Dir, func(t *testing.T) { consume(t, p, m) })
			}
		}
	})
}

// buildAlone builds a copy of a module that requires the others at the packed version.
func buildAlone(t *testing.T, p proxy, m workspace.Module) {
	dir := t.TempDir()
	files, err := collect(p.root, m.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f.disk)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, filepath.FromSlash(f.name)), string(text))
	}
	gomod, err := stamp(m.File, p.version)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "go.mod"), string(gomod))
	out, err := p.run(dir, "list", "-deps", "-test", "./...")
	if err != nil {
		t.Fatalf("GOWORK=off go list in %s: %v\n%s", m.Dir, err, out)
	}
	for line := range strings.Lines(out) {
		// The workspace hides a missing requirement, and -mod=mod adds it without a word.
		if path, ok := strings.CutPrefix(line, "go: finding module for package "); ok {
			t.Errorf("%s/go.mod: requires no module with %s", m.Dir, strings.TrimSpace(path))
		}
	}
	if out, err := p.run(dir, "build", "-o", os.DevNull, "./..."); err != nil {
		t.Errorf("GOWORK=off go build ./... in %s: %v\n%s", m.Dir, err, out)
	}
}

// consume builds a program of somebody else's that imports one adapter, and looks at what came with it.
func consume(t *testing.T, p proxy, m workspace.Module) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/consumer\n\ngo %s\n\nrequire %s %s\n",
		m.File.Go.Version, m.Path(), p.version))
	put(t, filepath.Join(dir, "main.go"), fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", m.Path()))
	if out, err := p.run(dir, "build", "-o", os.DevNull, "."); err != nil {
		t.Fatalf("a consumer of %s does not build: %v\n%s", m.Dir, err, out)
	}
	graph, err := p.run(dir, "list", "-m", "all")
	if err != nil {
		t.Fatalf("go list -m all: %v\n%s", err, graph)
	}
	for _, what := range strangers(m.Dir, graph, families(p.modules)) {
		t.Errorf("a consumer of %s gets %s too", m.Dir, what)
	}
}

// strangers returns the modules of a graph that belong to another adapter's family, or are another adapter.
func strangers(adapter, graph string, families map[string][]string) []string {
	var found []string
	for line := range strings.Lines(graph) {
		path, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if rest, ok := strings.CutPrefix(path, workspace.Prefix); ok && strings.HasPrefix(rest, "adapters/") && rest != adapter {
			found = append(found, path)
		}
		for of, family := range families {
			foreign := of != adapter && slices.ContainsFunc(family, func(f string) bool {
				return path == f || strings.HasPrefix(path, f+"/")
			})
			if foreign && !slices.Contains(families[adapter], path) {
				found = append(found, path)
			}
		}
	}
	return found
}

func TestStrangers(t *testing.T) {
	t.Run("FindsForeignFamiliesAndAdapters", func(t *testing.T) {
		graph := "example.com/consumer\n" + workspace.Prefix + "adapters/http/chi v1\n" + workspace.Prefix + "core v1\n" +
			"github.com/go-chi/chi/v5 v5.5.0\ngithub.com/labstack/echo/v4 v4.16.0\n" + workspace.Prefix + "adapters/http/fiber v1\n"
		got := strangers("adapters/http/chi", graph, map[string][]string{
			"adapters/http/chi": {"github.com/go-chi/chi/v5"}, "adapters/http/echo": {"github.com/labstack/echo/v4"},
		})
		want := []string{"github.com/labstack/echo/v4", workspace.Prefix + "adapters/http/fiber"}
		if !slices.Equal(got, want) {
			t.Errorf("strangers = %q, want %q", got, want)
		}
	})
	t.Run("KnowsEveryAdaptersFamily", func(t *testing.T) {
		root, err := workspace.Root(".")
		if err != nil {
			t.Fatal(err)
		}
		modules, err := workspace.Modules(root)
		if err != nil {
			t.Fatal(err)
		}
		of := families(modules)
		for _, m := range modules {
			if strings.HasPrefix(m.Dir, "adapters/") && len(of[m.Dir]) == 0 {
				t.Errorf("%s/go.mod: requires no framework and no driver", m.Dir)
			}
		}
	})
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
