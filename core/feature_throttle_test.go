package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestThrottle(t *testing.T) {
	var throttle *kernia.Throttle
	s := serve(t, kernia.Config{}, declared(func(d *kernia.Declaration) {
		throttle = d.Throttle("code", 3, time.Minute)
		kernia.Get(d, "/guess", func(ctx context.Context, _ *kernia.Call, _ kernia.None) (kernia.Status, error) {
			return kernia.Status{}, throttle.Attempt(ctx, "ann")
		})
	}))
	attempt := func(key string) error { return throttle.Attempt(t.Context(), key) }
	for range 3 {
		if err := attempt("ann"); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.Advance(20*time.Second + time.Millisecond)
	err := attempt("ann")
	if !errors.Is(err, kernia.ErrTooManyAttempts) {
		t.Fatalf("the fourth attempt: %v", err)
	}
	if a := s.get("/guess"); a.Status != 429 || a.code() != "TOO_MANY_ATTEMPTS" || a.header("Retry-After") != "40" || a.header("X-Retry-After") != "40" {
		t.Errorf("over HTTP: %d %s %v", a.Status, a.Body, a.Header)
	}
	if err := attempt("bob"); err != nil {
		t.Errorf("another key: %v", err)
	}
	if err := throttle.Reset(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if err := attempt("ann"); err != nil {
		t.Errorf("after a reset: %v", err)
	}
	for range 2 {
		_ = attempt("ann")
	}
	s.clock.Advance(time.Minute)
	if err := attempt("ann"); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// TestB09_ThrottleFailsClosed: an attempt that cannot be counted is refused, a guess at a password as well.
func TestB09_ThrottleFailsClosed(t *testing.T) {
	var throttle *kernia.Throttle
	broken := brokenKV{memory.NewKV(memory.KVOptions{})}
	s := serve(t, kernia.Config{KV: broken}, emailpassword.Feature{}, declared(func(d *kernia.Declaration) {
		throttle = d.Throttle("code", 3, time.Minute)
	}))
	if err := throttle.Attempt(t.Context(), "ann"); !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("Attempt = %v, want the outage", err)
	}
	s.signUp("ann@example.com")
	if a := s.signIn("ann@example.com"); a.Status != 503 || len(a.Cookies) > 0 {
		t.Errorf("sign-in = %d %s %q, want 503", a.Status, a.Body, a.Cookies)
	}
}

func TestThrottleDeclaration(t *testing.T) {
	for name, f := range map[string]declared{
		"no attempts":     func(d *kernia.Declaration) { d.Throttle("x", 0, time.Minute) },
		"no window":       func(d *kernia.Declaration) { d.Throttle("x", 1, 0) },
		"a long window":   func(d *kernia.Declaration) { d.Throttle("x", 1, 25*time.Hour) },
		"one name twice":  func(d *kernia.Declaration) { d.Throttle("x", 1, time.Minute); d.Throttle("x", 1, time.Minute) },
		"the core's name": func(d *kernia.Declaration) { d.Throttle("password", 1, time.Minute) },
	} {
		if _, err := kernia.New(config(), f); err == nil {
			t.Errorf("%s: New succeeds", name)
		}
	}
}

// TestB01_GuessesFromManyAddresses: no change of address gives further guesses at one password, and neither does
// another way to ask.
func TestB01_GuessesFromManyAddresses(t *testing.T) {
	s := serve(t, kernia.Config{Guesses: kernia.GuessConfig{Max: 2, Window: time.Hour}})
	cookie := s.signUp("ann@example.com")
	guess := func(remote, email, password string) answer {
		r := request("POST", "/sign-in/email", `{"email":"`+email+`","password":"`+password+`"}`)
		r.Remote = remote
		return s.send(r)
	}
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		for i, spelled := range []string{email, strings.ToUpper(email)} {
			if a := guess("203.0.113.1:1", spelled, "wrong-password"); a.Status != 401 {
				t.Errorf("guess %d at %s: %d %s", i, email, a.Status, a.Body)
			}
		}
		if a := guess("198.51.100.2:1", email, "password123"); a.Status != 429 || a.header("Retry-After") != "3600" {
			t.Errorf("the third guess at %s: %d %s", email, a.Status, a.Body)
		}
	}
	if a := s.post("/verify-password", `{"password":"password123"}`, "Cookie", cookie); a.Status != 429 {
		t.Errorf("by another route: %d %s", a.Status, a.Body)
	}
	s.clock.Advance(time.Hour)
	if a := guess("203.0.113.1:1", "ann@example.com", "password123"); a.Status != 200 {
		t.Fatalf("an hour later: %d %s", a.Status, a.Body)
	}
	for i := range 3 {
		if a := guess("203.0.113.1:1", "ann@example.com", "password123"); a.Status != 200 {
			t.Errorf("the right password, time %d: %d %s", i, a.Status, a.Body)
		}
	}
}

// TestB08_OnlyPasswordsWait: whoever guesses at somebody's password keeps them from signing in by password for a while,
// and from nothing else. Guesses that are refused make the wait no longer.
func TestB08_OnlyPasswordsWait(t *testing.T) {
	s := serve(t, kernia.Config{Guesses: kernia.GuessConfig{Max: 1, Window: time.Hour}}, emailpassword.Feature{}, declared(func(d *kernia.Declaration) {
		kernia.Post(d, "/sign-in/link", func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
			u, err := d.Auth().Users.FindByEmail(ctx, "ann@example.com")
			if err != nil {
				return kernia.Status{}, err
			}
			_, err = c.SignIn(ctx, kernia.Attempt{User: *u, Method: "link"})
			return kernia.Status{Status: err == nil}, err
		})
	}))
	cookie := s.signUp("ann@example.com")
	if a := s.post("/sign-in/email", `{"email":"ann@example.com","password":"wrong-password"}`); a.Status != 401 {
		t.Fatalf("the guess: %d %s", a.Status, a.Body)
	}
	for range 59 {
		s.clock.Advance(time.Minute)
		if a := s.signIn("ann@example.com"); a.Status != 429 {
			t.Fatalf("the right password while it waits: %d %s", a.Status, a.Body)
		}
	}
	if !s.signedIn(cookie) {
		t.Error("a session that was there has ended")
	}
	if a := s.post("/sign-in/link", ""); a.Status != 200 || !s.signedIn(a.cookie()) {
		t.Errorf("another way to sign in: %d %s", a.Status, a.Body)
	}
	s.clock.Advance(time.Minute)
	if a := s.signIn("ann@example.com"); a.Status != 200 {
		t.Errorf("the right password an hour after the guess: %d %s", a.Status, a.Body)
	}
}

// TestThrottlesCountApart: neither another limit of the same key nor another unknown name uses up the attempts.
func TestThrottlesCountApart(t *testing.T) {
	var one, other *kernia.Throttle
	s := serve(t, kernia.Config{Guesses: kernia.GuessConfig{Max: 1, Window: time.Hour}}, declared(func(d *kernia.Declaration) {
		one, other = d.Throttle("one", 1, time.Minute), d.Throttle("other", 1, time.Minute)
	}))
	for _, throttle := range []*kernia.Throttle{one, other} {
		if err := throttle.Attempt(t.Context(), "ann"); err != nil {
			t.Errorf("the first attempt: %v", err)
		}
		if err := throttle.Attempt(t.Context(), "ann"); !errors.Is(err, kernia.ErrTooManyAttempts) {
			t.Errorf("the second attempt: %v", err)
		}
	}
	for _, name := range []string{"nobody@example.com", "noone@example.com"} {
		if _, err := s.auth.Accounts.CheckPassword(t.Context(), kernia.Guess{Name: name, Password: "password123"}); err != nil {
			t.Errorf("the first guess at %s: %v", name, err)
		}
	}
}
