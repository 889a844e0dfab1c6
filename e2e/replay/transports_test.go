package replay_test

import (
	"net"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/gofiber/fiber/v2"
	"github.com/labstack/echo/v4"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kerniaecho "github.com/kernia-go/kernia/adapters/http/echo"
	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// A transport serves an Auth and returns its URL and how to stop it.
type transport struct {
	name  string
	serve func(t *testing.T, auth *kernia.Auth) (url string, stop func())
}

var transports = []transport{
	{"nethttp", func(t *testing.T, auth *kernia.Auth) (string, func()) { return server(t, nethttp.Handler(auth)) }},
	{"chi", func(t *testing.T, auth *kernia.Auth) (string, func()) {
		r := chi.NewRouter()
		kerniachi.Mount(r, auth)
		return server(t, r)
	}},
	{"echo", func(t *testing.T, auth *kernia.Auth) (string, func()) {
		e := echo.New()
		kerniaecho.Mount(e, auth)
		return server(t, e)
	}},
	{"fiber", func(t *testing.T, auth *kernia.Auth) (string, func()) {
		f := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 64 << 10})
		kerniafiber.Mount(f, auth)
		var lc net.ListenConfig
		l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = f.Listener(l) }()
		return "http://" + l.Addr().String(), func() { _ = f.Shutdown() }
	}},
}
