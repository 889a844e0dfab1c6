package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/cmd/kernia/config"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// everything returns the operations of a server whose every feature is on.
func everything(t *testing.T) []*kernia.Operation {
	t.Helper()
	var plugins []string
	for f := range reflect.TypeFor[config.Plugins]().Fields() {
		plugins = append(plugins, `"`+f.Tag.Get("key")+`":{}`)
	}
	s := decode(t, `{"secret":"`+newSecret()+`","baseURL":"https://example.com/api/auth",
		"mail":{"outbox":"`+t.TempDir()+`/outbox.jsonl"},
		"emailAndPassword":{"enabled":true},"user":{"deleteUser":{"enabled":true}},"plugins":{`+strings.Join(plugins, ",")+`}}`)
	auth, err := s.build(s.fake(memory.New(), quiet()))
	if err != nil {
		t.Fatal(err)
	}
	return auth.Operations()
}

// TestReferenceOperations holds docs/reference/operations.md, and what docs/reference/differences.md says of missing
// operations, to what is declared.
func TestReferenceOperations(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	reference := wd + "/../../../../docs/reference/" // go test notices changes only by a path that begins in its module
	operations := everything(t)
	t.Run("ListsEveryErrorOfEachOperation", func(t *testing.T) {
		holdSection(t, reference+"operations.md", "\n## Each operation\n", operationTable(operations))
	})
	t.Run("ListsWhatBetterAuthHasBesides", func(t *testing.T) {
		text, err := os.ReadFile("testdata/reference/operations.txt")
		if err != nil {
			t.Fatal(err)
		}
		theirs := strings.Split(strings.TrimSpace(string(text)), "\n")
		if len(theirs) != 161 {
			t.Fatalf("%d operations of Better Auth, want 161", len(theirs))
		}
		holdSection(t, reference+"differences.md", "\n## Operations\n", comparison(theirs, operations))
	})
}

// holdSection compares what stands in a page after a heading, to its end, with what was generated.
func holdSection(t *testing.T, page, heading, want string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	intro, got, ok := strings.Cut(string(text), heading)
	if !ok {
		t.Fatalf("%s has no section %q", page, strings.TrimSpace(heading))
	}
	if os.Getenv("KERNIA_TEST_WRITE") != "" { // go generate
		if err := os.WriteFile(page, []byte(intro+heading+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s is not what the operations declare: run go generate in cmd/kernia", page)
	}
}

func operationTable(operations []*kernia.Operation) string {
	var b bytes.Buffer
	b.WriteString("\nThis part is written by `go generate` in `cmd/kernia` from what the operations declare.\n")
	feature := "-"
	for _, o := range operations {
		if o.Feature != feature {
			feature = o.Feature
			fmt.Fprintf(&b, "\n### %s\n\n| operation | who | errors |\n|---|---|---|\n", cmp.Or(feature, "The core"))
		}
		errs := make([]string, len(o.Errors))
		for i, e := range o.Errors {
			errs[i] = fmt.Sprintf("%d %s", e.Kind.Status(), cmp.Or(codeOf(e), "without a code: "+e.Message))
		}
		slices.Sort(errs)
		name := "`" + o.Name() + "`"
		if o.Method == "" {
			name += " (Go only)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, access(o.Access), cmp.Or(strings.Join(slices.Compact(errs), ", "), "–"))
	}
	return b.String()
}

func codeOf(e *kernia.Error) string {
	if e.Code == "" {
		return ""
	}
	return "`" + e.Code + "`"
}

// comparison tells which of Better Auth's operations are not here, by plugin, and which are only here.
func comparison(theirs []string, ours []*kernia.Operation) string {
	here, known := map[string]bool{}, map[string]bool{}
	for _, o := range ours {
		here[o.Name()] = true
		if o.Method == "" { // "two-factor/view-backup-codes" is viewBackupCodes there
			words := strings.Split(o.Path[strings.LastIndex(o.Path, "/")+1:], "-")
			for i, w := range words[1:] {
				words[i+1] = strings.ToUpper(w[:1]) + w[1:]
			}
			here["- "+strings.Join(words, "")] = true
		}
	}
	var plugins []string
	total, missing, found := map[string]int{}, map[string][]string{}, 0
	for _, line := range theirs {
		plugin, operation, _ := strings.Cut(line, " ")
		methods, path, _ := strings.Cut(operation, " ")
		if total[plugin]++; total[plugin] == 1 {
			plugins = append(plugins, plugin)
		}
		var lacking []string
		for method := range strings.SplitSeq(methods, "|") {
			known[method+" "+path] = true
			if !here[method+" "+path] {
				lacking = append(lacking, method)
			}
		}
		switch {
		case len(lacking) == 0:
			found++
		case methods == "-":
			missing[plugin] = append(missing[plugin], "`"+path+"` (server only)")
		default:
			missing[plugin] = append(missing[plugin], "`"+strings.Join(lacking, ", ")+" "+path+"`")
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "\nOf the %d operations of Better Auth and its plugins, %d are here. A route that is not here answers 404. This part is written\n"+
		"by `go generate` in `cmd/kernia` from a comparison with what is declared.\n\n| plugin | here | not here |\n|---|---|---|\n", len(theirs), found)
	for _, plugin := range plugins {
		fmt.Fprintf(&b, "| %s | %d of %d | %s |\n", plugin, total[plugin]-len(missing[plugin]), total[plugin],
			cmp.Or(strings.Join(missing[plugin], ", "), "–"))
	}
	var own []string
	for _, o := range ours {
		if o.Method != "" && !known[o.Name()] {
			own = append(own, "`"+o.Name()+"`")
		}
	}
	fmt.Fprintf(&b, "\nRoutes that Better Auth does not have: %s.\n", cmp.Or(strings.Join(own, ", "), "none"))
	return b.String()
}

// The comparison notices what is missing, what is only half there and what is of our own.
func TestComparison(t *testing.T) {
	ours := []*kernia.Operation{{Method: "GET", Path: "/a"}, {Path: "x/view-it"}, {Method: "POST", Path: "/own"}}
	got := comparison([]string{"core GET|POST /a", "core - viewIt", "p - sign", "p POST /b"}, ours)
	for _, want := range []string{"Of the 4 operations", ", 1 are here", "| core | 1 of 2 | `POST /a` |", "| p | 0 of 2 | `sign` (server only), `POST /b` |", "have: `POST /own`."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
