package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tree is a module whose one promise is that Two returns 2.
var tree = map[string]string{
	"go.mod":      "module example.com/two\n\ngo 1.26.0\n",
	"two.go":      "package two\n\n// Two returns 2.\nfunc Two() int {\n\treturn 2\n}\n",
	"two_test.go": "package two\n\nimport \"testing\"\n\nfunc TestTwo(t *testing.T) {\n\tif Two() != 2 {\n\t\tt.Error(Two())\n\t}\n}\n\nfunc TestNothing(t *testing.T) {}\n\nfunc TestBroken(t *testing.T) { t.Error(\"always\") }\n",
}

const diff = `diff --git a/two.go b/two.go
--- a/two.go
+++ b/two.go
@@ -2,5 +2,5 @@
 
 // Two returns 2.
 func Two() int {
-	return 2
+	return 3
 }
`

func TestTry(t *testing.T) {
	from := t.TempDir()
	for name, text := range tree {
		put(t, filepath.Join(from, name), text)
	}
	if out, err := exec.Command("git", "init", "-q", from).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	c := copied{from: from, to: filepath.Join(t.TempDir(), "copy")}
	put(t, filepath.Join(c.to, "stale.go"), "no Go at all")
	for _, p := range []struct{ promise, text, want string }{
		{"AcceptsABreakThatIsNoticed", "# test: ./ -run TestTwo\n# three\n" + diff, ""},
		{"RejectsATestThatStaysGreen", "# test: ./ -run TestNothing\n" + diff, "still passes"},
		{"RejectsATestThatIsRedAnyway", "# test: ./ -run TestBroken\n" + diff, "fails without the patch"},
		{"RejectsATestThatIsNotThere", "# test: ./ -run TestThree\n" + diff, "no such test"},
		{"RejectsAPatchThatDoesNotApply", "# test: ./ -run TestTwo\n" + strings.Replace(diff, "return 2", "return 4", 1), "no longer applies"},
		{"RejectsAPatchThatDoesNotCompile", "# test: ./ -run TestTwo\n" + strings.Replace(diff, "return 3", "return x", 1), "does not compile"},
		{"RejectsAPatchWithoutATest", diff, "the first line is"},
	} {
		t.Run(p.promise, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "X.patch")
			put(t, path, p.text)
			err := patch{id: "X", path: path}.try(c)
			if p.want == "" && err != nil || p.want != "" && (err == nil || !strings.Contains(err.Error(), p.want)) {
				t.Errorf("try = %v, want %q", err, p.want)
			}
			if got, err := os.ReadFile(filepath.Join(from, "two.go")); err != nil || string(got) != tree["two.go"] {
				t.Errorf("the tree itself was changed: %q, %v", got, err)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"A01.patch", "A02.patch", "notes.md"} {
		put(t, filepath.Join(dir, name), "")
	}
	t.Run("TakesAllOrTheNamed", func(t *testing.T) {
		for want, ids := range map[int][]string{2: nil, 1: {"A02"}} {
			if got, err := choose(dir, ids); err != nil || len(got) != want {
				t.Errorf("choose(%q) = %v, %v, want %d", ids, got, err, want)
			}
		}
	})
	t.Run("RejectsAnUnknownID", func(t *testing.T) {
		if got, err := choose(dir, []string{"A03"}); err == nil {
			t.Errorf("choose = %v, want an error", got)
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
