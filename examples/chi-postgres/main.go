// Chi-postgres is a chi router with Kernia on it, and PostgreSQL.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String())
		err = run(ctx, listener, os.Getenv("DATABASE_URL"))
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listener net.Listener, url string) error {
	store, err := kerniapostgres.Open(ctx, url)
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
	router := chi.NewRouter()
	kerniachi.Mount(router, auth)
	router.With(kerniachi.RequireSession(auth)).Get("/me", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(kerniachi.Session(r).User)
	})
	server := &http.Server{Handler: router, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}
