package kernia_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

var limited = kernia.RateLimitConfig{Enabled: true}

func (s *server) from(remote, path string, headers ...string) answer {
	s.t.Helper()
	body := ""
	method := "GET"
	if strings.HasPrefix(path, "/sign-") {
		method, body = "POST", `{"email":"x@example.com","password":"wrong-password"}`
	}
	r := request(method, path, body, headers...)
	r.Remote = remote
	return s.send(r)
}

func TestRateLimit(t *testing.T) {
	for name, cfg := range map[string]kernia.Config{
		"in memory": {RateLimit: limited}, "in the store": {RateLimit: kernia.RateLimitConfig{Enabled: true, InStore: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, cfg)
			for i := range 5 {
				s.clock.Advance(time.Second)
				a := s.from("198.51.100.1:1", "/sign-in/email")
				if want := map[bool]int{true: 401, false: 429}[i < 3]; a.Status != want {
					t.Errorf("attempt %d = %d, want %d", i, a.Status, want)
				}
				if a.Status == 429 && (a.header("Retry-After") != a.header("X-Retry-After") || a.header("Retry-After") == "" || a.code() != "") {
					t.Errorf("429: %v %s", a.Header, a.Body)
				}
			}
			if a := s.from("198.51.100.2:1", "/sign-in/email"); a.Status != 401 {
				t.Errorf("another address = %d", a.Status)
			}
			if a := s.from("198.51.100.1:1", "/get-session"); a.Status != 200 {
				t.Errorf("another route = %d", a.Status)
			}
			s.clock.Advance(8 * time.Second) // ten seconds after the third, which was the last that counted
			if a := s.from("198.51.100.1:1", "/sign-in/email"); a.Status != 401 {
				t.Errorf("after a quiet window = %d", a.Status)
			}
		})
	}
}

func TestB01_OneNetworkOneCount(t *testing.T) {
	s := serve(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true, Max: 10}})
	allowed := 0
	for i := range 100 {
		if s.from(fmt.Sprintf("[2001:db8:1:2:%x::%x]:443", i, i*7+1), "/ok").Status == 200 {
			allowed++
		}
	}
	if allowed != 10 {
		t.Errorf("%d addresses of one network were allowed, want 10", allowed)
	}
	allowed = 0
	for _, same := range []string{"1.2.3.4:1", "1.2.3.4:2", "1.2.3.4", "[::ffff:1.2.3.4]:1", "[::ffff:102:304]:1", "::ffff:1.2.3.4", "[::FFFF:1.2.3.4]:9"} {
		for range 2 {
			if s.from(same, "/ok").Status == 200 {
				allowed++
			}
		}
	}
	if allowed != 10 {
		t.Errorf("spellings of one address were allowed %d times, want 10", allowed)
	}
}

func TestB02_ForwardedFor(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		name, remote, header, want string
		proxies                    []netip.Prefix
	}{
		{"no proxies", "203.0.113.1:1", "1.1.1.1", "203.0.113.1", nil},
		{"a peer that is no proxy", "203.0.113.1:1", "1.1.1.1", "203.0.113.1", proxies},
		{"behind a proxy", "10.0.0.1:1", "1.1.1.1", "1.1.1.1", proxies},
		{"the rightmost that is not ours", "10.0.0.1:1", "6.6.6.6, 1.1.1.1, 10.0.0.9", "1.1.1.1", proxies},
		{"behind an IPv6 proxy", "[fd00::1]:1", "2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0000", proxies},
		{"junk stops the walk", "10.0.0.1:1", "6.6.6.6, junk, 10.0.0.9", "", proxies},
		{"an address with a port", "10.0.0.1:1", "1.2.3.4:80", "1.2.3.4", proxies},
		{"no header", "10.0.0.1:1", "", "10.0.0.1", proxies},
		{"only proxies", "10.0.0.1:1", "10.0.0.7", "10.0.0.7", proxies},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, kernia.Config{TrustedProxies: test.proxies})
			r := request("POST", "/sign-up/email", `{"name":"x","email":"x@example.com","password":"password123"}`)
			r.Remote = test.remote
			if test.header != "" {
				r.Header["X-Forwarded-For"] = []string{test.header}
			}
			a := s.send(r)
			p, err := s.auth.Verify(t.Context(), token(t, a.cookie()))
			if err != nil || p.Session.IPAddress != test.want {
				t.Errorf("address = %q, want %q (%v)", p.Session.IPAddress, test.want, err)
			}
		})
	}
	s := serve(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true, Max: 5}})
	allowed := 0
	for i := range 50 {
		if s.from("203.0.113.1:1", "/ok", "X-Forwarded-For", fmt.Sprintf("9.9.9.%d", i)).Status == 200 {
			allowed++
		}
	}
	if allowed != 5 {
		t.Errorf("a header that nobody trusts let %d through, want 5", allowed)
	}
}

