package kerniaecho_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	kerniaecho "github.com/kernia-go/kernia/adapters/http/echo"
	"github.com/kernia-go/kernia/core/transporttest"
)

func TestTransport(t *testing.T) { transporttest.Run(t, program) }

// program builds an App of the kit on Echo.
func program(app transporttest.App) (string, func()) {
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		status, text := http.StatusInternalServerError, err.Error()
		if he, ok := errors.AsType[*echo.HTTPError](err); ok {
			status, text = he.Code, he.Message.(string)
		}
		_ = c.String(status, "app: "+text)
	}
	e.Use(before(app))
	switch {
	case app.Group == "" && app.Path == "":
		kerniaecho.Mount(e, app.Auth)
	case app.Group == "":
		kerniaecho.MountAt(e, app.Path, app.Auth)
	default:
		kerniaecho.MountAt(e.Group(app.Group), app.Path, app.Auth)
	}
	visit := func(c echo.Context) error {
		body, _ := io.ReadAll(c.Request().Body)
		status, text := app.Visit(transporttest.Visit{Context: c.Request().Context(), Session: kerniaecho.Session(c), Body: body})
		return c.String(status, text)
	}
	e.Any("/required", visit, kerniaecho.RequireSession(app.Auth))
	e.Any("/optional", visit, kerniaecho.LoadSession(app.Auth))
	e.Any("/open", visit)
	e.Any("/fail", func(echo.Context) error { return echo.NewHTTPError(418, "teapot") }, kerniaecho.LoadSession(app.Auth))
	s := httptest.NewServer(e)
	return s.URL, func() { s.CloseClientConnections(); s.Close() }
}

// before is the middleware that an App asks for.
func before(app transporttest.App) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if app.Context != nil {
				c.SetRequest(c.Request().WithContext(app.Context(c.Request().Context())))
			}
			for _, l := range app.Header {
				c.Response().Header().Add(l.Name, l.Value)
			}
			if app.Drain {
				_, _ = io.Copy(io.Discard, c.Request().Body)
			}
			if app.Commit {
				_ = c.String(202, "early")
				c.Response().Flush()
			}
			return next(c)
		}
	}
}
