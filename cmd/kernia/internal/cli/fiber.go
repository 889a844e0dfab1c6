package cli

import (
	"context"
	"errors"
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
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, ErrorHandler: f.fail,
	})
	app.Use(kerniafiber.Strict, func(c *fiber.Ctx) error {
		lines, done := f.answer(c.UserContext(), kerniafiber.Request(c))
		addLines(c, lines)
		if done == nil {
			return c.Next()
		}
		kerniafiber.Write(c, *done)
		return nil
	})
	kerniafiber.Mount(app, auth)
	return fiberServer{app}
}

func addLines(c *fiber.Ctx, lines []kernia.HeaderLine) {
	for _, l := range lines {
		c.Response().Header.Add(l.Name, l.Value)
	}
}

// fail answers what Fiber refuses by the words of the status alone: Fiber's own errors repeat the request.
func (f *front) fail(c *fiber.Ctx, err error) error {
	status := fiber.StatusInternalServerError
	if known, ok := errors.AsType[*fiber.Error](err); ok {
		status = known.Code
	}
	if status == fiber.StatusRequestEntityTooLarge { // no handler saw the request, whose head is whole
		lines, _ := f.cors.answer(kerniafiber.Request(c))
		addLines(c, lines)
	}
	return c.SendStatus(status)
}

func (s fiberServer) Serve(l net.Listener) error { return s.app.Listener(lingering{l}) }

func (s fiberServer) Shutdown(ctx context.Context) error { return s.app.ShutdownWithContext(ctx) }
