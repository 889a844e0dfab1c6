package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var vite = root + "/examples/vite-react"

func TestReact(t *testing.T) {
	chromium, dir, app := chromium(t), stage(t, scripts), stage(t, vite)
	addr, api := place(t)
	page := pages(t, buildApp(t, app, api))
	untrusted := pages(t, filepath.Join(app, "dist"))
	s := launch(t, addr, func(ctx context.Context) *exec.Cmd { // the example's own configuration, elsewhere
		cmd := exec.CommandContext(ctx, kernia.build(t), "serve", "--config", filepath.Join(app, "kernia.json"), "--addr", addr)
		cmd.Dir, cmd.Env = app, append(environ(), "KERNIA_TRUSTED_ORIGINS="+page)
		return cmd
	})
	run(t, dir, "react.mjs", map[string]any{"chromium": chromium, "api": api, "page": page, "untrusted": untrusted}, answers{"restart": s.restart})
}

// buildApp builds the page for an API and returns the folder of the result.
func buildApp(t *testing.T, app, api string) string { return buildWith(t, app, api, ".") }

// buildWith builds the page in a folder of the app.
func buildWith(t *testing.T, app, api, folder string) string {
	t.Helper()
	node, _ := node(t)
	ctx, cancel := within(t, running)
	defer cancel()
	cmd := group(exec.CommandContext(ctx, node, "node_modules/vite/bin/vite.js", "build", folder, "--logLevel", "warn"))
	cmd.Dir, cmd.Env = app, append(os.Environ(), "VITE_API_URL="+api)
	output(t, cmd)
	return filepath.Join(app, folder, "dist")
}

// pages serves a folder at an origin of its own, which it returns, on the host of the API.
func pages(t *testing.T, folder string) string {
	t.Helper()
	s := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

func TestQuickstart(t *testing.T) {
	tryOut(t, "quickstart.mjs", func(ctx context.Context, addr string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, quickstart.build(t))
		cmd.Env = append(environ(), "ADDR="+addr)
		return cmd
	})
}

func TestPage(t *testing.T) {
	tryOut(t, "page.mjs", func(ctx context.Context, addr string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, kernia.build(t), "serve", "--addr", addr)
		cmd.Env = environ()
		return cmd
	})
}

// tryOut runs a program in an empty folder, as somebody does who has just got it, and a script on its page.
func tryOut(t *testing.T, script string, program func(ctx context.Context, addr string) *exec.Cmd) {
	t.Helper()
	chromium, dir, folder := chromium(t), stage(t, scripts), t.TempDir()
	addr, _ := place(t)
	s := launch(t, addr, func(ctx context.Context) *exec.Cmd {
		cmd := program(ctx, addr)
		cmd.Dir = folder
		return cmd
	})
	run(t, dir, script, map[string]any{"chromium": chromium, "page": "http://" + addr}, answers{"restart": s.restart})
}
