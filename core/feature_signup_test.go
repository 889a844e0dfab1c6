package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// noon is when the clock of a server begins.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// downKV is a KV in which no session can be stored while it is down.
type downKV struct {
	*memory.KV
	down bool
}

func (k *downKV) Put(ctx context.Context, key string, e ports.Entry) error {
	if k.down {
		return fmt.Errorf("%w: down", ports.ErrUnavailable)
	}
	return k.KV.Put(ctx, key, e)
}

// downStore is a store that fails once a record of the model is to be created, and from then on in all calls, until it
// is up again. With loose set it cannot roll back.
type downStore struct {
	*memory.Store
	at    string
	loose bool
	only  bool // nothing but these creations fails
	down  bool
}

func (s *downStore) fails() error {
	if s.down && !s.only {
		return fmt.Errorf("%w: down", ports.ErrUnavailable)
	}
	return nil
}

func (s *downStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if s.at == m.Name {
		s.down = true
		return nil, fmt.Errorf("%w: down", ports.ErrUnavailable)
	}
	if err := s.fails(); err != nil {
		return nil, err
	}
	return s.Store.Create(ctx, m, r)
}

func (s *downStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if err := s.fails(); err != nil {
		return nil, err
	}
	return s.Store.Find(ctx, q, args)
}

func (s *downStore) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	if err := s.fails(); err != nil {
		return 0, err
	}
	return s.Store.Delete(ctx, d, args)
}

func (s *downStore) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	if s.loose {
		return f(ctx)
	}
	return s.Store.Tx(ctx, f)
}

func (s *server) users() int64 {
	s.t.Helper()
	n, err := s.auth.Users.Count(s.t.Context(), kernia.UserQuery{})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// TestSignUpAfterAnOutage: a sign-up that an outage cut off leaves nobody behind, so that the next one succeeds.
func TestSignUpAfterAnOutage(t *testing.T) {
	for name, place := range map[string]kernia.Place{"in the KV": kernia.InKV, "in both": kernia.InBoth} {
		t.Run("sessions "+name, func(t *testing.T) {
			kv := &downKV{KV: memory.NewKV(memory.KVOptions{Clock: memory.NewClock(noon)}), down: true}
			s := serve(t, kernia.Config{KV: kv, Session: kernia.SessionConfig{Place: place}})
			retried(t, s, func() { kv.down = false })
		})
	}
	for _, at := range []string{"session", "account"} {
		t.Run("of the store, "+at, func(t *testing.T) {
			store := &downStore{Store: memory.New(), at: at, only: true, loose: true}
			s := serve(t, kernia.Config{Store: store})
			retried(t, s, func() { store.at = "" })
		})
	}
	t.Run("of the whole store between user and account", func(t *testing.T) {
		store := &downStore{Store: memory.New(), at: "account"}
		s := serve(t, kernia.Config{Store: store})
		retried(t, s, func() { store.at, store.down = "", false })
	})
	t.Run("a client that has gone away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, kernia.Config{Hooks: kernia.Hooks{Session: kernia.SessionHooks{BeforeCreate: func(context.Context, *kernia.Session) error {
			cancel()
			return nil
		}}}})
		if _, err := emailpassword.SignUp(ctx, s.auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "password123"}); err == nil {
			t.Error("SignUp succeeds for a client that has gone away")
		}
		if n := s.users(); n != 0 {
			t.Errorf("%d users are left, want none", n)
		}
	})
}

func retried(t *testing.T, s *server, heal func()) {
	t.Helper()
	if a := s.signUp2("ann@example.com"); a.Status != 503 || len(a.Cookies) > 0 {
		t.Errorf("sign-up during an outage = %d %s", a.Status, a.Body)
	}
	if n := s.users(); n != 0 {
		t.Errorf("%d users are left, want none", n)
	}
	heal()
	if a := s.signUp2("ann@example.com"); a.Status != 200 || !s.signedIn(a.cookie()) {
		t.Errorf("sign-up afterwards = %d %s", a.Status, a.Body)
	}
}

