// Mongostandin answers the MongoDB protocol on a free port of 127.0.0.1, for tests on machines that have no
// MongoDB server. It is FerretDB over SQLite in a directory of its own, behind a proxy that lets one write
// through at a time: FerretDB's findAndModify and conditional update are several steps, the proxy makes each
// one step. It therefore shows that a program's logic is right, and proves nothing about a real server's races.
//
// It knows no transactions, TTL, partial or sparse indexes, collation or $lookup, and reports a duplicate on
// update as code 1.
//
// Its module stays outside go.work, because its many dependencies would raise the versions that all others are
// tested with: build and test it with GOWORK=off.
//
// The one line on standard output is the mongodb:// URL, printed when it can be used. The program ends when
// standard input ends or on SIGTERM, and removes its directory.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
		stop()
	}()
	if err := serve(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mongostandin:", err)
		os.Exit(1)
	}
}

// serve runs the server and its proxy until ctx is done and writes the URL to out once both listen.
func serve(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "mongostandin")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer os.RemoveAll(dir)

	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler),
		Handler:   "sqlite",
		SQLiteURL: "file:" + filepath.ToSlash(dir) + "/",
	})
	if err != nil {
		return fmt.Errorf("starting the database: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- db.Run(ctx) }()
	defer func() { // the directory goes only after the database has let go of it
		cancel()
		<-done
	}()

	upstream, err := url.Parse(db.MongoDBURI())
	if err != nil {
		return fmt.Errorf("reading the database's address: %w", err)
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	p := &proxy{upstream: upstream.Host}
	go p.accept(ctx, front)
	defer front.Close()

	if _, err := fmt.Fprintf(out, "mongodb://%s/\n", front.Addr()); err != nil {
		return fmt.Errorf("printing the address: %w", err)
	}
	<-ctx.Done()
	return nil
}
