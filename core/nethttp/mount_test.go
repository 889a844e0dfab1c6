package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/core/nethttp"
)

// TestMountAt: however the slashes of a path are written, the routes are in one place.
func TestMountAt(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{})
	for _, path := range []string{"/auth", "auth", "/auth/", "auth/", "//auth"} {
		mux := http.NewServeMux()
		nethttp.MountAt(mux, path, auth)
		w := httptest.NewRecorder()
		http.StripPrefix("/api", mux).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/auth/ok", http.NoBody))
		status := w.Code
		if status != http.StatusOK {
			t.Errorf("MountAt %q: /api/auth/ok answers %d, want 200", path, status)
		}
	}
}
