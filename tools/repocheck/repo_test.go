package repocheck_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// A check returns what breaks one promise, each as "place: what is wrong".
type check struct {
	promise string // in the present tense; in lower case the name of its broken tree in testdata
	broken  func(t *testing.T, r *repo) []string
}

var checks = []check{
	{"AgreesOnOneGoLine", goLine},
	{"ReplacesNoModule", noReplace},
	{"ListsEveryModule", listed},
	{"ImportsOnlyInward", imports},
	{"KeepsFeaturesWhole", features},
	{"KeepsAdaptersWhole", adapters},
	{"StartsEveryServer", servers},
	{"ShowsAnExample", examples},
	{"DocumentsWhatItExports", documented},
	{"KeepsFilesShort", short},
	{"SaysNoForbiddenWord", words},
	{"TestsEveryAttackItClaims", attacks},
	{"LinksToWhatIsThere", links},
	{"LinksEveryPage", pages},
	{"KeepsAChangelog", changelog},
	{"HoldsItsChecklists", boxes},
	{"SeesWhatItReads", unseen},
}

func TestRepository(t *testing.T) {
	root, err := workspace.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := workspace.Tree(root)
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, root, tree)
	for _, c := range checks {
		t.Run(c.promise, func(t *testing.T) {
			for _, b := range c.broken(t, r) {
				t.Error(b)
			}
		})
	}
}

// TestChecks holds each check against a tree that breaks its promise in every way it knows: testdata/PROMISE.txt
// has the files, each after a line "-- name --", and before the first of them what the check must say.
func TestChecks(t *testing.T) {
	for _, c := range checks {
		t.Run(c.promise, func(t *testing.T) {
			want, root := fixture(t, c.promise)
			t.Setenv("GOWORK", "") // the tree's own, wherever this test runs
			t.Setenv("GOFLAGS", "")
			got := c.broken(t, open(t, root, os.DirFS(root)))
			slices.Sort(got)
			slices.Sort(want)
			if len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("the check says\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		})
	}
}

func fixture(t *testing.T, promise string) (want []string, root string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", strings.ToLower(promise)+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	var name string
	files := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(rest, " --\n")
			files[name] = ""
		} else if name != "" {
			files[name] += line
		} else if line = strings.TrimSpace(line); line != "" {
			want = append(want, line)
		}
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return want, root
}

// A repo is the tree under test.
type repo struct {
	root     string
	tree     fs.FS
	files    []string // relative, with slashes, sorted
	modules  []workspace.Module
	promises []string
	pkgs     []pkg // filled by packages
}

func open(t *testing.T, root string, tree fs.FS) *repo {
	t.Helper()
	files, err := workspace.Files(tree)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := workspace.Modules(root)
	if err != nil {
		t.Fatal(err)
	}
	r := &repo{root: root, tree: tree, files: files, modules: modules}
	for _, c := range checks {
		r.promises = append(r.promises, c.promise)
	}
	return r
}

func (r *repo) read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(r.tree, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (r *repo) has(name string) bool { return slices.Contains(r.files, name) }
