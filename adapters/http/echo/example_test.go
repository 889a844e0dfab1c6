package kerniaecho_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	kerniaecho "github.com/kernia-go/kernia/adapters/http/echo"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// A protected and an optional route beside the routes of Auth, on Echo.
func Example() {
	auth, err := kernia.New(kernia.Config{
		BaseURL: "http://localhost:8080/api/auth", Secret: "keep-32-random-bytes-in-the-environment", Store: memory.New(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	router := echo.New()
	kerniaecho.Mount(router, auth)
	router.GET("/me", func(c echo.Context) error {
		return c.String(http.StatusOK, kerniaecho.Session(c).User.Name)
	}, kerniaecho.RequireSession(auth))
	router.GET("/hello", func(c echo.Context) error {
		if kerniaecho.Session(c) == nil {
			return c.String(http.StatusOK, "hello, whoever you are")
		}
		return nil
	}, kerniaecho.LoadSession(auth))

	for _, path := range []string{"/api/auth/ok", "/me", "/hello"} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		fmt.Println(path, w.Code, w.Body)
	}
	// Output:
	// /api/auth/ok 200 {"ok":true}
	// /me 401 {"message":"Unauthorized","code":"UNAUTHORIZED"}
	// /hello 200 hello, whoever you are
}

// BenchmarkMount is a request through the adapter; BenchmarkBare is one through a handler that only answers.
func BenchmarkMount(b *testing.B) {
	auth, err := kernia.New(kernia.Config{
		BaseURL: "http://localhost:8080/api/auth", Secret: "keep-32-random-bytes-in-the-environment", Store: memory.New(),
		RateLimit: kernia.RateLimitConfig{Disabled: true},
	})
	if err != nil {
		b.Fatal(err)
	}
	router := echo.New()
	kerniaecho.Mount(router, auth)
	bench(b, router)
}

func BenchmarkBare(b *testing.B) {
	router := echo.New()
	router.GET("/api/auth/*", func(c echo.Context) error { return c.String(http.StatusOK, `{"ok":true}`) })
	bench(b, router)
}

func bench(b *testing.B, h http.Handler) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/auth/ok", http.NoBody))
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
