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

// Skipped reports whether a folder of that name holds nothing of the repository's own.
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
