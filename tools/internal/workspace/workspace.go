// Package workspace finds the root of this Go workspace and the modules in it.
package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"
)

// Prefix begins the path of every module of this repository.
const Prefix = "github.com/kernia-go/kernia/"

// A Module is one go.mod of the workspace.
type Module struct {
	Dir  string // relative to the root, with slashes
	File *modfile.File
}

// Path returns the module path.
func (m Module) Path() string {
	if m.File.Module == nil {
		return ""
	}
	return m.File.Module.Mod.Path
}

// Root returns the nearest folder at or above dir that holds a go.work.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("workspace: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("workspace: no go.work here or above")
		}
		dir = up
	}
}

// Tree returns the workspace at root for a test to read. Go caches the result of a test until a file changes that the
// test opened, but it forgets about files whose path does not begin with the folder of the test's own module. So the
// paths of Tree begin with the working directory and climb from there, as in /repo/tools/repocheck/../../README.md;
// the functions of path/filepath would shorten them.
func Tree(root string) (fs.FS, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	up, err := filepath.Rel(wd, root)
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	return os.DirFS(wd + string(filepath.Separator) + up), nil
}

// Files returns every file of the repository's own in tree, sorted.
func Files(tree fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != "." && Skipped(d.Name()) && d.IsDir():
			return fs.SkipDir
		case !d.IsDir() && !Skipped(d.Name()):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	return files, nil
}

// Skipped reports whether a file or folder of that name holds nothing of the repository's own.
func Skipped(name string) bool {
	return slices.Contains([]string{".git", ".tmp", "dist", "node_modules"}, name)
}

// Modules returns every module below root, sorted by folder. Those in a testdata folder are fixtures and left out.
func Modules(root string) ([]Module, error) {
	var found []Module
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (Skipped(d.Name()) || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || d.Name() != "go.mod" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := modfile.Parse(path, text, nil)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		found = append(found, Module{Dir: filepath.ToSlash(dir), File: file})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("workspace: looking for modules: %w", err)
	}
	return found, nil
}
