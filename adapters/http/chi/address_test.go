package kerniachi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestB01_RealIPChoosesNoAddress: middleware.RealIP takes the client's address from a header that any client can send.
// The limits then count such clients as one.
func TestB01_RealIPChoosesNoAddress(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true}}, emailpassword.Feature{})
	router := chi.NewRouter()
	router.Use(middleware.RealIP) //nolint:staticcheck // deprecated for what is tested here
	kerniachi.Mount(router, auth)
	var statuses []int
	for _, from := range []string{"8.9.9.1", "8.9.9.2", "8.9.9.3", "8.9.9.4"} {
		r := httptest.NewRequest(http.MethodPost, auth.BaseURL()+"/sign-in/email", strings.NewReader(`{"email":"ann@example.com","password":"password123"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", strings.TrimSuffix(auth.BaseURL(), auth.BasePath()))
		r.Header.Set("X-Forwarded-For", from)
		r.Header.Set("X-Real-IP", from)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		statuses = append(statuses, w.Code)
	}
	if statuses[0] != http.StatusUnauthorized || statuses[3] != http.StatusTooManyRequests {
		t.Errorf("four sign-ins that claim an address each: %d, want the last to be 429", statuses)
	}
}
