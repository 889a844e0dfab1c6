package kernia_test

import (
	"os"
	"path/filepath"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestD12_OnlyTheOwnerReadsTheSecretFile: nobody else on the machine can sign cookies of a development server.
func TestD12_OnlyTheOwnerReadsTheSecretFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if _, err := kernia.New(kernia.Config{Development: true, SecretFile: path, Store: memory.New()}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the file has the mode %o, want 600", mode)
	}
}