func TestB03_ExactUnderLoad(t *testing.T) {
	for name, cfg := range map[string]kernia.RateLimitConfig{
		"in memory": {Enabled: true, Max: 5}, "in the store": {Enabled: true, Max: 5, InStore: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, kernia.Config{RateLimit: cfg, Timeout: time.Minute, Store: farStore{memory.New()}})
			var passed atomic.Int64
			var wait sync.WaitGroup
			for range 200 {
				wait.Go(func() {
					switch a := s.from("198.51.100.1:1", "/ok"); a.Status {
					case 200:
						passed.Add(1)
					case 429:
					default:
						t.Errorf("= %d %s", a.Status, a.Body)
					}
				})
			}
			wait.Wait()
			if passed.Load() != 5 {
				t.Errorf("%d passed, want 5", passed.Load())
			}
		})
	}
}

// farStore answers reads after a round trip.
type farStore struct{ ports.Store }

func (f farStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	records, err := f.Store.Find(ctx, q, args)
	time.Sleep(time.Millisecond) // so that others come in between, where an Add is made of a read and a write
	return records, err
}

func TestB04_UnknownAddress(t *testing.T) {
	s := serve(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true, Max: 5}})
	allowed := 0
	for range 20 {
		if s.from("", "/ok").Status == 200 {
			allowed++
		}
	}
	if allowed != 5 {
		t.Errorf("%d of an unknown address were allowed, want 5", allowed)
	}
	if a := s.from("198.51.100.1:1", "/ok"); a.Status != 200 {
		t.Errorf("a known address shares the count of unknown ones: %d", a.Status)
	}
}

func TestB05_VariantsMeetTheRule(t *testing.T) {
	s := serve(t, kernia.Config{RateLimit: limited})
	for range 3 {
		s.from("198.51.100.1:1", "/sign-in/email")
	}
	for _, path := range []string{"/sign-in/email", "/sign-in/email?x=1", "/sign-in/email/", "//sign-in/email", "/sign-in%2femail", "/SIGN-IN/email", "/sign-in/email;a=b", "/./sign-in/email"} {
		a := s.from("198.51.100.1:1", path)
		if a.Status != 429 && a.Status != 404 {
			t.Errorf("%s = %d, want 429 or 404", path, a.Status)
		}
	}
}

// brokenKV cannot count.
type brokenKV struct{ ports.KV }

func (brokenKV) Add(context.Context, string, ports.Limit) (ports.LimitResult, error) {
	return ports.LimitResult{}, ports.ErrUnavailable
}

func TestB09_FailsClosed(t *testing.T) {
	s := serve(t, kernia.Config{RateLimit: limited, KV: brokenKV{memory.NewKV(memory.KVOptions{})}})
	for _, path := range []string{"/sign-in/email", "/get-session", "/nope"} {
		if a := s.from("198.51.100.1:1", path); a.Status != 503 {
			t.Errorf("%s = %d, want 503", path, a.Status)
		}
	}
}

func TestRateRules(t *testing.T) {
	s := serve(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true, Rules: []kernia.RateRule{
		{Path: "/sign-in/*", Window: time.Minute, Max: 1}, {Path: "/get-session", Max: 0},
	}}})
	if a, b := s.from("1.1.1.1:1", "/sign-in/email"), s.from("1.1.1.1:1", "/sign-in/email"); a.Status != 401 || b.Status != 429 || b.header("Retry-After") != "60" {
		t.Errorf("own rule: %d, %d %v", a.Status, b.Status, b.Header)
	}
	for range 200 {
		if a := s.from("1.1.1.1:1", "/get-session"); a.Status != 200 {
			t.Fatalf("a route without a limit = %d", a.Status)
		}
	}
	for i := range 100 {
		s.from("1.1.1.1:1", fmt.Sprintf("/made-up-%d", i))
	}
	if a := s.from("1.1.1.1:1", "/another"); a.Status != 429 {
		t.Errorf("unknown routes have no count: %d", a.Status)
	}
}

// TestB01_UnknownClientsShareALimit: who has no address that can be believed is counted with all others, and the log
// says so once.
func TestB01_UnknownClientsShareALimit(t *testing.T) {
	var log strings.Builder
	s := serve(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	var last answer
	for range 4 {
		r := request("POST", "/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
		r.Remote = ""
		last = s.send(r)
	}
	if n := strings.Count(log.String(), "the address of a client is unknown"); last.Status != 429 || n != 1 {
		t.Errorf("the fourth sign-in = %d, and the log warns %d times:\n%s", last.Status, n, log.String())
	}
}
