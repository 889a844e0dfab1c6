// Echo-mongo is an echo server with Kernia on it, and MongoDB.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/labstack/echo/v4"

	kerniaecho "github.com/kernia-go/kernia/adapters/http/echo"
	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String())
		err = run(ctx, listener, os.Getenv("MONGO_URL"), "app")
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listener net.Listener, url, database string) error {
	store, err := kerniamongo.Open(ctx, url, database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	auth, err := kernia.New(kernia.Config{Development: true, Store: store}, emailpassword.Feature{})
	if err != nil {
		return err
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		return err
	}
	e := echo.New()
	e.HideBanner, e.HidePort, e.Listener = true, true, listener
	kerniaecho.Mount(e, auth)
	e.GET("/me", func(c echo.Context) error {
		return c.JSON(http.StatusOK, kerniaecho.Session(c).User)
	}, kerniaecho.RequireSession(auth))
	context.AfterFunc(ctx, func() { _ = e.Shutdown(context.WithoutCancel(ctx)) })
	if err := e.Start(""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}
