package repocheck_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// alone has the modules that are not in go.work, each with the reason.
var alone = map[string]string{
	"tools/mongostandin": "its many dependencies would raise the versions that everybody else is tested with",
}

// goLine: modules with different go lines stop loading as one workspace.
func goLine(t *testing.T, r *repo) []string {
	want := work(t, r).Go
	if want == nil {
		return []string{"go.work: no go line"}
	}
	var broken []string
	for _, m := range r.modules {
		if m.File.Go == nil || m.File.Go.Version != want.Version {
			broken = append(broken, fmt.Sprintf("%s/go.mod: another go line than go.work's, go %s", m.Dir, want.Version))
		}
	}
	return broken
}

// noReplace: a replace holds only where it is written, so whoever requires the module gets something else.
func noReplace(_ *testing.T, r *repo) []string {
	var broken []string
	for _, m := range r.modules {
		for _, replace := range m.File.Replace {
			broken = append(broken, fmt.Sprintf("%s/go.mod: replaces %s", m.Dir, replace.Old.Path))
		}
	}
	return broken
}

func listed(t *testing.T, r *repo) []string {
	used := map[string]bool{}
	for _, use := range work(t, r).Use {
		used[path.Clean(use.Path)] = true
	}
	var broken []string
	for _, m := range r.modules {
		if want := workspace.Prefix + m.Dir; m.Path() != want {
			broken = append(broken, fmt.Sprintf("%s/go.mod: module %s, want %s", m.Dir, m.Path(), want))
		}
		_, apart := alone[m.Dir]
		switch {
		case apart && used[m.Dir]:
			broken = append(broken, fmt.Sprintf("go.work: uses %s, but %s", m.Dir, alone[m.Dir]))
		case !apart && !used[m.Dir]:
			broken = append(broken, "go.work: lacks "+m.Dir)
		}
		delete(used, m.Dir)
	}
	broken = append(broken, replaced(t, r)...)
	for dir := range used {
		broken = append(broken, "go.work: uses "+dir+", which is no module")
	}
	return broken
}

// replaced: before the first release a module of ours is found only by a line of go.work.
func replaced(t *testing.T, r *repo) []string {
	lines := map[string]string{}
	for _, l := range work(t, r).Replace {
		lines[l.Old.Path+" "+l.Old.Version] = path.Clean(l.New.Path)
	}
	var broken []string
	for _, m := range r.modules {
		for _, need := range m.File.Require {
			dir, own := strings.CutPrefix(need.Mod.Path, workspace.Prefix)
			if own && lines[need.Mod.Path+" "+need.Mod.Version] != dir {
				broken = append(broken, fmt.Sprintf("go.work: lacks replace %s %s => ./%s", need.Mod.Path, need.Mod.Version, dir))
			}
		}
	}
	slices.Sort(broken)
	return slices.Compact(broken)
}

// way is a literal that climbs out of a folder, and tracked a call that go test sees.
var (
	way    = regexp.MustCompile(`"(\.\.(?:/[^"\s]*)?)"`)
	root   = regexp.MustCompile(`\bworkspace\.Root\(`)
	viewed = regexp.MustCompile(`\bworkspace\.Tree\(`)
)

// unseen: go test caches a result although a file outside of the module changed, unless the test opened it by a path
// that begins within the module. See workspace.Tree.
func unseen(t *testing.T, r *repo) []string {
	var broken []string
	for _, file := range r.files {
		if !strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata/") {
			continue
		}
		text := r.read(t, file)
		for _, m := range way.FindAllStringSubmatch(text, -1) {
			if to := path.Join(path.Dir(file), m[1]); !within(to, r.moduleOf(file)) {
				broken = append(broken, file+": reads "+m[1]+", of which go test notices no change; begin the path with os.Getwd")
			}
		}
		if root.MatchString(text) && !viewed.MatchString(text) {
			broken = append(broken, file+": reads below workspace.Root, of which go test notices no change; use workspace.Tree")
		}
	}
	return broken
}

// moduleOf returns the folder of the module that a file belongs to.
func (r *repo) moduleOf(file string) string {
	var found string
	for _, m := range r.modules {
		if within(file, m.Dir) && len(m.Dir) > len(found) {
			found = m.Dir
		}
	}
	return found
}

// within reports whether a path is dir or lies below it.
func within(file, dir string) bool { return file == dir || strings.HasPrefix(file, dir+"/") }

func work(t *testing.T, r *repo) *modfile.WorkFile {
	t.Helper()
	w, err := modfile.ParseWork("go.work", []byte(r.read(t, "go.work")), nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
