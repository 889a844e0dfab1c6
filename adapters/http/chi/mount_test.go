package kerniachi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestMountAt: however the slashes of a path are written, the routes are in one place.
func TestMountAt(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{})
	for _, path := range []string{"/auth", "auth", "/auth/", "auth/", "//auth"} {
		router, sub := chi.NewRouter(), chi.NewRouter()
		kerniachi.MountAt(sub, path, auth)
		router.Mount("/api", sub)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/auth/ok", http.NoBody))
		status := w.Code
		if status != http.StatusOK {
			t.Errorf("MountAt %q: /api/auth/ok answers %d, want 200", path, status)
		}
	}
}
