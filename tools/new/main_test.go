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
	put(t, filepath.Join(root, "go.work"), "go 1.26.0\n\nuse (\n\t"+core+"\n\t"+ports+"\n)\n\n"+
		"replace "+workspace.Prefix+"core v0.0.0 => "+core+"\n\nreplace "+workspace.Prefix+"ports v0.0.0 => "+ports+"\n")
	return root
}

func TestBegin(t *testing.T) {
	root := beside(t)
	for _, c := range []struct{ kind, dir, test, missing string }{
		{"store", "adapters/store/walrus", "TestStore/Migrate", "kerniawalrus: Migrate is not written yet"},
		{"transport", "adapters/http/walrus", "TestTransport/Request", "kerniawalrus: Mount is not written yet"},
	} {
		t.Run(c.kind+"CompilesAndItsKitSaysWhatIsMissing", func(t *testing.T) {
			dir, err := begin(root, c.kind, "walrus")
			if err != nil || dir != c.dir {
				t.Fatalf("begin = %s, %v, want %s", dir, err, c.dir)
			}
			if out, err := run(t, filepath.Join(root, dir), "vet", "./..."); err != nil {
				t.Errorf("go vet: %v\n%s", err, out)
			}
			out, err := run(t, filepath.Join(root, dir), "test", "-run", c.test, ".")
			if err == nil || !strings.Contains(out, c.missing) {
				t.Errorf("go test = %v, without %q:\n%s", err, c.missing, out)
			}
			if _, err := begin(root, c.kind, "walrus"); err == nil {
				t.Error("begun twice")
			}
		})
	}
	t.Run("RejectsWhatIsNoName", func(t *testing.T) {
		for _, name := range []string{"", "Walrus", "two_words", "../x", "1st", "func", "internal"} {
			if dir, err := begin(root, "feature", name); err == nil {
				t.Errorf("begin(%q) = %s", name, dir)
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
