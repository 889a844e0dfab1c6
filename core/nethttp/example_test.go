package nethttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
	"github.com/kernia-go/kernia/ports/memory"
)

// A protected and an optional route beside the routes of Auth, on http.ServeMux.
func Example() {
	auth, err := kernia.New(kernia.Config{
		BaseURL: "http://localhost:8080/api/auth", Secret: "keep-32-random-bytes-in-the-environment", Store: memory.New(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	nethttp.Mount(mux, auth)
	mux.Handle("GET /me", nethttp.RequireSession(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, kernia.SessionFrom(r.Context()).User.Name)
	})))
	mux.Handle("GET /hello", nethttp.LoadSession(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kernia.SessionFrom(r.Context()) == nil {
			fmt.Fprintln(w, "hello, whoever you are")
		}
	})))

	for _, path := range []string{"/api/auth/ok", "/me", "/hello"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
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
	mux := http.NewServeMux()
	nethttp.Mount(mux, auth)
	bench(b, mux)
}

func BenchmarkBare(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ok":true}`)) })
	bench(b, mux)
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
