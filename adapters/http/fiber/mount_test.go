package kerniafiber_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestMountAt: however the slashes of a path are written, the routes are in one place.
func TestMountAt(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{})
	for _, path := range []string{"/auth", "auth", "/auth/", "auth/", "//auth"} {
		app := fiber.New()
		kerniafiber.MountAt(app.Group("/api"), path, auth)
		resp, err := app.Test(httptest.NewRequest(http.MethodGet, "/api/auth/ok", http.NoBody), -1)
		if err != nil {
			t.Fatal(err)
		}
		status := resp.StatusCode
		_ = resp.Body.Close()
		if status != http.StatusOK {
			t.Errorf("MountAt %q: /api/auth/ok answers %d, want 200", path, status)
		}
	}
}
