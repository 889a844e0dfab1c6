package repocheck_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	front      = "README.md"
	history    = "CHANGELOG.md"
	checklists = "CONTRIBUTING.md"
)

// pages: README leads to every feature, adapter, guide and program, and from page to page to all the others.
func pages(t *testing.T, r *repo) []string {
	text := r.read(t, front)
	reached := map[string]bool{}
	r.follow(t, front, reached)
	var broken []string
	for _, file := range r.files {
		dir, name := path.Split(file)
		switch {
		case dir == "docs/features/" && !r.holds("core/feature/"+strings.TrimSuffix(name, ".md")):
			broken = append(broken, file+": is of no feature")
		case dir == "docs/adapters/" && !slices.ContainsFunc(append(r.adapters(), "core/nethttp"), func(a string) bool { return adapterPage(a) == file }):
			broken = append(broken, file+": is of no adapter")
		case slices.Contains([]string{"docs/features/", "docs/adapters/", "docs/guides/"}, dir) && !strings.Contains(text, "]("+file+")"):
			broken = append(broken, front+": has no link to "+file)
		case within(file, "docs") && path.Ext(file) == ".md" && !reached[file]:
			broken = append(broken, file+": no page that README leads to has a link to it")
		case within(file, "examples") && name == "main.go" && !strings.Contains(text, "]("+path.Dir(file)+")"):
			broken = append(broken, front+": has no link to "+path.Dir(file))
		}
	}
	for _, dir := range r.adapters() {
		row := regexp.MustCompile("(?m)^\\|.*`" + dir + "`.*\\]\\(" + regexp.QuoteMeta(adapterPage(dir)) + "\\).*\\|$")
		if !row.MatchString(text) {
			broken = append(broken, front+": no row of a table has `"+dir+"` and "+adapterPage(dir))
		}
	}
	return broken
}

// follow marks what can be reached from a page by links.
func (r *repo) follow(t *testing.T, page string, reached map[string]bool) {
	if reached[page] || !r.has(page) {
		return
	}
	reached[page] = true
	if path.Ext(page) != ".md" {
		return
	}
	for _, to := range targets(r.read(t, page)) {
		full := path.Join(path.Dir(page), to)
		r.follow(t, full, reached)
		r.follow(t, full+"/README.md", reached)
	}
}

var (
	unreleased = regexp.MustCompile(`(?m)^## \[?Unreleased\]?`)
	heading    = regexp.MustCompile(`(?m)^# (.+)$`)
)

// changelog: users learn of every feature and adapter, by the title of its page.
func changelog(t *testing.T, r *repo) []string {
	var broken []string
	if !unreleased.MatchString(r.read(t, history)) {
		broken = append(broken, history+": no section Unreleased")
	}
	text := strings.ToLower(r.read(t, history))
	var titled []string
	for _, name := range r.features() {
		titled = append(titled, featurePage(name))
	}
	for _, dir := range r.adapters() {
		titled = append(titled, adapterPage(dir))
	}
	for _, page := range titled {
		if !r.has(page) {
			continue // other checks miss it
		}
		m := heading.FindStringSubmatch(r.read(t, page))
		switch {
		case m == nil:
			broken = append(broken, page+": has no title")
		case !regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(strings.ToLower(m[1])) + `(\W|$)`).MatchString(text):
			broken = append(broken, history+": does not name "+m[1]+", the title of "+page)
		}
	}
	return broken
}

var (
	box  = regexp.MustCompile(`(?m)^- \[ \] .*(?:\n {2,}\S.*)*`)
	mark = regexp.MustCompile(`\[((?:\w+, )*\w+|by eye)\]$`)
)

// boxes: what a checklist asks is held by a check or left to a person, and says which.
func boxes(t *testing.T, r *repo) []string {
	var broken []string
	for _, text := range box.FindAllString(r.read(t, checklists), -1) {
		first, _, _ := strings.Cut(text, "\n")
		at := checklists + ": " + strings.TrimPrefix(first, "- [ ] ")
		m := mark.FindStringSubmatch(text)
		if m == nil {
			broken = append(broken, at+": ends neither with [by eye] nor with the names of checks")
			continue
		}
		for promise := range strings.SplitSeq(m[1], ", ") {
			if promise != "by eye" && !slices.Contains(r.promises, promise) {
				broken = append(broken, at+": no check is called "+promise)
			}
		}
	}
	return broken
}
