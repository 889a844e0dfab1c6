// Package features_test runs the tests of the built-in features, which use stores in memory, on SQLite.
package features_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnSQLite runs every feature's call of the kit with stores of SQLite in place of those in memory: a file of the
// kit is replaced as it is built.
func TestOnSQLite(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// The tests are run by another go command. Reading what they are built from tells go test when a cached result is old.
	sources := wd + "/../../core"
	tree := os.DirFS(sources)
	err = fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = fs.ReadFile(tree, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	core, substitute := filepath.Clean(sources), filepath.Join(wd, "testdata", "open.go")
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(core, "featuretest", "open.go"): substitute}})
	if err == nil {
		err = os.WriteFile(overlay, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	features, err := os.ReadDir(sources + "/feature")
	if err != nil || len(features) == 0 {
		t.Fatalf("no features: %v", err)
	}
	for _, f := range features {
		t.Run(f.Name(), func(t *testing.T) {
			run := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", "-v", "-run", "^TestFeature$", "-overlay", overlay, "./feature/"+f.Name())
			run.Dir = core
			out, err := run.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestFeature ") {
				t.Errorf("%v\n%s", err, tail(string(out)))
			}
		})
	}
}

// tail returns the failures in a test's output, without what passed.
func tail(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if !strings.Contains(line, "--- PASS") && !strings.HasPrefix(line, "=== ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
