package kerniasqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

// TestOnlyTheOwnerReadsANewFile: nor the log and the index beside it. A file that exists keeps its mode.
func TestOnlyTheOwnerReadsANewFile(t *testing.T) {
	for name, was := range map[string]os.FileMode{"new.db": 0, "old.db": 0o640} {
		path := filepath.Join(t.TempDir(), name)
		want := os.FileMode(0o600)
		if was != 0 {
			if err := os.WriteFile(path, nil, was); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, was); err != nil {
				t.Fatal(err)
			}
			want = was
		}
		s, err := kerniasqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		m := &ports.Model{Name: "note", Fields: []ports.Field{{Name: "id", Type: ports.TypeString}}}
		if _, err := s.Migrate(t.Context(), []*ports.Model{m}, true); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s has the mode %o, want %o", filepath.Base(file), info.Mode().Perm(), want)
			}
		}
	}
}
