package kerniasqlite_test

import (
	"path/filepath"
	"testing"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

func FuzzStore(f *testing.F) {
	dir := f.TempDir()
	storetest.Fuzz(f, func(t *testing.T, name string) ports.Store {
		s, err := kerniasqlite.OpenFast(t.Context(), filepath.Join(dir, name+".db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closed(t, s) })
		return s
	})
}

// FuzzTime reads whatever stands in a column of times: it never fails to end, and what is written reads the same.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-03-01T12:00:00.007Z", "2026-02-30T12:00:00.000Z", "2026-03-01", "1772366400007", "", "+010000-01-01T00:00:00.000Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := kerniasqlite.ParseTime(s)
		if !ok {
			return
		}
		ms := ports.Time(got).AsTime()
		if y := ms.Year(); y < 0 || y > 9999 {
			return
		}
		again, ok := kerniasqlite.ParseTime(ms.Format(ports.TimeFormat))
		if !ok || !again.Equal(ms) {
			t.Errorf("%q reads as %v and its own form as %v, %v", s, ms, again, ok)
		}
	})
}
