package repocheck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// coreMay has the modules that the core may stand on.
var coreMay = []string{"golang.org/x/crypto", "golang.org/x/text", "github.com/go-jose/go-jose/v4"}

// beneath has what those modules need themselves.
var beneath = []string{"golang.org/x/sys"}

// A pkg is what go list says of a package.
type pkg struct {
	ImportPath, Dir, Name                    string
	Standard                                 bool
	Imports, TestImports, XTestImports       []string
	Deps, GoFiles, TestGoFiles, XTestGoFiles []string
	Module                                   *module
}

// A module is what go list says of a module.
type module struct{ Path, GoMod string }

// rel is the folder within the repository, as core/feature/bearer.
func (p *pkg) rel() string { return strings.TrimPrefix(p.ImportPath, workspace.Prefix) }

func (p *pkg) tests() []string { return slices.Concat(p.TestImports, p.XTestImports) }

// kit reports whether the package exists for tests: storetest, transporttest.
func (p *pkg) kit() bool { return strings.HasSuffix(p.ImportPath, "test") }

func ours(path string) bool { return strings.HasPrefix(path, workspace.Prefix) }

func under(path, dir string) bool {
	rel := strings.TrimPrefix(path, workspace.Prefix)
	return rel == dir || strings.HasPrefix(rel, dir+"/")
}

// imports holds the dependency rule against what is really imported, however indirectly.
func imports(t *testing.T, r *repo) []string {
	all := r.packages(t)
	moduleOf := map[string]string{}
	for _, p := range all {
		if p.Module != nil && !p.Standard {
			moduleOf[p.ImportPath] = p.Module.Path
		}
	}
	broken := frameworks(t, all)
	for _, p := range all {
		if !ours(p.ImportPath) {
			continue
		}
		for _, what := range slices.Concat(inward(p, moduleOf), islands(p, moduleOf), untested(p)) {
			broken = append(broken, p.rel()+": "+what)
		}
	}
	slices.Sort(broken)
	return slices.Compact(broken)
}

// inward is the rule for ports and core.
func inward(p pkg, moduleOf map[string]string) []string {
	var may, never []string
	switch {
	case under(p.ImportPath, "ports"):
		never = []string{"net/http", "database/sql"}
	case under(p.ImportPath, "core/nethttp") || under(p.ImportPath, "core") && p.kit():
		may, never = coreMay, []string{"database/sql"}
	case under(p.ImportPath, "core"):
		may, never = coreMay, []string{"net/http", "database/sql"}
	default:
		return nil
	}
	var broken []string
	for _, path := range slices.Concat(p.Imports, p.Deps) {
		module := moduleOf[path]
		switch {
		case slices.Contains(never, path):
			broken = append(broken, "reaches "+path)
		case under(p.ImportPath, "ports") && ours(path) && !under(path, "ports"):
			broken = append(broken, "reaches "+strings.TrimPrefix(path, workspace.Prefix))
		case module != "" && !ours(path) && !slices.Contains(slices.Concat(may, beneathOf(may)), module):
			broken = append(broken, "reaches "+module)
		}
	}
	return broken
}

func beneathOf(may []string) []string {
	if len(may) == 0 {
		return nil
	}
	return beneath
}

// islands is the rule for features and adapters, which know what is further in and never each other.
func islands(p pkg, moduleOf map[string]string) []string {
	var broken []string
	feature := featureOf(p.ImportPath)
	for _, path := range slices.Concat(p.Imports, p.Deps) {
		if other := featureOf(path); feature != "" && other != "" && other != feature {
			broken = append(broken, "reaches the feature "+other)
		}
		if under(p.ImportPath, "adapters/store") && under(path, "core") {
			broken = append(broken, "reaches the core")
		}
	}
	program := slices.ContainsFunc([]string{"cmd", "examples", "e2e", "tools"}, func(dir string) bool {
		return under(p.ImportPath, dir)
	})
	own := moduleOf[p.ImportPath]
	for _, path := range slices.Concat(p.Imports, p.tests()) {
		if under(path, "adapters") && !program && path != own && !strings.HasPrefix(path, own+"/") {
			broken = append(broken, "imports the adapter "+strings.TrimPrefix(path, workspace.Prefix))
		}
		if under(p.ImportPath, "adapters/store") && under(path, "core") {
			broken = append(broken, "reaches the core")
		}
	}
	return broken
}

// frameworks says which transports stand on more than one framework. What the framework itself requires is part of
// it, as fasthttp is of fiber.
func frameworks(t *testing.T, all []pkg) []string {
	moduleOf := map[string]*module{}
	for _, p := range all {
		moduleOf[p.ImportPath] = p.Module
	}
	var broken []string
	for _, p := range all {
		if !under(p.ImportPath, "adapters/http") && !under(p.ImportPath, "adapters/rpc") {
			continue
		}
		found := map[string]string{}
		for _, path := range p.Imports {
			if m := moduleOf[path]; m != nil && !ours(path) {
				found[m.Path] = m.GoMod
			}
		}
		paths := slices.Sorted(maps.Keys(found))
		if len(paths) > 1 && !slices.ContainsFunc(paths, func(one string) bool { return covers(t, one, found[one], paths) }) {
			broken = append(broken, p.rel()+": stands on more than one framework: "+strings.Join(paths, ", "))
		}
	}
	return broken
}

// covers reports whether a module is, or requires, each of the others.
func covers(t *testing.T, one, gomod string, all []string) bool {
	t.Helper()
	text, err := os.ReadFile(gomod)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.ParseLax(gomod, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{one: true}
	for _, need := range file.Require {
		has[need.Mod.Path] = true
	}
	return !slices.ContainsFunc(all, func(path string) bool { return !has[path] })
}

// featureOf returns bearer for core/feature/bearer and for what lies in it.
func featureOf(path string) string {
	rest, ok := strings.CutPrefix(path, workspace.Prefix+"core/feature/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// untested: package testing registers flags and, in a program, is dead weight; only kits import it.
func untested(p pkg) []string {
	if p.kit() || under(p.ImportPath, "e2e") || under(p.ImportPath, "tools") {
		return nil
	}
	var broken []string
	for _, path := range p.Imports {
		if path == "testing" || strings.HasPrefix(path, "testing/") || ours(path) && strings.HasSuffix(path, "test") {
			broken = append(broken, "imports "+strings.TrimPrefix(path, workspace.Prefix)+" outside of tests")
		}
	}
	return broken
}

// packages returns every package of the workspace and all that they need.
func (r *repo) packages(t *testing.T) []pkg {
	t.Helper()
	if r.pkgs != nil {
		return r.pkgs
	}
	for _, m := range r.modules {
		if _, apart := alone[m.Dir]; apart {
			continue
		}
		cmd := exec.Command("go", "list", "-deps", "-json="+
			"ImportPath,Dir,Name,Standard,Imports,TestImports,XTestImports,Deps,GoFiles,TestGoFiles,XTestGoFiles,Module", "./...")
		cmd.Dir = filepath.Join(r.root, m.Dir)
		out, err := cmd.Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		if err != nil {
			t.Fatalf("go list in %s: %v", m.Dir, err)
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); ; {
			var p pkg
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			r.pkgs = append(r.pkgs, p)
		}
	}
	return r.pkgs
}
