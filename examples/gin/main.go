// Gin is a gin router with Kernia on it: gin runs handlers of net/http, and so needs no adapter.
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
	"time"

	"github.com/gin-gonic/gin"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
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
	store, err := kerniasqlite.Open(ctx, "gin.db")
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
	router := gin.New()
	router.Any(auth.BasePath()+"/*path", gin.WrapH(nethttp.Handler(auth)))
	router.GET("/me", requireSession(auth), func(c *gin.Context) {
		c.JSON(http.StatusOK, kernia.SessionFrom(c.Request.Context()).User)
	})
	server := &http.Server{Handler: router, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}

// requireSession is the guard of net/http as gin's middleware: what does not reach the next handler ends here.
func requireSession(auth *kernia.Auth) gin.HandlerFunc {
	guard := nethttp.RequireSession(auth)
	return func(c *gin.Context) {
		passed := false
		guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
