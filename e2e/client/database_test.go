package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
)

// reference starts the JavaScript server on a database: where it is, under the name of its kind.
func reference(t *testing.T, dir, addr, url string, database map[string]string) *program {
	t.Helper()
	node, _ := node(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{"url": url, "port": port, "secret": secret, "origin": origin, "migrate": true}
	for kind, place := range database {
		all[kind] = place
	}
	argument, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, addr, func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, node, filepath.Join(dir, "reference.mjs"), string(argument))
		cmd.Env = append(cmd.Environ(), "NODE_ENV=production", "BETTER_AUTH_TELEMETRY=0")
		return cmd
	})
}

// named are the plugins of the JavaScript server that add columns.
var named = config{"username": config{}}

func TestExistingDatabase(t *testing.T) {
	dir := stage(t, scripts)
	file := filepath.Join(t.TempDir(), "app.db")
	addr, url := place(t)
	theirs := reference(t, dir, addr, url, map[string]string{"file": file})
	ours := configure(t, addr, url, config{"store": config{"driver": "sqlite", "dsn": file}, "plugins": named})
	run(t, dir, "adopt.mjs", map[string]any{"url": url, "origin": origin, "file": file}, answers{
		"migrate": func() any {
			theirs.stop()
			return map[string]string{"first": ours.migrate(t), "second": ours.migrate(t)}
		},
		"serve": func() any {
			ours.serve(t)
			return true
		},
	})
}

// shared are the kinds of databases that both servers know: how each is told where one is.
var shared = []struct {
	store  store
	theirs string
}{{sqlite, "file"}, {postgres, "postgres"}, {mongo, "mongo"}}

func TestTakeover(t *testing.T) {
	dir := stage(t, scripts)
	for _, kind := range shared[1:] { // SQLite is looked at more closely above
		t.Run(kind.store.name, func(t *testing.T) {
			on := kind.store.config(t)
			addr, url := place(t)
			theirs := reference(t, dir, addr, url, map[string]string{kind.theirs: fmt.Sprint(on["dsn"])})
			ours := configure(t, addr, url, config{"store": on, "plugins": named})
			run(t, dir, "takeover.mjs", map[string]any{"url": url, "origin": origin}, answers{"serve": func() any {
				theirs.stop()
				ours.migrate(t)
				ours.serve(t)
				return true
			}})
		})
	}
}

func TestOneDatabaseForTwo(t *testing.T) {
	dir := stage(t, scripts)
	for _, kind := range shared {
		t.Run(kind.store.name, func(t *testing.T) {
			on := kind.store.config(t)
			addr, node := place(t)
			reference(t, dir, addr, node, map[string]string{kind.theirs: fmt.Sprint(on["dsn"])})
			addr, url := place(t)
			ours := configure(t, addr, url, config{
				"store": on, "plugins": named,
				"session": config{"storeTokens": "plain"}, "password": config{"hasher": "scrypt"},
			})
			ours.migrate(t)
			ours.serve(t)
			run(t, dir, "beside.mjs", map[string]any{"node": node, "kernia": url, "origin": origin}, nil)
		})
	}
}
