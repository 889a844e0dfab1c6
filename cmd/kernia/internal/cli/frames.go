package cli

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kerniaecho "github.com/kernia-go/kernia/adapters/http/echo"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// A frame is one framework that can carry the server.
type frame struct {
	name string
	make func(auth *kernia.Auth, f *front, log *slog.Logger) server
}

// A server answers what comes over a listener until it is told to shut down, and then what it has begun.
type server interface {
	Serve(l net.Listener) error // http.ErrServerClosed or nil after Shutdown
	Shutdown(ctx context.Context) error
}

// frames lists the frameworks, the default among them.
func frames() []frame {
	return []frame{
		{"nethttp", overHTTP(mountNethttp)},
		{"chi", overHTTP(mountChi)},
		{"echo", overHTTP(mountEcho)},
		{"fiber", overFiber},
	}
}

// mountNethttp takes no http.ServeMux, which would redirect unclean paths where the other routers do not find them.
func mountNethttp(auth *kernia.Auth) http.Handler { return nethttp.Handler(auth) }

func mountChi(auth *kernia.Auth) http.Handler {
	router := chi.NewRouter()
	kerniachi.Mount(router, auth)
	return router
}

func mountEcho(auth *kernia.Auth) http.Handler {
	router := echo.New()
	kerniaecho.Mount(router, auth)
	return router
}

// What one connection may take of time and memory. Every call to the core is bounded by Config.Timeout besides.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 64 << 10
)

// overHTTP makes a frame of any framework whose router is an http.Handler.
func overHTTP(mount func(auth *kernia.Auth) http.Handler) func(*kernia.Auth, *front, *slog.Logger) server {
	return func(auth *kernia.Auth, f *front, log *slog.Logger) server {
		router := mount(auth)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			lines, done := f.answer(r.Context(), nethttp.Request(r))
			for _, l := range lines {
				w.Header().Add(l.Name, l.Value)
			}
			if done != nil {
				nethttp.Write(w, *done)
				return
			}
			router.ServeHTTP(w, r)
		})
		return &http.Server{
			Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
			IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		}
	}
}
