package repocheck_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imported reports whether people outside of this repository import the package.
func (p *pkg) imported() bool {
	return (under(p.ImportPath, "ports") || under(p.ImportPath, "core") || under(p.ImportPath, "adapters")) &&
		p.Name != "main" && !strings.Contains(p.ImportPath+"/", "/internal/")
}

// each calls f once with every package that people import.
func (r *repo) each(t *testing.T, f func(p pkg)) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range r.packages(t) {
		if p.imported() && !seen[p.ImportPath] {
			seen[p.ImportPath] = true
			f(p)
		}
	}
}

// examples: an Example without an Output compiles and never runs. A kit is shown by the tests that call it, since
// an Example has no *testing.T to give it.
func examples(t *testing.T, r *repo) []string {
	var broken []string
	r.each(t, func(p pkg) {
		files := parse(t, p.Dir, slices.Concat(p.TestGoFiles, p.XTestGoFiles))
		if made := parse(t, p.Dir, p.GoFiles); !slices.ContainsFunc(made, func(f *ast.File) bool { return !ast.IsGenerated(f) && exports(f) }) {
			return
		}
		runs := slices.ContainsFunc(doc.Examples(files...), func(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput })
		if !runs && !p.kit() {
			broken = append(broken, p.rel()+": no Example with an Output")
		}
	})
	return broken
}

// exports reports whether a file gives anything to who imports the package.
func exports(f *ast.File) bool {
	for name := range f.Scope.Objects { // names alone are needed, not what they resolve to
		if ast.IsExported(name) {
			return true
		}
	}
	return false
}

// documented: what has no comment promises nothing.
func documented(t *testing.T, r *repo) []string {
	var broken []string
	r.each(t, func(p pkg) {
		files := parse(t, p.Dir, p.GoFiles)
		if !slices.ContainsFunc(files, func(f *ast.File) bool { return f.Doc.Text() != "" }) {
			broken = append(broken, p.rel()+": the package is not documented")
		}
		for _, f := range files {
			if ast.IsGenerated(f) {
				continue
			}
			for _, name := range bare(f) {
				broken = append(broken, p.rel()+": "+name+" is not documented")
			}
		}
	})
	return broken
}

// bare returns the exported names of a file that have no comment, methods of exported types and of interfaces
// included. One comment serves a whole const or var group.
func bare(f *ast.File) []string {
	var names []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				of := receiver(d.Recv.List[0].Type)
				if !ast.IsExported(of) {
					continue
				}
				name = of + "." + name
			}
			if d.Name.IsExported() && d.Doc.Text() == "" {
				names = append(names, name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				names = append(names, bareSpec(s, d.Doc.Text())...)
			}
		}
	}
	return names
}

func bareSpec(s ast.Spec, group string) []string {
	var names []string
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() && group+s.Doc.Text()+s.Comment.Text() == "" {
				names = append(names, n.Name)
			}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		if group+s.Doc.Text() == "" {
			names = append(names, s.Name.Name)
		}
		face, ok := s.Type.(*ast.InterfaceType)
		if !ok {
			return names
		}
		for _, m := range face.Methods.List {
			for _, n := range m.Names {
				// An interface of one method says it all in its own comment.
				if n.IsExported() && m.Doc.Text()+m.Comment.Text() == "" && len(face.Methods.List) > 1 {
					names = append(names, s.Name.Name+"."+n.Name)
				}
			}
		}
	}
	return names
}

// receiver returns T for T, *T, T[X] and *T[X, Y].
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	}
	return ""
}

func parse(t *testing.T, dir string, names []string) []*ast.File {
	t.Helper()
	var files []*ast.File
	fset := token.NewFileSet()
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}
