package kerniafiber_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestMiddleware shows that a guard sees the headers as earlier middleware left them.
func TestMiddleware(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{})
	ann := kerniatest.SignIn(t, auth, "ann@example.com")
	bob := kerniatest.SignIn(t, auth, "bob@example.com")
	name := "better-auth.session_token"
	value := func(c kerniatest.Client) string { return c.Cookie[len(name)+1:] }
	for what, c := range map[string]struct {
		before fiber.Handler
		want   string
	}{
		"None":             {func(c *fiber.Ctx) error { return c.Next() }, "ann@example.com"},
		"Reads":            {func(c *fiber.Ctx) error { _ = c.Cookies("other"); return c.Next() }, "ann@example.com"},
		"RemovesTheHeader": {func(c *fiber.Ctx) error { c.Request().Header.Del("Cookie"); return c.Next() }, "nobody"},
		"RemovesTheCookie": {func(c *fiber.Ctx) error { c.Request().Header.DelCookie(name); return c.Next() }, "nobody"},
		"ChangesTheCookie": {func(c *fiber.Ctx) error { c.Request().Header.SetCookie(name, value(bob)); return c.Next() }, "bob@example.com"},
	} {
		t.Run(what, func(t *testing.T) {
			app := fiber.New()
			app.Get("/me", c.before, kerniafiber.LoadSession(auth), func(c *fiber.Ctx) error {
				if p := kerniafiber.Session(c); p != nil {
					return c.SendString(p.User.Email)
				}
				return c.SendString("nobody")
			})
			req := httptest.NewRequest(http.MethodGet, "/me", http.NoBody)
			req.Header.Set("Cookie", "other=1; "+ann.Cookie)
			res, err := app.Test(req, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if got, _ := io.ReadAll(res.Body); string(got) != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
