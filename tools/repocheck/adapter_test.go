package repocheck_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// adapters: whoever finds one of an adapter's files has found them all.
func adapters(t *testing.T, r *repo) []string {
	var broken []string
	for _, dir := range r.adapters() {
		name := path.Base(dir)
		at := func(format string, args ...any) { broken = append(broken, dir+": "+fmt.Sprintf(format, args...)) }
		if want := "kernia" + name; !slices.Contains(r.clauses(t, dir), want) {
			at("is not of package %s", want)
		}
		if !r.has(adapterPage(dir)) {
			at("lacks %s", adapterPage(dir))
		}
		var lacks []string
		switch family(dir) {
		case "store":
			lacks = storeLacks(t, r, dir)
		case "http":
			lacks = transportLacks(t, r, dir)
		case "mail":
			if !r.says(t, dir, isGoTest, "mailtest.Run(") {
				lacks = append(lacks, "no test calls mailtest.Run")
			}
		default:
			continue // gRPC has neither a kit nor a place in the program
		}
		for _, what := range lacks {
			at("%s", what)
		}
		if !r.imports(t, program, dir) {
			at("nothing in %s imports it", program)
		}
		if family(dir) == "mail" {
			continue // e2e/mail is its test
		}
		if !r.says(t, client, isGoTest, `"`+name+`"`) {
			at("nothing in %s names %q", client, name)
		}
	}
	return broken
}

var implements = regexp.MustCompile(`(?m)\b_\s+ports\.(Store|KV|LinkedKV)\s*=`)

func storeLacks(t *testing.T, r *repo, dir string) []string {
	var lacks []string
	kits := map[string]string{"Store": "storetest.Run(", "KV": "kvtest.Run(", "LinkedKV": "kvtest.Run("}
	var ports []string
	for _, file := range r.in(dir, isGo) {
		for _, m := range implements.FindAllStringSubmatch(r.read(t, file), -1) {
			ports = append(ports, m[1])
		}
	}
	if len(ports) == 0 {
		lacks = append(lacks, "says of nothing that it implements ports.Store or ports.KV: var _ ports.Store = (*Store)(nil)")
	}
	for _, port := range ports {
		if !r.says(t, dir, isGoTest, kits[port]) {
			lacks = append(lacks, "no test calls "+strings.TrimSuffix(kits[port], "("))
		}
	}
	return lacks
}

func transportLacks(t *testing.T, r *repo, dir string) []string {
	var lacks []string
	for _, name := range []string{"Mount", "RequireSession", "LoadSession", "Session"} {
		if !r.says(t, dir, isGo, "\nfunc "+name+"(") {
			lacks = append(lacks, "has no function "+name)
		}
	}
	if !r.says(t, dir, isGoTest, "transporttest.Run(") {
		lacks = append(lacks, "no test calls transporttest.Run")
	}
	if page := adapterPage(dir); r.has(page) && !strings.Contains(r.read(t, page), "CORS") {
		lacks = append(lacks, page+" says nothing of CORS")
	}
	if !r.imports(t, replay, dir) {
		lacks = append(lacks, "nothing in "+replay+" imports it")
	}
	return lacks
}

var testServer = regexp.MustCompile(`\bKERNIA_TEST_[A-Z]+_URL\b`)

// servers: a test whose server nobody starts is skipped on every machine.
func servers(t *testing.T, r *repo) []string {
	var broken []string
	for _, file := range r.in("adapters", isGoTest) {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(testServer.FindAllString(r.read(t, file), -1)))) {
			if !r.says(t, "tools/servers", isGo, name) {
				broken = append(broken, file+": wants "+name+", which tools/servers does not give")
			}
		}
	}
	return broken
}

// adapters returns the folders of all adapters.
func (r *repo) adapters() []string {
	var dirs []string
	for _, m := range r.modules {
		if within(m.Dir, "adapters") {
			dirs = append(dirs, m.Dir)
		}
	}
	return dirs
}

// family returns http for adapters/http/chi.
func family(dir string) string { return path.Base(path.Dir(dir)) }

func adapterPage(dir string) string { return "docs/adapters/" + path.Base(dir) + ".md" }

var clause = regexp.MustCompile(`(?m)^package (\w+)`)

// clauses returns the package names of the files in a folder.
func (r *repo) clauses(t *testing.T, dir string) []string {
	var names []string
	for _, file := range r.in(dir, isGo) {
		if m := clause.FindStringSubmatch(r.read(t, file)); m != nil && path.Dir(file) == dir {
			names = append(names, m[1])
		}
	}
	return names
}

// in returns the files below dir of a kind.
func (r *repo) in(dir string, kind func(file string) bool) []string {
	var found []string
	for _, file := range r.files {
		if within(file, dir) && kind(file) {
			found = append(found, file)
		}
	}
	return found
}
