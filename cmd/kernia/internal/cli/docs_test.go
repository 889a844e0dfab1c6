package cli

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

func TestReference(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	reference := wd + "/../../../../docs/reference/" // go test notices changes only by a path that begins in its module
	t.Run("SaysWhatHelpSays", func(t *testing.T) {
		var want bytes.Buffer
		writeReference(&output{w: &want})
		if os.Getenv("KERNIA_TEST_WRITE") != "" { // go generate
			if err := os.WriteFile(reference+"cli.md", want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(reference + "cli.md")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Error("docs/reference/cli.md is not what help says: run go generate in cmd/kernia")
		}
	})
	t.Run("ListsEveryKeyAndNoOther", func(t *testing.T) {
		text, err := os.ReadFile(reference + "configuration.md")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, k := range keys() {
			want[k.path] = k.variable()
		}
		got := map[string]string{}
		for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (?:`([^`]+)`|-) \\|").FindAllStringSubmatch(string(text), -1) {
			if _, twice := got[m[1]]; twice {
				t.Errorf("%s is listed twice", m[1])
			}
			got[m[1]] = m[2]
		}
		for _, path := range slices.Sorted(maps.Keys(want)) {
			if v, ok := got[path]; !ok || v != want[path] {
				t.Errorf("configuration.md has %q with variable %q, want %q", path, v, want[path])
			}
		}
		for _, path := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[path]; !ok {
				t.Errorf("configuration.md lists %q, which is no key", path)
			}
		}
	})
}

func TestVariable(t *testing.T) {
	t.Run("SplitsWords", func(t *testing.T) {
		for path, want := range map[string]string{
			"baseURL": "KERNIA_BASE_URL", "onAPIError.errorURL": "KERNIA_ON_API_ERROR_ERROR_URL", "store.dsn": "KERNIA_STORE_DSN",
			"emailAndPassword.disableSignUp": "KERNIA_EMAIL_AND_PASSWORD_DISABLE_SIGN_UP", "advanced.database.generateId": "KERNIA_ADVANCED_DATABASE_GENERATE_ID",
		} {
			if got := (key{path: path}).variable(); got != want {
				t.Errorf("variable of %s = %s, want %s", path, got, want)
			}
		}
	})
	t.Run("NamesOneKey", func(t *testing.T) {
		seen := map[string]string{}
		for _, k := range keys() {
			v := k.variable()
			if v == "" {
				continue
			}
			if seen[v] != "" || foreign(v) {
				t.Errorf("%s is the variable of %s, of %s, or of nobody", v, seen[v], k.path)
			}
			seen[v] = k.path
		}
	})
}
