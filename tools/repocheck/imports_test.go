package repocheck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// coreMay has the modules that the core may stand on.
var coreMay = []string{"golang.org/x/crypto", "golang.org/x/text", "github.com/go-jose/go-jose/v4"}

// beneath has what those modules need themselves.
var beneath = []string{"golang.org/x/sys"}

// engines has what an adapter may import beside its one framework or driver.
var engines = map[string][]string{
	"adapters/http/fiber": {"github.com/valyala/fasthttp"},                                             // fiber's own engine
	"adapters/rpc/grpc":   {"google.golang.org/protobuf", "google.golang.org/genproto/googleapis/rpc"}, // its messages
}

// beside returns the engines of the adapter that a package belongs to.
func beside(rel string) []string {
	for dir, modules := range engines {
		if rel == dir || strings.HasPrefix(rel, dir+"/") {
			return modules
		}
	}
	return nil
}

// A pkg is what go list says of a package.
type pkg struct {
	ImportPath, Dir, Name                    string
	Standard                                 bool
	Imports, TestImports, XTestImports       []string
	Deps, GoFiles, TestGoFiles, XTestGoFiles []string
	Module                                   *struct{ Path string }
}

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
	var broken []string
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
	if under(p.ImportPath, "adapters/http") || under(p.ImportPath, "adapters/rpc") {
		broken = append(broken, frameworks(p, moduleOf)...)
	}
	return broken
}

// frameworks says where a transport stands on more than one framework.
func frameworks(p pkg, moduleOf map[string]string) []string {
	found := map[string]bool{}
	for _, path := range p.Imports {
		module := moduleOf[path]
		if module != "" && !ours(path) && !slices.Contains(beside(p.rel()), module) {
			found[module] = true
		}
	}
	if len(found) > 1 {
		return []string{"stands on more than one framework: " + strings.Join(slices.Sorted(maps.Keys(found)), ", ")}
	}
	return nil
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
