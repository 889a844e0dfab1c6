package instances_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/nethttp"
	"github.com/kernia-go/kernia/e2e/internal/servers"
	"github.com/kernia-go/kernia/ports/memory"
)

// A cluster is one database and one Redis, each behind a proxy, with names of the test's own.
type cluster struct {
	t        *testing.T
	schema   string
	postgres *proxy
	redis    *proxy
	pgURL    string
	redisURL string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	pg, rd := servers.URL(t, "KERNIA_TEST_POSTGRES_URL"), servers.URL(t, "KERNIA_TEST_REDIS_URL")
	c := &cluster{t: t, schema: fmt.Sprintf("instances_%d", time.Now().UnixNano())}
	c.postgres, c.pgURL = through(t, pg, "5432")
	c.redis, c.redisURL = through(t, rd, "6379")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:usetesting // t.Context() is over by now
		defer cancel()
		conn, err := pgx.Connect(ctx, pg)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, `DROP SCHEMA IF EXISTS "`+c.schema+`" CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return c
}

// through returns a proxy before the server of a URL and the URL that leads through it.
func through(t *testing.T, raw, port string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("a test server's URL cannot be read")
	}
	host := u.Host
	if u.Port() == "" {
		host += ":" + port
	}
	p := newProxy(t, host)
	u.Host = p.address()
	return p, u.String()
}

// An instance is one program on the cluster.
type instance struct {
	t    *testing.T
	auth *kernia.Auth
	pool *pgxpool.Pool
	url  string
}

func (c *cluster) start(change func(cfg *kernia.Config)) *instance {
	c.t.Helper()
	ctx := c.t.Context()
	conf, err := pgxpool.ParseConfig(c.pgURL)
	if err != nil {
		c.t.Fatal(err)
	}
	conf.MaxConns = 8
	kerniapostgres.Configure(conf)
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		c.t.Fatal(err)
	}
	kv, err := kerniaredis.Open(ctx, c.redisURL, kerniaredis.Options{Prefix: c.schema + ":"})
	if err != nil {
		c.t.Fatal(err)
	}
	cfg := kernia.Config{
		BaseURL: "http://app.example/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Timeout: 2 * time.Second,
		Store: kerniapostgres.New(pool, kerniapostgres.Options{Schema: c.schema}), KV: kv, Hasher: &memory.Hasher{},
		RateLimit: kernia.RateLimitConfig{Disabled: true}, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	auth, err := kernia.New(cfg, emailpassword.Feature{}, bearer.Feature{})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		c.t.Fatal(err)
	}
	mux := http.NewServeMux()
	nethttp.Mount(mux, auth)
	mux.Handle("/me", nethttp.RequireSession(auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, kernia.SessionFrom(r.Context()).User.Email)
	})))
	server := httptest.NewServer(mux)
	c.t.Cleanup(func() {
		server.Close()
		_ = kv.Close()
		pool.Close()
	})
	return &instance{t: c.t, auth: auth, pool: pool, url: server.URL}
}

// An answer is what came back and how long it took.
type answer struct {
	status  int
	body    string
	cookies []string
	took    time.Duration
}

func (i *instance) send(method, path, body, cookie string) answer {
	i.t.Helper()
	req, err := http.NewRequestWithContext(i.t.Context(), method, i.url+path, strings.NewReader(body))
	if err != nil {
		i.t.Fatal(err)
	}
	req.Header.Set("Origin", "http://app.example")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	begun := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		i.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return answer{res.StatusCode, string(b), res.Header["Set-Cookie"], time.Since(begun)}
}

func (i *instance) signUp(email string) string {
	i.t.Helper()
	a := i.send("POST", "/api/auth/sign-up/email", `{"name":"A","email":"`+email+`","password":"password123"}`, "")
	if a.status != 200 {
		i.t.Fatalf("sign-up = %d %s", a.status, a.body)
	}
	cookie, _, _ := strings.Cut(a.cookies[0], ";")
	return cookie
}

func (i *instance) signedIn(cookie string) bool {
	i.t.Helper()
	a := i.send("GET", "/me", "", cookie)
	if a.status != 200 && a.status != 401 {
		i.t.Fatalf("/me = %d %s", a.status, a.body)
	}
	return a.status == 200
}

func TestTwoInstances(t *testing.T) {
	for name, place := range map[string]kernia.Place{"in the store": kernia.InStore, "in Redis": kernia.InKV, "in both": kernia.InBoth} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			change := func(cfg *kernia.Config) { cfg.Session.Place = place }
			one, two := c.start(change), c.start(change)
			cookie := one.signUp("ann@example.com")
			if !two.signedIn(cookie) {
				t.Fatal("a session of one instance is unknown to the other")
			}
			if a := two.send("POST", "/api/auth/update-user", `{"name":"B"}`, cookie); a.status != 200 {
				t.Errorf("update-user = %d %s", a.status, a.body)
			}
			if a := one.send("GET", "/api/auth/get-session", "", cookie); !strings.Contains(a.body, `"name":"B"`) {
				t.Errorf("the other instance's change does not show: %s", a.body)
			}
			if a := two.send("POST", "/api/auth/sign-out", ``, cookie); a.status != 200 {
				t.Errorf("sign-out = %d %s", a.status, a.body)
			}
			if one.signedIn(cookie) {
				t.Error("a session that one instance revoked is live on the other")
			}
		})
	}
}

func TestLimitAcrossInstances(t *testing.T) {
	c := newCluster(t)
	for name, store := range map[string]bool{"in Redis": false, "in the store": true} {
		t.Run(name, func(t *testing.T) {
			change := func(cfg *kernia.Config) { cfg.RateLimit = kernia.RateLimitConfig{Enabled: true, InStore: store} }
			all := []*instance{c.start(change), c.start(change)}
			var got []int
			for i := range 6 {
				got = append(got, all[i%2].send("POST", "/api/auth/sign-in/email", `{"email":"x@example.com","password":"password123"}`, "").status)
			}
			if want := "[401 401 401 429 429 429]"; fmt.Sprint(got) != want {
				t.Errorf("sign-ins on two instances = %v, want %s", got, want)
			}
		})
	}
}
