package client_test

import (
	"context"
	"encoding/json"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
)

// reference starts the JavaScript server on a SQLite file.
func reference(t *testing.T, dir, addr, url, file string) *program {
	t.Helper()
	node, _ := node(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	argument, err := json.Marshal(map[string]any{"url": url, "port": port, "file": file, "secret": secret, "origin": origin, "migrate": true})
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, addr, func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, node, filepath.Join(dir, "reference.mjs"), string(argument))
		cmd.Env = append(cmd.Environ(), "NODE_ENV=production", "BETTER_AUTH_TELEMETRY=0")
		return cmd
	})
}

func TestExistingDatabase(t *testing.T) {
	dir := stage(t, scripts)
	file := filepath.Join(t.TempDir(), "app.db")
	addr, url := place(t)
	theirs := reference(t, dir, addr, url, file)
	ours := configure(t, addr, url, config{"store": config{"driver": "sqlite", "dsn": file}})
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

func TestOneDatabaseForTwo(t *testing.T) {
	dir := stage(t, scripts)
	file := filepath.Join(t.TempDir(), "app.db")
	addr, node := place(t)
	reference(t, dir, addr, node, file)
	addr, url := place(t)
	ours := configure(t, addr, url, config{
		"store":   config{"driver": "sqlite", "dsn": file},
		"session": config{"storeTokens": "plain"}, "password": config{"hasher": "scrypt"},
	})
	ours.migrate(t)
	ours.serve(t)
	run(t, dir, "beside.mjs", map[string]any{"node": node, "kernia": url, "origin": origin}, nil)
}
