// Production is Kernia as a team runs it: Postgres, Redis, mail by SMTP, nginx in front, verified addresses, cached
// sessions, rate limits, an audit trail in a table, health checks and an orderly end. README.md says how to run it.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kerniasmtp "github.com/kernia-go/kernia/adapters/mail/smtp"
	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/deleteuser"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
)

// stopping is how long requests, mails and events under way may take after the program was told to stop.
const stopping = 20 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:8080"))
	if err == nil {
		err = run(ctx, listener, os.Getenv, len(os.Args) > 1 && os.Args[1] == "migrate")
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends or, if it is told to, brings the database up to date.
func run(ctx context.Context, listener net.Listener, env func(name string) string, migrate bool) error {
	config, err := pgxpool.ParseConfig(env("DATABASE_URL"))
	if err != nil {
		return errors.New("DATABASE_URL is no URL of Postgres") // the cause repeats a password
	}
	kerniapostgres.Configure(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	kv, err := kerniaredis.Open(ctx, env("REDIS_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = kv.Close() }()
	mailer, err := kerniasmtp.New(kerniasmtp.Options{URL: env("SMTP_URL"), From: env("MAIL_FROM")})
	if err != nil {
		return err
	}
	proxy, err := netip.ParsePrefix(cmp.Or(env("TRUSTED_PROXY"), "127.0.0.1/32"))
	if err != nil {
		return fmt.Errorf("TRUSTED_PROXY: %w", err)
	}
	auth, err := kernia.New(kernia.Config{
		BaseURL: env("BASE_URL"), Secret: env("SECRET"), TrustedOrigins: []string{env("APP_ORIGIN")}, TrustedProxies: []netip.Prefix{proxy},
		Store: kerniapostgres.New(pool), KV: kv, Mailer: mailer, Events: audit{pool},
		Session: kernia.SessionConfig{Cache: kernia.CacheConfig{Enabled: true, MaxAge: time.Minute}},
		RateLimit: kernia.RateLimitConfig{Rules: []kernia.RateRule{
			{Path: "/get-session", Window: time.Minute, Max: 600}, // before the built-in rules, which bound what guesses
		}},
	}, emailpassword.Feature{MinLength: 12}, emailverification.Feature{
		Required: true, AutoSignIn: true, SendOnSignIn: true,
		ChangeEmail: emailverification.ChangeEmail{Enabled: true, Confirm: true},
	}, deleteuser.Feature{Verify: true})
	if err != nil {
		return err
	}
	if migrate {
		if _, err := auth.Migrate(ctx, true); err != nil {
			return err
		}
		return createAudit(ctx, pool)
	}
	return serve(ctx, listener, auth)
}

func serve(ctx context.Context, listener net.Listener, auth *kernia.Auth) error {
	router := chi.NewRouter()
	kerniachi.Mount(router, auth)
	router.Get("/live", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	router.Get("/ready", func(w http.ResponseWriter, r *http.Request) {
		if err := auth.Ready(r.Context()); err != nil {
			slog.WarnContext(r.Context(), "not ready", "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	router.With(kerniachi.RequireSession(auth)).Get("/me", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(kerniachi.Session(r).User)
	})
	server := &http.Server{Handler: router, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	slog.Info("listening", "addr", listener.Addr().String())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	return errors.Join(server.Shutdown(ending), auth.Close(ending)) // requests first, then the mails and events they left
}
