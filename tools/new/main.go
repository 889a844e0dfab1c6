// Command new begins a feature, a store or a transport: a folder that compiles, whose kit fails on what is missing.
//
//	go run ./tools/new feature|store|transport NAME
//
// The checklists of CONTRIBUTING.md say how to go on.
package main

import (
	"embed"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"golang.org/x/mod/modfile"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// templates has one tree for each kind; NAME in a path stands for the name, and .tmpl keeps Go from building it.
//
//go:embed all:template
var templates embed.FS

// guides has the page on how to write each kind.
var guides = map[string]string{
	"feature": "docs/guides/feature.md", "store": "docs/guides/store.md", "transport": "docs/guides/framework.md",
}

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "new:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: make new feature|store|transport NAME=x")
	}
	root, err := workspace.Root(".")
	if err != nil {
		return err
	}
	dir, err := begin(root, args[0], args[1])
	if err != nil {
		return err
	}
	fmt.Printf("made %s; the tests say what is missing:\n\n\tgo test ./%s\n\tgo test ./tools/repocheck\n\n"+
		"CONTRIBUTING.md has the checklist, %s the guide.\n", dir, dir, guides[args[0]])
	return nil
}

// plain is a name that is a folder, a package and a part of a package's name.
var plain = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// begin writes the files of a kind below root and returns the new folder.
func begin(root, kind, name string) (dir string, err error) {
	if guides[kind] == "" {
		return "", fmt.Errorf("%q is not feature, store or transport", kind)
	}
	if !plain.MatchString(name) || token.IsKeyword(name) || name == "internal" {
		return "", fmt.Errorf("%q cannot be the name of a package: take lower-case letters and digits, a letter first", name)
	}
	tree, err := fs.Sub(templates, "template/"+kind)
	if err != nil {
		return "", err
	}
	files, err := made(root, tree, name)
	if err != nil {
		return "", err
	}
	for file := range files {
		dir = path.Dir(file)
	}
	if _, err := os.Stat(filepath.Join(root, dir)); err == nil {
		return "", fmt.Errorf("%s is there already", dir)
	}
	for file, text := range files {
		if err := write(filepath.Join(root, file), text); err != nil {
			return "", err
		}
	}
	if _, module := files[dir+"/go.mod"]; !module {
		return dir, nil
	}
	return dir, use(root, dir)
}

// made returns the files of a tree of templates, by their paths below the root.
func made(root string, tree fs.FS, name string) (map[string]string, error) {
	work, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err != nil {
		return nil, err
	}
	file, err := modfile.ParseWork("go.work", work, nil)
	if err != nil {
		return nil, err
	}
	all, err := template.ParseFS(tree, "*/*/NAME/*.tmpl")
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	err = fs.WalkDir(tree, ".", func(from string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		var text strings.Builder
		to := strings.TrimSuffix(strings.ReplaceAll(from, "NAME", name), ".tmpl")
		err = all.ExecuteTemplate(&text, path.Base(from), map[string]string{"Name": name, "Go": file.Go.Version})
		files[to] = text.String()
		return err
	})
	return files, err
}

// use adds a module to go.work, where the others find it before it is released.
func use(root, dir string) error {
	name := filepath.Join(root, "go.work")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	file, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return err
	}
	if err := file.AddUse("./"+dir, ""); err != nil {
		return err
	}
	if err := file.AddReplace(workspace.Prefix+dir, "v0.0.0", "./"+dir, ""); err != nil {
		return err
	}
	file.SortBlocks()
	return os.WriteFile(name, modfile.Format(file.Syntax), 0o644)
}

func write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}
