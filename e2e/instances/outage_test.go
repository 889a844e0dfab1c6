package instances_test

import (
	"context"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// slack is what an answer may take beyond Config.Timeout on a busy machine.
const slack = 3 * time.Second

// refused checks that a request is answered 503, in time, with no cookie touched.
func (i *instance) refused(what, method, path, body, cookie string) {
	i.t.Helper()
	a := i.send(method, path, body, cookie)
	if a.status != 503 || len(a.cookies) != 0 || a.took > 2*time.Second+slack || !strings.Contains(a.body, "SERVICE_UNAVAILABLE") {
		i.t.Errorf("%s: %s = %d %s, cookies %q, after %s, want 503 within the timeout", what, path, a.status, a.body, a.cookies, a.took.Round(time.Millisecond))
	}
}

// resumes waits until the service is back, by itself.
func (i *instance) resumes(what, cookie string) {
	i.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		a := i.send("GET", "/me", "", cookie)
		if a.status == 200 {
			return
		}
		if a.status != 503 {
			i.t.Fatalf("%s: /me = %d %s: signed out by an outage", what, a.status, a.body)
		}
		if time.Now().After(deadline) {
			i.t.Fatalf("%s: the service does not come back", what)
		}
	}
}

func TestDatabaseOutage(t *testing.T) {
	c := newCluster(t)
	i := c.start(nil)
	cookie := i.signUp("ann@example.com")
	check := func(what string) {
		t.Helper()
		i.refused(what, "GET", "/me", "", cookie)
		i.refused(what, "GET", "/api/auth/get-session", "", cookie)
		i.refused(what, "POST", "/api/auth/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "")
		i.refused(what, "POST", "/api/auth/sign-out", ``, cookie)
		if err := i.auth.Ready(t.Context()); err == nil {
			t.Errorf("%s: ready", what)
		}
	}
	for what, mood := range map[string]int32{"reset": resets, "black hole": swallows} {
		c.postgres.set(mood)
		check(what)
		c.postgres.set(forwards)
		i.resumes(what, cookie)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var held []interface{ Release() }
	for range i.pool.Config().MaxConns {
		conn, err := i.pool.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	check("exhausted pool")
	for _, conn := range held {
		conn.Release()
	}
	i.resumes("exhausted pool", cookie)
	if err := i.auth.Ready(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestRedisOutage(t *testing.T) {
	c := newCluster(t)
	i := c.start(func(cfg *kernia.Config) {
		cfg.Session.Place = kernia.InKV
		cfg.RateLimit = kernia.RateLimitConfig{Enabled: true, Max: 1000, Rules: []kernia.RateRule{{Path: "/sign-*", Max: 1000, Window: time.Minute}}}
	})
	cookie := i.signUp("ann@example.com")
	for what, mood := range map[string]int32{"reset": resets, "black hole": swallows} {
		c.redis.set(mood)
		i.refused(what, "GET", "/me", "", cookie)
		i.refused(what, "GET", "/api/auth/get-session", "", cookie)
		// The store is well and could sign in: the limit that cannot be counted forbids it.
		i.refused(what, "POST", "/api/auth/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "")
		if err := i.auth.Ready(t.Context()); err == nil {
			t.Errorf("%s: ready", what)
		}
		c.redis.set(forwards)
		i.resumes(what, cookie)
	}
}
