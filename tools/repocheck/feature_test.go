package repocheck_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// Where a feature is served and tested beside its own folder.
const (
	program  = "cmd/kernia"
	config   = "cmd/kernia/config"
	replay   = "e2e/replay"
	client   = "e2e/client"
	keysPage = "docs/reference/configuration.md"
)

// kit is the folder of the kit for features.
const kit = "core/featuretest"

// features: whoever finds one of a feature's files has found them all.
func features(t *testing.T, r *repo) []string {
	var broken []string
	for _, name := range r.features() {
		dir := "core/feature/" + name
		at := func(place, format string, args ...any) {
			broken = append(broken, place+": "+fmt.Sprintf(format, args...))
		}
		file, page, options := dir+"/"+name+".go", featurePage(name), config+"/"+name+".go"
		for _, want := range []string{
			file, dir + "/" + name + "_test.go", dir + "/example_test.go", page, options, config + "/" + name + "_test.go",
		} {
			if !r.has(want) {
				at(dir, "lacks %s", want)
			}
		}
		if r.has(file) {
			text := r.read(t, file)
			if !regexp.MustCompile(`(?m)^package ` + name + `$`).MatchString(text) {
				at(file, "is not of package %s", name)
			}
			if !declares.MatchString(text) {
				at(file, "has no method Declare of Feature")
			}
		}
		if r.holds(kit) && !r.says(t, dir, isGoTest, "featuretest.Run(") {
			at(dir, "no test calls featuretest.Run")
		}
		if r.has(options) && !r.imports(t, options, dir) {
			at(options, "does not import %s", dir)
		}
		if test := config + "/" + name + "_test.go"; r.has(test) && !strings.Contains(r.read(t, test), "checkOptions(") {
			at(test, "does not call checkOptions")
		}
		if r.has(page) {
			broken = append(broken, served(t, r, name)...)
		}
	}
	return broken
}

var declares = regexp.MustCompile(`(?m)^func \((?:\w+ )?\*?Feature\) Declare\(`)

// served: the page names the key of kernia serve, and the recordings and the tests with the official client set it.
func served(t *testing.T, r *repo, name string) []string {
	page := featurePage(name)
	keys := r.keys(t)
	var named []string
	for _, m := range code.FindAllStringSubmatch(r.read(t, page), -1) {
		if slices.Contains(keys, m[1]) {
			named = append(named, m[1])
		}
	}
	if len(named) == 0 {
		return []string{page + ": names no key of " + keysPage}
	}
	var broken []string
	for _, tests := range []string{replay, client} {
		if !slices.ContainsFunc(named, func(key string) bool {
			return r.says(t, tests, isGoTest, `"`+key[strings.LastIndex(key, ".")+1:]+`"`)
		}) {
			broken = append(broken, fmt.Sprintf("core/feature/%s: nothing in %s sets %s", name, tests, strings.Join(named, " or ")))
		}
	}
	return broken
}

var (
	code = regexp.MustCompile("`([^`\n]+)`")
	key  = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")
)

// keys returns what the configuration of kernia serve may set.
func (r *repo) keys(t *testing.T) []string {
	if !r.has(keysPage) {
		return nil
	}
	var keys []string
	for _, m := range key.FindAllStringSubmatch(r.read(t, keysPage), -1) {
		keys = append(keys, m[1])
	}
	return keys
}

func featurePage(name string) string { return "docs/features/" + name + ".md" }

// features returns the names of all features.
func (r *repo) features() []string {
	var names []string
	for _, file := range r.files {
		parts := strings.Split(file, "/")
		if len(parts) > 3 && parts[0] == "core" && parts[1] == "feature" && path.Ext(file) == ".go" && parts[2] != "internal" {
			names = append(names, parts[2])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// imports reports whether user, a file or a folder, imports the package of a folder. Tests of a program do not count,
// since they do not make it part of the program.
func (r *repo) imports(t *testing.T, user, dir string) bool {
	counts := isGo
	if !within(user, program) {
		counts = func(file string) bool { return path.Ext(file) == ".go" }
	}
	return r.says(t, user, counts, `"`+workspace.Prefix+dir+`"`)
}

// says reports whether a file below dir of the kind has a text.
func (r *repo) says(t *testing.T, dir string, kind func(file string) bool, text string) bool {
	return slices.ContainsFunc(r.files, func(file string) bool {
		return within(file, dir) && kind(file) && strings.Contains(r.read(t, file), text)
	})
}

// holds reports whether there is any file below dir.
func (r *repo) holds(dir string) bool {
	return slices.ContainsFunc(r.files, func(file string) bool { return within(file, dir) })
}

func isGo(file string) bool { return path.Ext(file) == ".go" && !isGoTest(file) }

func isGoTest(file string) bool { return strings.HasSuffix(file, "_test.go") }
