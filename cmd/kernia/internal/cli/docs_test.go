package cli

import (
	"bytes"
	"os"
	"strings"
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
}

// The program has every driver and framework that a configuration may name, and no other.
func TestNames(t *testing.T) {
	var stores, carriers []string
	for _, d := range drivers() {
		stores = append(stores, d.name)
	}
	for _, f := range frames() {
		carriers = append(carriers, f.name)
	}
	s := decode(t, `{"http": "none", "store": {"driver": "none"}}`)
	want := "http: want one of " + strings.Join(carriers, ", ") + "\nstore.driver: want one of " + strings.Join(stores, ", ")
	if err := s.Check(); err == nil || err.Error() != want {
		t.Errorf("Check = %v, want %s", err, want)
	}
}
