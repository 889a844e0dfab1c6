// Fiber-redis is a fiber server with Kernia on it: users in SQLite, sessions in Redis alone.
package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String())
		err = run(ctx, listener, os.Getenv("REDIS_URL"), kerniaredis.Options{})
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listener net.Listener, url string, o kerniaredis.Options) error {
	store, err := kerniasqlite.Open(ctx, "fiber-redis.db")
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	kv, err := kerniaredis.Open(ctx, url, o)
	if err != nil {
		return err
	}
	defer func() { _ = kv.Close() }()
	auth, err := kernia.New(kernia.Config{
		Development: true, Store: store, KV: kv, Session: kernia.SessionConfig{Place: kernia.InKV},
	}, emailpassword.Feature{})
	if err != nil {
		return err
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		return err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	kerniafiber.Mount(app, auth)
	app.Get("/me", kerniafiber.RequireSession(auth), func(c *fiber.Ctx) error {
		return c.JSON(kerniafiber.Session(c).User)
	})
	context.AfterFunc(ctx, func() { _ = app.Shutdown() })
	if err := app.Listener(listener); err != nil {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}
