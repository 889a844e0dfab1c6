package kerniachi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	"github.com/kernia-go/kernia/core/transporttest"
)

// TestTransport runs the kit with groups made by Route.
func TestTransport(t *testing.T) {
	transporttest.Run(t, program(func(r chi.Router, group string, f func(chi.Router)) { r.Route(group, f) }))
}

// TestMountedRouter runs the kit with groups that are routers of their own.
func TestMountedRouter(t *testing.T) {
	transporttest.Run(t, program(func(r chi.Router, group string, f func(chi.Router)) {
		sub := chi.NewRouter()
		f(sub)
		r.Mount(group, sub)
	}))
}

// TestMiddleware runs the kit behind chi's own middleware that looks at paths, bodies and answers.
func TestMiddleware(t *testing.T) {
	transporttest.Run(t, program(func(r chi.Router, group string, f func(chi.Router)) { r.Route(group, f) },
		middleware.RequestID, middleware.GetHead, middleware.Recoverer, middleware.StripSlashes))
}

// program builds an App of the kit on chi.
func program(group func(r chi.Router, prefix string, f func(chi.Router)), ms ...func(http.Handler) http.Handler) func(app transporttest.App) (string, func()) {
	return func(app transporttest.App) (string, func()) {
		r := chi.NewRouter()
		r.Use(before(app))
		r.Use(ms...)
		switch {
		case app.Group == "" && app.Path == "":
			kerniachi.Mount(r, app.Auth)
		case app.Group == "":
			kerniachi.MountAt(r, app.Path, app.Auth)
		default:
			group(r, app.Group, func(sub chi.Router) { kerniachi.MountAt(sub, app.Path, app.Auth) })
		}
		visit := func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			status, text := app.Visit(transporttest.Visit{Context: r.Context(), Session: kerniachi.Session(r), Body: body})
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
		r.With(kerniachi.RequireSession(app.Auth)).HandleFunc("/required", visit)
		r.With(kerniachi.LoadSession(app.Auth)).HandleFunc("/optional", visit)
		r.HandleFunc("/open", visit)
		r.With(kerniachi.LoadSession(app.Auth)).HandleFunc("/fail", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "app: teapot", http.StatusTeapot) })
		s := httptest.NewUnstartedServer(r)
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.Start()
		return s.URL, func() { s.CloseClientConnections(); s.Close() }
	}
}

// before is the middleware that an App asks for.
func before(app transporttest.App) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
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
}
