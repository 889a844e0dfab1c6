package config

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestReference holds the page to the comments of the options. What comes before its first table is written by hand.
func TestReference(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	page := wd + "/../../../docs/reference/configuration.md" // go test notices changes only by a path that begins in its module
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	intro, _, ok := strings.Cut(string(got), "\n## ")
	if !ok {
		t.Fatal("the page has no sections")
	}
	r := reference{t: t, comments: comments(t)}
	r.WriteString(intro)
	settings := reflect.TypeFor[Settings]()
	r.section("The server")
	for f := range settings.Fields() {
		if f.Type.Kind() != reflect.Struct {
			r.row("", "Settings", f, false)
		}
	}
	for f := range settings.Fields() {
		if name, _ := keyOf(f); name != "" && f.Type.Kind() == reflect.Struct {
			r.section("`" + name + "`")
			r.row("", "Settings", f, false)
		}
	}
	if os.Getenv("KERNIA_TEST_WRITE") != "" { // go generate
		if err := os.WriteFile(page, r.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, r.Bytes()) {
		t.Error("docs/reference/configuration.md is not what the comments of the options say: run go generate in cmd/kernia")
	}
}

// A reference is the page as it is written.
type reference struct {
	bytes.Buffer
	t        *testing.T
	comments map[string]string // of types, and of fields as "Type.Field"
}

func (r *reference) section(title string) {
	fmt.Fprintf(r, "\n## %s\n\n| key | variable | default | meaning |\n|---|---|---|---|\n", title)
}

// row writes what there is about a field of the struct named of, and about the fields in it.
func (r *reference) row(path, of string, f reflect.StructField, own bool) {
	name, ours := keyOf(f)
	if name == "" {
		return
	}
	path, own = join(path, name), own || ours
	inner, under := f.Type, path
	for inner.Kind() != reflect.Struct && inner.Kind() != reflect.Interface {
		switch {
		case isNamed(inner):
			inner, under = inner.Elem().Field(1).Type, join(under, "*")
		case inner.Kind() == reflect.Map:
			inner, under = inner.Elem(), join(under, "*")
		case inner.Kind() == reflect.Slice:
			inner, under = inner.Elem(), under+"[]"
		case inner.Kind() == reflect.Pointer:
			inner = inner.Elem()
		default:
			inner = reflect.TypeFor[any]()
		}
	}
	meaning := r.comments[of+"."+f.Name]
	if meaning == "" && under == path {
		meaning = r.comments[inner.Name()]
	}
	if meaning == "" {
		r.t.Errorf("%s.%s has no comment", of, f.Name)
	}
	if own {
		meaning = "† " + meaning
	}
	variable := "-"
	if v := (Key{Path: path}).Variable(); v != "" {
		variable = "`" + v + "`"
	}
	fmt.Fprintf(r, "| `%s` | %s |%s | %s |\n", path, variable, fallback(f), meaning)
	if inner.Kind() == reflect.Struct {
		for g := range inner.Fields() {
			r.row(under, inner.Name(), g, own)
		}
	}
}

// fallback returns what the column default says of a field, after a space.
func fallback(f reflect.StructField) string {
	text, unset := f.Tag.Get("default"), f.Tag.Get("unset")
	switch {
	case text != "":
		return " `" + text + "`"
	case unset != "":
		return " " + unset
	case f.Type.Kind() == reflect.Bool:
		return " `false`"
	case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
		return " off"
	}
	return ""
}

// comments returns what the source of this package says about its types and their fields, each on one line.
func comments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	line := func(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			spec := decl.Specs[0].(*ast.TypeSpec)
			all[spec.Name.Name] = line(decl.Doc)
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, n := range f.Names {
						all[spec.Name.Name+"."+n.Name] = line(f.Doc)
					}
				}
			}
		}
	}
	return all
}
