package kerniafiber_test

import (
	"errors"
	"net"
	"testing"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	"github.com/kernia-go/kernia/core/transporttest"
)

// TestTransport runs the kit on every setting of Fiber that changes what an adapter sees.
func TestTransport(t *testing.T) {
	for name, cfg := range map[string]fiber.Config{
		"Default":   {},
		"Immutable": {Immutable: true},
		"Strict":    {StrictRouting: true, CaseSensitive: true},
		"Unescape":  {UnescapePath: true},
		"Stream":    {StreamRequestBody: true},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []transporttest.Option{transporttest.NoDisconnect, transporttest.NoVersion}
			if cfg.StreamRequestBody {
				opts = append(opts, transporttest.CutsChunks)
			}
			transporttest.Run(t, program(t, cfg, false), opts...)
		})
	}
}

// TestMountedApp runs the kit with groups that are apps of their own.
func TestMountedApp(t *testing.T) {
	transporttest.Run(t, program(t, fiber.Config{}, true), transporttest.NoDisconnect, transporttest.NoVersion)
}

// program builds an App of the kit on Fiber.
func program(t *testing.T, cfg fiber.Config, mounted bool) func(app transporttest.App) (string, func()) {
	return func(app transporttest.App) (string, func()) {
		cfg.DisableStartupMessage = true
		cfg.ErrorHandler = func(c *fiber.Ctx, err error) error {
			status := fiber.StatusInternalServerError
			if e, ok := errors.AsType[*fiber.Error](err); ok {
				status = e.Code
			}
			if status != fiber.StatusTeapot {
				return c.SendStatus(status) // an error of Fiber's own repeats the request
			}
			return c.Status(status).SendString("app: " + err.Error())
		}
		f := fiber.New(cfg)
		f.Use(before(app))
		visit := func(c *fiber.Ctx) error {
			status, body := app.Visit(transporttest.Visit{Context: c.UserContext(), Session: kerniafiber.Session(c), Body: append([]byte(nil), c.Body()...)})
			c.Type("txt", "utf-8")
			return c.Status(status).SendString(body)
		}
		f.All("/required", kerniafiber.RequireSession(app.Auth), visit)
		f.All("/optional", kerniafiber.LoadSession(app.Auth), visit)
		f.All("/open", visit)
		f.All("/fail", kerniafiber.LoadSession(app.Auth), func(*fiber.Ctx) error { return fiber.NewError(418, "teapot") })
		// Fiber takes the first route that matches: one wildcard at the root comes last.
		switch {
		case app.Group == "" && app.Path == "":
			kerniafiber.Mount(f, app.Auth)
		case app.Group == "":
			kerniafiber.MountAt(f, app.Path, app.Auth)
		case mounted:
			sub := fiber.New(cfg)
			kerniafiber.MountAt(sub, app.Path, app.Auth)
			f.Mount(app.Group, sub)
		default:
			kerniafiber.MountAt(f.Group(app.Group), app.Path, app.Auth)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = f.Listener(l) }()
		return "http://" + l.Addr().String(), func() { _ = f.Shutdown() }
	}
}

// before is the middleware that an App asks for. Fiber keeps the body and sends nothing before the last handler
// returns.
func before(app transporttest.App) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if app.Context != nil {
			c.SetUserContext(app.Context(c.UserContext()))
		}
		for _, l := range app.Header {
			c.Response().Header.Add(l.Name, l.Value)
		}
		if app.Drain {
			_ = c.Body()
		}
		if app.Commit {
			_ = c.Status(202).SendString("early")
		}
		return c.Next()
	}
}
