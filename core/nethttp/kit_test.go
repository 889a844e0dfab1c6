package nethttp_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
	"github.com/kernia-go/kernia/core/transporttest"
)

// TestTransport runs the kit on http.ServeMux, groups being muxes behind http.StripPrefix.
func TestTransport(t *testing.T) { transporttest.Run(t, program, transporttest.CleansPaths) }

// program builds an App of the kit on http.ServeMux.
func program(app transporttest.App) (string, func()) {
	mux := http.NewServeMux()
	switch {
	case app.Group == "" && app.Path == "":
		nethttp.Mount(mux, app.Auth)
	case app.Group == "":
		nethttp.MountAt(mux, app.Path, app.Auth)
	default:
		sub := http.NewServeMux()
		nethttp.MountAt(sub, app.Path, app.Auth)
		mux.Handle(app.Group+"/", http.StripPrefix(app.Group, sub))
	}
	visit := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status, text := app.Visit(transporttest.Visit{Context: r.Context(), Session: kernia.SessionFrom(r.Context()), Body: body})
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
	fail := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "app: teapot", http.StatusTeapot) })
	mux.Handle("/required", nethttp.RequireSession(app.Auth)(visit))
	mux.Handle("/optional", nethttp.LoadSession(app.Auth)(visit))
	mux.Handle("/open", visit)
	mux.Handle("/fail", nethttp.LoadSession(app.Auth)(fail))
	s := httptest.NewUnstartedServer(before(app, mux))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	return s.URL, func() { s.CloseClientConnections(); s.Close() }
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
			w.(http.Flusher).Flush()
		}
		next.ServeHTTP(w, r)
	})
}
