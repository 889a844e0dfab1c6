package transporttest_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
	"github.com/kernia-go/kernia/core/transporttest"
)

// An adapter of your own has one test: a function that builds the kit's program on the framework. Here it is
// http.ServeMux.
func Example() {
	serve := func(app transporttest.App) (string, func()) {
		mux, sub := http.NewServeMux(), http.NewServeMux()
		if app.Group == "" && app.Path == "" {
			nethttp.Mount(mux, app.Auth)
		} else {
			nethttp.MountAt(sub, app.Path, app.Auth)
			mux.Handle(app.Group+"/", http.StripPrefix(app.Group, sub))
		}
		visit := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			status, text := app.Visit(transporttest.Visit{Context: r.Context(), Session: kernia.SessionFrom(r.Context()), Body: body})
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		})
		fail := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "app: teapot", http.StatusTeapot) })
		mux.Handle("/required", nethttp.RequireSession(app.Auth)(visit))
		mux.Handle("/optional", nethttp.LoadSession(app.Auth)(visit))
		mux.Handle("/open", visit)
		mux.Handle("/fail", nethttp.LoadSession(app.Auth)(fail))
		s := httptest.NewServer(before(app, mux))
		return s.URL, func() { s.CloseClientConnections(); s.Close() }
	}
	// In a test file this is func TestTransport(t *testing.T).
	testTransport := func(t *testing.T) { transporttest.Run(t, serve, transporttest.CleansPaths) }

	fmt.Println("keeps every promise:", passes(testTransport))
	// Output: keeps every promise: true
}

// before is the middleware that an App asks for.
func before(app transporttest.App, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if app.Context != nil {
			r = r.WithContext(app.Context(r.Context()))
		}
		for _, l := range app.Header {
			w.Header().Add(l.Name, l.Value)
		}
		if app.Drain {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		if app.Commit {
			w.WriteHeader(202)
			_, _ = io.WriteString(w, "early")
			_ = http.NewResponseController(w).Flush()
		}
		next.ServeHTTP(w, r)
	})
}

// passes runs a test within an example, without its log, which would be taken for the example's output.
func passes(test func(t *testing.T)) bool {
	verbose := flag.Lookup("test.v").Value
	was := verbose.String()
	_ = verbose.Set("false")
	defer func() { _ = verbose.Set(was) }()
	everything := func(_, _ string) (bool, error) { return true, nil }
	return testing.RunTests(everything, []testing.InternalTest{{Name: "TestTransport", F: test}})
}
