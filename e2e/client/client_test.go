package client_test

import (
	"maps"
	"os"
	"testing"

	"github.com/kernia-go/kernia/e2e/internal/servers"
)

// The servers that the official client is tried on: every framework on every store.
var (
	frameworks = []string{"nethttp", "chi", "echo", "fiber"}
	stores     = []store{memory, sqlite, postgres, mongo}
)

// fields are the application's own, for every server.
var fields = config{
	"mail":    config{"outbox": os.DevNull},
	"plugins": config{"bearer": config{}, "emailOTP": config{}, "magicLink": config{}, "twoFactor": config{}, "username": config{}},
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

func redisConfig(t *testing.T) config {
	t.Helper()
	return config{"url": servers.URL(t, "KERNIA_TEST_REDIS_URL")}
}

// TestClient runs the whole scenario on every pair, without Redis and with sessions in Redis.
func TestClient(t *testing.T) { //nolint:tparallel // no other test is parallel: there is nothing to run beside
	dir := stage(t, scripts)
	for _, framework := range frameworks {
		for _, on := range stores {
			for _, redis := range []bool{false, true} {
				name := framework + "/" + on.name
				if redis {
					name += "/redis"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					more := config{}
					if redis {
						more["redis"] = redisConfig(t)
					}
					s := start(t, framework, on, fields, more)
					given := map[string]any{"url": s.url, "origin": origin}
					if on.keeps || !redis {
						given["keeps"] = on.keeps
					}
					run(t, dir, "client.mjs", given, answers{"restart": s.restart})
				})
			}
		}
	}
}

func TestFreshness(t *testing.T) {
	dir := stage(t, scripts)
	s := start(t, "chi", memory, config{"session": config{"freshAge": 1}})
	run(t, dir, "stale.mjs", map[string]any{"url": s.url, "origin": origin}, nil)
}
