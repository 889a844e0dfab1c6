package kerniafiber_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
)

// TestB01_FibersProxySettingsChooseNoAddress: Fiber can be told to take the client's address from a header, which any
// client can send. Kernia takes the connection's; Config.TrustedProxies says whose header counts.
func TestB01_FibersProxySettingsChooseNoAddress(t *testing.T) {
	app := fiber.New(fiber.Config{ProxyHeader: fiber.HeaderXForwardedFor})
	var remote, fibers string
	app.Get("/", func(c *fiber.Ctx) error {
		remote, fibers = kerniafiber.Request(c).Remote, c.IP()
		return nil
	})
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("X-Forwarded-For", "8.9.9.1")
	resp, err := app.Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if fibers != "8.9.9.1" || remote != "0.0.0.0:0" { // what app.Test has for a connection
		t.Errorf("Fiber's address is %q and Kernia's %q, want the header's and the connection's", fibers, remote)
	}
}
