// Own-tables is an application with a table that refers to users. A user and the row beside them are made in one
// transaction: both are there, or neither, and no event speaks of what was rolled back. A profile comes with every user,
// whichever route or call makes them.
package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/nethttp"
	"github.com/kernia-go/kernia/ports"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String())
		err = run(ctx, listener, trail{})
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

// trail writes what happened to the log.
type trail struct{}

func (trail) Record(_ context.Context, e kernia.Event) error {
	slog.Info("event", "type", e.Type, "user_id", e.UserID)
	return nil
}

func run(ctx context.Context, listener net.Listener, events ports.Events) error {
	// A transaction that reads before it writes must begin as a writer, hence immediate.
	db, err := sql.Open("sqlite", "file:own-tables.db?_txlock=immediate&_pragma=foreign_keys(1)&_pragma=busy_timeout(100)&_pragma=journal_mode(WAL)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	store := kerniasqlite.New(db)
	defer func() { _ = store.Close() }()
	auth, err := kernia.New(kernia.Config{
		Development: true, Store: store, Events: events,
		Hooks: kernia.Hooks{User: kernia.UserHooks{DuringCreate: func(ctx context.Context, u kernia.User) error {
			return addProfile(ctx, store, u)
		}}},
	}, emailpassword.Feature{}, bearer.Feature{})
	if err != nil {
		return err
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS company (name TEXT PRIMARY KEY, founder TEXT NOT NULL REFERENCES "user" (id));
		CREATE TABLE IF NOT EXISTS profile (nick TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE)`); err != nil {
		return err
	}
	a := &app{db, auth}
	mux := http.NewServeMux()
	nethttp.Mount(mux, auth)
	mux.HandleFunc("POST /companies", a.found)
	mux.Handle("GET /company", nethttp.RequireSession(auth)(http.HandlerFunc(a.show)))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}
