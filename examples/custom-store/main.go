// Custom-store is a program on a store of its own: store.go is one, kept in maps, and store_test.go proves it.
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

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/nethttp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String())
		err = run(ctx, listener)
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listener net.Listener) error {
	auth, err := kernia.New(kernia.Config{Development: true, Store: New()}, emailpassword.Feature{})
	if err != nil {
		return err
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		return err
	}
	mux := http.NewServeMux()
	nethttp.Mount(mux, auth)
	mux.Handle("GET /me", nethttp.RequireSession(auth)(http.HandlerFunc(me)))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}

func me(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode(kernia.SessionFrom(r.Context()).User)
}
