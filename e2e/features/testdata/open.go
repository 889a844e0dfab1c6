package featuretest

import (
	"testing"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

func open(t testing.TB) ports.Store {
	store, err := kerniasqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatalf("opening a database: %v", err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
