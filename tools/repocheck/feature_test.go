package repocheck_test

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// features: whoever finds one of a feature's files has found them all.
func features(_ *testing.T, r *repo) []string {
	var names []string
	for _, file := range r.files {
		parts := strings.Split(file, "/")
		if len(parts) > 3 && parts[0] == "core" && parts[1] == "feature" && path.Ext(file) == ".go" && parts[2] != "internal" {
			names = append(names, parts[2])
		}
	}
	slices.Sort(names)
	var broken []string
	for _, name := range slices.Compact(names) {
		dir := "core/feature/" + name + "/"
		for _, want := range []string{dir + name + ".go", dir + name + "_test.go", dir + "example_test.go", "docs/features/" + name + ".md"} {
			if !r.has(want) {
				broken = append(broken, dir[:len(dir)-1]+": lacks "+want)
			}
		}
	}
	return broken
}
