package cli

import (
	"context"
	"log/slog"
	"net"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	kernia "github.com/kernia-go/kernia/core"
)

// A fiberServer carries the routes on fiber, which is not made of net/http.
type fiberServer struct{ app *fiber.App }

// overFiber reads bodies whole before the front sees a request, so that what a handler leaves unread is never taken
// for the next request.
func overFiber(auth *kernia.Auth, f *front, _ *slog.Logger) server {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true, BodyLimit: int(auth.BodyLimit()) + 1, ReadBufferSize: headerBytes,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	})
	app.Use(func(c *fiber.Ctx) error {
		lines, done := f.answer(c.UserContext(), asked(c))
		for _, l := range lines {
			c.Response().Header.Add(l.Name, l.Value)
		}
		if done == nil {
			return c.Next()
		}
		for _, l := range done.Header {
			c.Set(l.Name, l.Value)
		}
		return c.Status(done.Status).Send(done.Body)
	})
	kerniafiber.Mount(app, auth)
	return fiberServer{app}
}

// asked copies out of c what a front looks at.
func asked(c *fiber.Ctx) *kernia.Request {
	r := &kernia.Request{Method: string(c.Request().Header.Method()), Path: string(c.Request().URI().PathOriginal()), Header: kernia.Header{}}
	for _, name := range []string{fiber.HeaderOrigin, fiber.HeaderAccessControlRequestMethod} {
		for _, v := range c.Request().Header.PeekAll(name) {
			r.Header[name] = append(r.Header[name], string(v))
		}
	}
	return r
}

func (s fiberServer) Serve(l net.Listener) error { return s.app.Listener(l) }

func (s fiberServer) Shutdown(ctx context.Context) error { return s.app.ShutdownWithContext(ctx) }
