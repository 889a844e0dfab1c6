package repocheck_test

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// long is how many lines a file of Go may have before it wants to be two.
const long = 600

func short(t *testing.T, r *repo) []string {
	var broken []string
	for _, file := range r.files {
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata/") {
			continue
		}
		text := r.read(t, file)
		if n := strings.Count(text, "\n"); n > long && !generated.MatchString(text) {
			broken = append(broken, fmt.Sprintf("%s: %d lines, at most %d", file, n, long))
		}
	}
	return broken
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// forbidden finds what speaks of one machine, of one mirror, or of how a text came to be instead of what it says.
var forbidden = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(=:])(/work/|/tmp/[a-z]|/root/|/home/[a-z]+/)` +
	`|(proxy\.golang\.org|sum\.golang\.org|goproxy\.\w+|registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org|pypi\.org)` +
	`|(?i:\b(as an ai|ai[- ]generated|ai assistant|language model|llm|chatgpt|copilot|anthropic|claude|adversarial\.md|design\.md|toolbox\.md|style\.md)\b)`)

// These files hold the words in order to find them.
var wordy = []string{"tools/repocheck/text_test.go", "tools/repocheck/testdata/saysnoforbiddenword.txt"}

func words(t *testing.T, r *repo) []string {
	var broken []string
	for _, file := range r.files {
		if slices.Contains(wordy, file) {
			continue
		}
		text := r.read(t, file)
		if !utf8.ValidString(text) {
			continue // no text
		}
		for i, line := range strings.Split(text, "\n") {
			if m := forbidden.FindString(line); m != "" {
				broken = append(broken, fmt.Sprintf("%s:%d: says %s", file, i+1, strings.TrimLeft(m, " \t\"'`(=:")))
			}
		}
	}
	return broken
}

var (
	claim   = regexp.MustCompile(`(?m)^\|\s*([A-H][0-9]{2})\s*\|(.*)$`)
	carries = regexp.MustCompile("(?:\\b(?:Test|Fuzz)\\w*?|[\"'`/(_])([A-H][0-9]{2})(?:[^0-9]|$)")
)

// attacks: a row of docs/security/attacks.md is a claim unless it says "not claimed".
func attacks(t *testing.T, r *repo) []string {
	const page = "docs/security/attacks.md"
	if !r.has(page) {
		return nil
	}
	tested := map[string]bool{}
	for _, file := range r.files {
		if !isTest(file) {
			continue
		}
		for _, m := range carries.FindAllStringSubmatch(strings.ReplaceAll(r.read(t, file), "_", "__"), -1) {
			tested[m[1]] = true
		}
	}
	var broken []string
	for _, row := range claim.FindAllStringSubmatch(r.read(t, page), -1) {
		if !tested[row[1]] && !strings.Contains(row[2], "not claimed") {
			broken = append(broken, page+": no test carries "+row[1])
		}
	}
	return broken
}

// isTest reports whether a file holds tests: Go's, a kit's, or the JavaScript ones.
func isTest(file string) bool {
	kit := strings.HasSuffix(path.Dir(file), "test") && path.Ext(file) == ".go"
	script := strings.HasPrefix(file, "e2e/") && slices.Contains([]string{".mjs", ".js", ".ts"}, path.Ext(file))
	return strings.HasSuffix(file, "_test.go") || kit || script
}

var (
	fence = regexp.MustCompile("(?ms)^\\s*```.*?^\\s*```|`[^`\n]*`")
	link  = regexp.MustCompile(`\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)|(?m:^\[[^\]]+\]:\s*(\S+))`)
)

func links(t *testing.T, r *repo) []string {
	var broken []string
	for _, file := range r.files {
		if path.Ext(file) != ".md" || strings.Contains(file, "testdata/") {
			continue
		}
		for _, to := range targets(r.read(t, file)) {
			full := path.Join(path.Dir(file), to)
			if strings.HasPrefix(to, "/") {
				full = to[1:]
			}
			if _, err := fs.Stat(r.tree, full); err != nil {
				broken = append(broken, file+": links to "+to+", which is not there")
			}
		}
	}
	return broken
}

// targets returns what a page links to in the repository, without the place within a page.
func targets(text string) []string {
	var found []string
	for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		if to, _, _ := strings.Cut(m[1]+m[2], "#"); to != "" && !strings.Contains(to, ":") {
			found = append(found, to)
		}
	}
	return found
}
