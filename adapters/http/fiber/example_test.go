package kerniafiber_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// A protected and an optional route beside the routes of Auth, on Fiber.
func Example() {
	auth, err := kernia.New(kernia.Config{
		BaseURL: "http://localhost:8080/api/auth", Secret: "keep-32-random-bytes-in-the-environment", Store: memory.New(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	app := fiber.New()
	kerniafiber.Mount(app, auth)
	app.Get("/me", kerniafiber.RequireSession(auth), func(c *fiber.Ctx) error {
		return c.SendString(kerniafiber.Session(c).User.Name)
	})
	app.Get("/hello", kerniafiber.LoadSession(auth), func(c *fiber.Ctx) error {
		if kerniafiber.Session(c) == nil {
			return c.SendString("hello, whoever you are")
		}
		return nil
	})

	for _, path := range []string{"/api/auth/ok", "/me", "/hello"} {
		res, err := app.Test(httptest.NewRequest(http.MethodGet, path, http.NoBody), -1)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		fmt.Println(path, res.StatusCode, string(body))
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
	app := fiber.New()
	kerniafiber.Mount(app, auth)
	bench(b, app)
}

func BenchmarkBare(b *testing.B) {
	app := fiber.New()
	app.Get("/api/auth/*", func(c *fiber.Ctx) error { return c.SendString(`{"ok":true}`) })
	bench(b, app)
}

func bench(b *testing.B, app *fiber.App) {
	b.Helper()
	h := app.Handler()
	b.ReportAllocs()
	for b.Loop() {
		var c fasthttp.RequestCtx
		c.Request.Header.SetMethod(fiber.MethodGet)
		c.Request.SetRequestURI("/api/auth/ok")
		h(&c)
		if c.Response.StatusCode() != fiber.StatusOK {
			b.Fatal(c.Response.StatusCode())
		}
	}
}
