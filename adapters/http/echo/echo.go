// Package kerniaecho mounts Kernia on an Echo server and guards the routes beside it.
package kerniaecho

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// A Router is an *echo.Echo or an *echo.Group.
type Router interface {
	Any(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) []*echo.Route
}

// ErrCommitted goes to the server's error handler when an earlier handler has begun the answer to a request for
// Kernia, which then does nothing.
var ErrCommitted = errors.New("kerniaecho: the answer was begun by an earlier handler")

// Mount registers the routes of auth on router as one wildcard under auth.BasePath(). Middleware that changes the
// path or reads the body must not stand before it.
func Mount(router Router, auth *kernia.Auth) { MountAt(router, auth.BasePath(), auth) }

// MountAt registers the routes under path, the local path inside a group: a group with the prefix "/api" takes "/auth"
// where auth.BasePath() is "/api/auth". "auth" and "/auth/" mean "/auth".
func MountAt(router Router, path string, auth *kernia.Auth) {
	path = strings.TrimRight("/"+strings.TrimLeft(path, "/"), "/")
	h := nethttp.Handler(auth)
	router.Any(path+"/*", func(c echo.Context) error {
		if c.Response().Committed {
			return ErrCommitted
		}
		h.ServeHTTP(c.Response(), c.Request())
		return nil
	})
}

// RequireSession runs the next handler for signed-in callers and answers 401 to all others.
func RequireSession(auth *kernia.Auth) echo.MiddlewareFunc {
	return guard(nethttp.RequireSession(auth))
}

// LoadSession runs the next handler for everybody; Session is nil for who is not signed in.
func LoadSession(auth *kernia.Auth) echo.MiddlewareFunc { return guard(nethttp.LoadSession(auth)) }

// Session returns who makes the request, as RequireSession or LoadSession found out; nil means nobody. It is
// kernia.SessionFrom of the request's context.
func Session(c echo.Context) *kernia.Principal { return kernia.SessionFrom(c.Request().Context()) }

func guard(g func(http.Handler) http.Handler) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			g(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				c.SetRequest(r)
				err = next(c)
			})).ServeHTTP(c.Response(), c.Request())
			return err
		}
	}
}
