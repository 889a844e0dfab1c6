package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A patch is one file that breaks one promise.
type patch struct{ id, path string }

// try returns nil where the patch's test passes without the patch and fails with it.
func (p patch) try(c copied) error {
	args, err := p.test()
	if err != nil {
		return err
	}
	if err := c.restore(); err != nil {
		return err
	}
	// Without this a test that always fails, or that nothing matches, would look like one that noticed.
	out, err := c.goTest(args)
	if err != nil {
		return fmt.Errorf("the test fails without the patch:\n%s", out)
	}
	if strings.Contains(out, "no tests to run") || strings.Contains(out, "no test files") {
		return fmt.Errorf("go test %s: no such test", strings.Join(args, " "))
	}
	if out, err := c.apply(p.path); err != nil {
		return fmt.Errorf("the patch no longer applies: %s", out)
	}
	out, err = c.goTest(append([]string{"-count=1"}, args...))
	restored := c.restore()
	switch {
	case err == nil:
		return errors.New("the test still passes")
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return fmt.Errorf("the patch does not compile:\n%s", out)
	case !strings.Contains(out, "--- FAIL: ") && !strings.Contains(out, "panic: ") && !strings.Contains(out, "fatal error: "):
		return fmt.Errorf("no test failed, something else did:\n%s", out)
	}
	return restored
}

// test returns what go test gets, from the patch's first line.
func (p patch) test() ([]string, error) {
	text, err := os.ReadFile(p.path)
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	rest, ok := strings.CutPrefix(first, "# test: ")
	args := strings.Fields(rest)
	if !ok || len(args) < 3 || !strings.HasPrefix(args[0], "./") || !strings.Contains(rest, " -run ") {
		return nil, fmt.Errorf("the first line is %q, want # test: ./folder -run Pattern", first)
	}
	return append(args[1:], args[0]), nil // flags first, as go test wants them
}

// A copied is a copy of the tree that patches may spoil.
type copied struct{ from, to string }

// restore makes the copy equal to the tree: what git knows, and what it would know if it were added.
func (c copied) restore() error {
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = c.from
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	keep := map[string]bool{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if err := c.copyFile(name); err != nil && !errors.Is(err, os.ErrNotExist) { // deleted and not yet committed
			return err
		}
		keep[filepath.Join(c.to, filepath.FromSlash(name))] = true
	}
	return filepath.WalkDir(c.to, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || keep[path] {
			return err
		}
		return os.Remove(path)
	})
}

// copyFile copies one file where the copy differs.
func (c copied) copyFile(name string) error {
	from, to := filepath.Join(c.from, filepath.FromSlash(name)), filepath.Join(c.to, filepath.FromSlash(name))
	want, err := os.ReadFile(from)
	if err != nil {
		_ = os.Remove(to)
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if got, err := os.ReadFile(to); err == nil && string(got) == string(want) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	return os.WriteFile(to, want, info.Mode().Perm())
}

func (c copied) apply(path string) (string, error) {
	cmd := exec.Command("git", "apply", "-p1", path)
	cmd.Dir = c.to
	// Inside of somebody's repository, git apply passes over what is not in it without a word.
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(c.to))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c copied) goTest(args []string) (string, error) {
	cmd := exec.Command("go", append([]string{"test", "-p=1", "-timeout=5m"}, args...)...)
	cmd.Dir = c.to
	cmd.Env = append(os.Environ(), "GOWORK=") // the copy's own
	out, err := cmd.CombinedOutput()
	return string(out), err
}
