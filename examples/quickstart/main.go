// Quickstart: a page that signs up, in and out, one route for signed-in users and one for everybody, on chi and
// SQLite. Run it in an empty folder and open what it prints.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/go-chi/chi/v5"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/devpage"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/nethttp"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	store, err := kerniasqlite.Open(ctx, "quickstart.db")
	if err != nil {
		return err
	}
	defer store.Close()
	// Development makes and keeps a secret; a program in production gives BaseURL and Secret.
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
	router.With(kerniachi.LoadSession(auth)).Get("/hello", func(w http.ResponseWriter, r *http.Request) {
		name := "stranger"
		if p := kerniachi.Session(r); p != nil {
			name = p.User.Name
		}
		_ = json.NewEncoder(w).Encode("Hello, " + name)
	})
	page := devpage.Page{Title: "Kernia quickstart", Next: []devpage.Step{
		{Text: "GET /me answers signed-in users only.", URL: "/me"},
		{Text: "GET /hello answers everybody and knows the name of a signed-in user.", URL: "/hello"},
		{Text: "Both are in examples/quickstart/main.go: add a route of your own."},
	}}.Response(auth.BasePath())
	router.Get("/", func(w http.ResponseWriter, _ *http.Request) { nethttp.Write(w, page) })
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "127.0.0.1:8080"
	}
	server := &http.Server{Addr: addr, Handler: router, ReadHeaderTimeout: 5 * time.Second}
	go func() { <-ctx.Done(); _ = server.Shutdown(context.Background()) }()
	log.Printf("open http://%s", addr)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return auth.Close(context.Background())
}
