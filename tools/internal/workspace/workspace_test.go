package workspace_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// reader is a test of a module tools that reads a page beside that module.
const reader = `package workspace_test

import (
	"io/fs"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

func TestPage(t *testing.T) {
	root, err := workspace.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := workspace.Tree(root)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(tree, "docs/page.md"); err != nil || string(text) != "right" {
		t.Errorf("the page is %q, %v", text, err)
	}
}
`

func TestTree(t *testing.T) {
	t.Run("RunsATestAgainWhenWhatItReadHasChanged", func(t *testing.T) {
		root := t.TempDir()
		for name, text := range map[string]string{
			"go.work":                              "go 1.26.0\n\nuse ./tools\n",
			"tools/go.mod":                         read(t, "../../go.mod"),
			"tools/go.sum":                         read(t, "../../go.sum"),
			"tools/internal/workspace/tree.go":     read(t, "workspace.go"),
			"tools/internal/workspace/ext_test.go": reader,
			"docs/page.md":                         "right",
		} {
			put(t, filepath.Join(root, name), text)
		}
		for _, want := range []string{"ok", "(cached)"} {
			if out := run(t, root); !strings.Contains(out, want) {
				t.Fatalf("go test says %s, want %s", out, want)
			}
		}
		put(t, filepath.Join(root, "docs/page.md"), "wrong")
		if out := run(t, root); !strings.Contains(out, "--- FAIL: TestPage") {
			t.Errorf("after a change go test says %s, want a failure", out)
		}
	})
}

func run(t *testing.T, root string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "./internal/workspace")
	cmd.Dir = filepath.Join(root, "tools")
	cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
	out, _ := cmd.CombinedOutput() // a failing test is one of the answers
	return string(out)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// put writes a file as one of an hour ago: go test caches nothing that read a file of the last two seconds.
func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(name, then, then); err != nil {
		t.Fatal(err)
	}
}
