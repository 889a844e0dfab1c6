package client_test

import (
	"maps"
	"path/filepath"
	"testing"
)

// A store is one kind of database that a server can have.
type store struct {
	name   string
	keeps  bool // across restarts
	config func(t *testing.T) config
}

var (
	memory = store{name: "memory", config: func(*testing.T) config { return config{"driver": "memory"} }}
	sqlite = store{name: "sqlite", keeps: true, config: func(t *testing.T) config {
		return config{"driver": "sqlite", "dsn": filepath.Join(t.TempDir(), "kernia.db")}
	}}
)

// The servers that the official client is tried on. More is what else the configuration has.
var servers = []struct {
	http  string
	store store
	more  config
}{
	{http: "nethttp", store: memory},
	{http: "nethttp", store: sqlite},
	{http: "chi", store: memory},
	{http: "chi", store: sqlite},
}

// fields are the application's own, for every server.
var fields = config{
	"plugins": config{"bearer": config{}},
	"user":    config{"additionalFields": config{"plan": config{"type": "string", "required": false, "defaultValue": "free"}}},
	"session": config{"additionalFields": config{"theme": config{"type": "string", "required": false}}},
}

// start starts a server on an empty database.
func start(t *testing.T, http string, on store, more ...config) *server {
	t.Helper()
	c := config{"http": http, "store": on.config(t)}
	for _, m := range more {
		maps.Copy(c, m)
	}
	addr, url := place(t)
	s := configure(t, addr, url, c)
	if on.keeps {
		s.migrate(t)
	}
	s.serve(t)
	return s
}

func TestClient(t *testing.T) {
	dir := stage(t, scripts)
	for _, kind := range servers {
		t.Run(kind.http+"/"+kind.store.name, func(t *testing.T) {
			s := start(t, kind.http, kind.store, fields, kind.more)
			run(t, dir, "client.mjs", map[string]any{"url": s.url, "origin": origin, "keeps": kind.store.keeps}, answers{"restart": s.restart})
		})
	}
}

func TestFreshness(t *testing.T) {
	dir := stage(t, scripts)
	s := start(t, "chi", memory, config{"session": config{"freshAge": 1}})
	run(t, dir, "stale.mjs", map[string]any{"url": s.url, "origin": origin}, nil)
}
