package transporttest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// patience is how long a promise may take.
const patience = time.Minute

// A tester is what the kit needs of *testing.T, so that the kit's own test can watch promises fail.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// A kit is what one promise is proved with.
type kit struct {
	tester
	options
	ctx   context.Context //nolint:containedctx // a kit lives as long as its one subtest
	serve func(app App) (string, func())
}

func newKit(t tester, o options, serve func(app App) (string, func())) *kit {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &kit{tester: t, options: o, ctx: ctx, serve: serve}
}

const (
	base   = "/api/auth"
	origin = "http://localhost:8080"
	secret = "kernia-test-secret-that-is-not-for-use-anywhere"
)

// A setup is what one promise changes about its world.
type setup struct {
	kernia.Config
	app App
}

// A world is one program on the framework, with everything in it that the kit holds.
type world struct {
	*kit
	auth  *kernia.Auth
	store *store
	clock *memory.Clock
	probe *probe
	addr  string // where the program listens

	mu     sync.Mutex
	visits []Visit
}

// world starts a program.
func (k *kit) world(edits ...func(s *setup)) *world {
	k.Helper()
	w := &world{kit: k, probe: &probe{}, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	w.store = &store{Store: memory.New()}
	s := setup{Config: kernia.Config{
		BaseURL: origin + base, Secret: secret, Store: w.store, Clock: w.clock, Random: memory.NewPredictableRandom(1),
		Hasher: &memory.Hasher{}, RateLimit: kernia.RateLimitConfig{Disabled: true}, Logger: slog.New(slog.DiscardHandler),
		DisabledPaths: []string{"/kit/closed"}, Timeout: 3 * k.patience,
	}}
	s.app.Visit = func(v Visit) (int, string) {
		if v.Session == nil {
			return 200, "nobody"
		}
		return 200, v.Session.User.Email
	}
	for _, edit := range edits {
		edit(&s)
	}
	var err error
	if w.auth, err = kernia.New(s.Config, w.probe); err != nil {
		k.Fatalf("New: %v", err)
	}
	if _, err := w.auth.Migrate(k.ctx, true); err != nil {
		k.Fatalf("Migrate: %v", err)
	}
	visit := s.app.Visit
	s.app.Auth, s.app.Visit = w.auth, func(v Visit) (int, string) {
		w.mu.Lock()
		w.visits = append(w.visits, v)
		w.mu.Unlock()
		return visit(v)
	}
	url, stop := k.serve(s.app)
	k.Cleanup(func() {
		stop()
		_ = w.auth.Close(context.Background())
	})
	w.addr = strings.TrimPrefix(url, "http://")
	return w
}

// visited returns how often the application's handler ran.
func (w *world) visited() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.visits)
}

// last returns the application's last visit.
func (w *world) last() Visit {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.visits) == 0 {
		w.Fatalf("the application's handler did not run")
	}
	return w.visits[len(w.visits)-1]
}

// user makes a user with the e-mail address.
func (w *world) user(email string) kernia.User {
	w.Helper()
	u := w.auth.Users.New(w.ctx)
	u.Email, u.Name = email, "Ann"
	u, err := w.auth.Users.Create(w.ctx, u)
	if err != nil {
		w.Fatalf("CreateUser: %v", err)
	}
	return u
}

// signIn makes a user with a session and returns its Cookie header's value.
func (w *world) signIn(email string) (cookie string, s kernia.Session) {
	w.Helper()
	s, err := w.auth.Sessions.Issue(w.ctx, w.user(email), kernia.NewSession{})
	if err != nil {
		w.Fatalf("Issue: %v", err)
	}
	return w.auth.Sessions.Cookie(s.Token), s
}

// eventually waits until done is closed, for as long as the kit has patience.
func (k *kit) eventually(what string, done <-chan struct{}) {
	k.Helper()
	select {
	case <-done:
	case <-time.After(k.patience):
		k.Fatalf("%s: not within %v", what, k.patience)
	}
}

// want ends in an error where got differs.
func (k *kit) want(what string, got, want any) {
	k.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		k.Errorf("%s: got %s, want %s", what, g, w)
	}
}