// TestResumesASignUp: where not even the deletion of the user was possible, the same sign-up goes on with them, once the
// first can no longer be at work; for nobody but who knows the password.
func TestResumesASignUp(t *testing.T) {
	store := &downStore{Store: memory.New(), at: "session"}
	s := serve(t, kernia.Config{Store: store})
	if a := s.signUp2("ann@example.com"); a.Status != 503 {
		t.Errorf("sign-up during an outage = %d %s", a.Status, a.Body)
	}
	store.at, store.down = "", false
	if a := s.signUp2("ann@example.com"); a.Status != 422 {
		t.Errorf("sign-up while the first may be at work = %d %s", a.Status, a.Body)
	}
	s.clock.Advance(6 * time.Second)
	wrong := s.post("/sign-up/email", `{"name":"Eve","email":"ann@example.com","password":"password124"}`)
	if wrong.Status != 422 || wrong.code() != kernia.ErrUserExists.Code || len(wrong.Cookies) > 0 {
		t.Errorf("sign-up with another password = %d %s", wrong.Status, wrong.Body)
	}
	if a := s.signUp2("Ann@example.com"); a.Status != 200 || !s.signedIn(a.cookie()) || s.users() != 1 {
		t.Errorf("sign-up again = %d %s, %d users", a.Status, a.Body, s.users())
	}
	if a := s.signUp2("ann@example.com"); a.Status != 422 {
		t.Errorf("sign-up of a user with a session = %d %s", a.Status, a.Body)
	}
	u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err == nil {
		err = s.auth.Sessions.RevokeAll(t.Context(), u.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Hour)
	if a := s.signUp2("ann@example.com"); a.Status != 422 {
		t.Errorf("sign-up of an old user = %d %s", a.Status, a.Body)
	}
}

// TestUnfinishedUser: a hook that fails after the user is stored has a code of its own, and its user can sign in.
func TestUnfinishedUser(t *testing.T) {
	late := func(context.Context) error { return errors.New("secret detail") }
	for name, hooks := range map[string]kernia.Hooks{
		"user":    {User: kernia.UserHooks{AfterCreate: func(ctx context.Context, _ kernia.User) error { return late(ctx) }}},
		"account": {Account: kernia.AccountHooks{AfterCreate: func(ctx context.Context, _ kernia.Account) error { return late(ctx) }}},
	} {
		s := serve(t, kernia.Config{Hooks: hooks})
		if a := s.signUp2("ann@example.com"); a.Status != 422 || a.code() != "USER_CREATION_UNFINISHED" || strings.Contains(string(a.Body), "secret") {
			t.Errorf("%s: sign-up = %d %s", name, a.Status, a.Body)
		}
		if a := s.signIn("ann@example.com"); a.Status != 200 {
			t.Errorf("%s: sign-in = %d %s", name, a.Status, a.Body)
		}
	}
}

// TestLimitsSignUp: one address can sign up three times in ten seconds.
func TestLimitsSignUp(t *testing.T) {
	s := serve(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true}})
	for i, want := range []int{200, 200, 200, 429} {
		if a := s.signUp2(fmt.Sprintf("ann%d@example.com", i)); a.Status != want {
			t.Errorf("sign-up %d = %d %s, want %d", i+1, a.Status, a.Body, want)
		}
	}
	s.clock.Advance(11 * time.Second)
	if a := s.signUp2("late@example.com"); a.Status != 200 {
		t.Errorf("sign-up later = %d %s", a.Status, a.Body)
	}
}

// deletingKV runs a step before a session is stored.
type deletingKV struct {
	*memory.KV
	step func()
}

func (k deletingKV) Put(ctx context.Context, key string, e ports.Entry) error {
	if strings.HasPrefix(key, "session:") {
		k.step()
	}
	return k.KV.Put(ctx, key, e)
}

// TestD04_NoSessionBeginsForADeletedUser: a user who is deleted before or while a session begins in the key-value store
// has none afterwards, also where the application begins it by itself.
func TestD04_NoSessionBeginsForADeletedUser(t *testing.T) {
	for _, place := range []kernia.Place{kernia.InKV, kernia.InBoth} {
		for _, during := range []bool{false, true} {
			kv := &deletingKV{KV: memory.NewKV(memory.KVOptions{Clock: memory.NewClock(noon)}), step: func() {}}
			s := serve(t, kernia.Config{KV: kv, Session: kernia.SessionConfig{Place: place}})
			fresh := s.auth.Users.New(t.Context())
			fresh.Name, fresh.Email = "Ann", "ann@example.com"
			u, err := s.auth.Users.Create(t.Context(), fresh)
			if err != nil {
				t.Fatal(err)
			}
			remove := func() {
				if _, err := s.auth.Users.Delete(t.Context(), u.ID); err != nil {
					t.Error(err)
				}
			}
			if kv.step = remove; !during {
				kv.step = func() {}
				remove()
			}
			session, err := s.auth.Sessions.Issue(t.Context(), u, kernia.NewSession{})
			if err == nil && !during {
				t.Errorf("Issue = %+v, want an error", session)
			}
			if p, err := s.auth.Verify(t.Context(), session.Token); p != nil || err != nil {
				t.Errorf("the session of a deleted user is live: %+v, %v", p, err)
			}
			if list, err := s.auth.Sessions.List(t.Context(), u.ID); len(list) > 0 || err != nil {
				t.Errorf("the user has sessions %v, %v", list, err)
			}
		}
	}
}
