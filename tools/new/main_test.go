package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// beside returns a workspace of this one's core and ports, in which new folders harm nobody.
func beside(t *testing.T) string {
	t.Helper()
	from, err := workspace.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := workspace.Tree(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"core", "ports"} { // go test notices changes in what was listed
		list := func(_ string, _ fs.DirEntry, err error) error { return err }
		if err := fs.WalkDir(tree, dir, list); err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	core, ports := strconv.Quote(filepath.Join(from, "core")), strconv.Quote(filepath.Join(from, "ports"))
	put(t, filepath.Join(root, "go.work"), "go 1.26.0\n\nuse (\n\t"+core+"\n\t"+ports+"\n\t./core/feature\n)\n\n"+
		"replace "+workspace.Prefix+"core v0.0.0 => "+core+"\n\nreplace "+workspace.Prefix+"ports v0.0.0 => "+ports+"\n")
	// A feature is a package of core, which is not to be written to. Here its folder is a module of its own.
	features := filepath.Join(root, "core", "feature")
	if err := os.MkdirAll(features, 0o750); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(features, "go.mod"), "module "+workspace.Prefix+"core/feature\n\ngo 1.26.0\n\nrequire "+workspace.Prefix+"core v0.0.0\n")
	return root
}

func TestBegin(t *testing.T) {
	root := beside(t)
	t.Run("MakesWhatCompilesAndWhoseKitSaysWhatIsMissing", func(t *testing.T) {
		var folders []string
		for _, c := range []struct{ kind, want string }{
			{"store", "./adapters/store/walrus"}, {"transport", "./adapters/http/walrus"}, {"feature", "./core/feature/walrus"},
		} {
			dir, err := begin(root, c.kind, "walrus")
			if err != nil || "./"+dir != c.want {
				t.Fatalf("begin %s = %s, %v, want %s", c.kind, dir, err, c.want)
			}
			if _, err := begin(root, c.kind, "walrus"); err == nil {
				t.Errorf("%s begun twice", c.kind)
			}
			folders = append(folders, c.want)
		}
		if out, err := run(t, root, append([]string{"vet"}, folders...)...); err != nil {
			t.Fatalf("go vet: %v\n%s", err, out)
		}
		some := "(TestStore|TestTransport|TestGreet|TestFeature)/(Migrate|Request|Error)" // of the kits' groups
		out, _ := run(t, root, append([]string{"test", "-vet=off", "-run", some}, folders...)...)
		for _, want := range []string{
			"kerniawalrus: Migrate is not written yet", "kerniawalrus: Mount is not written yet", "walrus: greet is not written yet",
			"POST /walrus/greet (sample 0): got 500",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("go test does not say %q:\n%s", want, out)
			}
		}
	})
	t.Run("RejectsWhatIsNoName", func(t *testing.T) {
		for _, name := range []string{"", "Walrus", "two_words", "../x", "1st", "func", "internal"} {
			if dir, err := begin(root, "feature", name); err == nil {
				t.Errorf("begin(%q) = %s", name, dir)
			}
		}
	})
	t.Run("NamesGuidesThatAreThere", func(t *testing.T) {
		from, err := workspace.Root(".")
		if err != nil {
			t.Fatal(err)
		}
		for kind, page := range guides {
			if _, err := os.Stat(filepath.Join(from, page)); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	})
	t.Run("RejectsAnUnknownKind", func(t *testing.T) {
		for _, kind := range []string{"", "adapter", "store/adapters", ".."} {
			if dir, err := begin(root, kind, "x"); err == nil {
				t.Errorf("begin(%q) = %s", kind, dir)
			}
		}
	})
}

// run runs go in a folder.
func run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
