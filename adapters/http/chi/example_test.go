package kerniachi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// A protected and an optional route beside the routes of Auth, on chi.
func Example() {
	auth, err := kernia.New(kernia.Config{
		BaseURL: "http://localhost:8080/api/auth", Secret: "keep-32-random-bytes-in-the-environment", Store: memory.New(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	router := chi.NewRouter()
	kerniachi.Mount(router, auth)
	router.With(kerniachi.RequireSession(auth)).Get("/me", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, kerniachi.Session(r).User.Name)
	})
	router.With(kerniachi.LoadSession(auth)).Get("/hello", func(w http.ResponseWriter, r *http.Request) {
		if kerniachi.Session(r) == nil {
			fmt.Fprintln(w, "hello, whoever you are")
		}
	})

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
	router := chi.NewRouter()
	kerniachi.Mount(router, auth)
	bench(b, router)
}

func BenchmarkBare(b *testing.B) {
	router := chi.NewRouter()
	router.HandleFunc("/api/auth/*", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ok":true}`)) })
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
