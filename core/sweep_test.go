package kernia_test

import (
	"context"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A sweptStore knows the model of sessions and how often sessions were deleted because they had expired.
type sweptStore struct {
	ports.Store
	session *ports.Model
	sweeps  int
	fail    bool
}

func (s *sweptStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if m.Name == "session" {
		s.session = m
	}
	return s.Store.Create(ctx, m, r)
}

func (s *sweptStore) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	if d.Model.Name == "session" && len(d.Where) == 1 && d.Where[0].Field == d.Model.Expires {
		s.sweeps++
		if s.fail {
			return 0, ports.ErrUnavailable
		}
	}
	return s.Store.Delete(ctx, d, args)
}

func (s *sweptStore) rows(t *testing.T) int64 {
	t.Helper()
	n, err := s.Count(t.Context(), &ports.Query{Model: s.session, Limit: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestExpiredSessionsAreSwept(t *testing.T) {
	store := &sweptStore{Store: memory.New()}
	s := serve(t, kernia.Config{Store: store})
	s.signUp("ann@example.com")
	s.signIn("ann@example.com")
	s.clock.Advance(7*24*time.Hour - time.Millisecond)
	if s.signIn("ann@example.com"); store.rows(t) != 3 {
		t.Errorf("a millisecond before two sessions end there are %d rows, want 3", store.rows(t))
	}
	s.clock.Advance(time.Minute)
	if s.signIn("ann@example.com"); store.rows(t) != 2 {
		t.Errorf("after two sessions ended there are %d rows, want 2", store.rows(t))
	}
	before := store.sweeps
	for range 5 {
		s.clock.Advance(10 * time.Second)
		s.signIn("ann@example.com")
	}
	if n := store.sweeps - before; n != 0 {
		t.Errorf("within a minute sessions were swept %d times more", n)
	}
	s.clock.Advance(10 * time.Second)
	if s.signIn("ann@example.com"); store.sweeps != before+1 {
		t.Errorf("after a minute sessions were swept %d times more, want once", store.sweeps-before)
	}
}

func TestASweepThatFailsIsNoOnesSignOut(t *testing.T) {
	store := &sweptStore{Store: memory.New(), fail: true}
	s := serve(t, kernia.Config{Store: store})
	if cookie := s.signUp("ann@example.com"); !s.signedIn(cookie) {
		t.Error("not signed in where old sessions could not be deleted")
	}
	if store.sweeps == 0 {
		t.Error("nothing was swept: the test proves nothing")
	}
}

// TestInstancesSweepOnceAMinute has two instances on one store: of their writes in one minute one sweeps.
func TestInstancesSweepOnceAMinute(t *testing.T) {
	for _, where := range []string{"in the tables", "in a KV"} {
		store := &sweptStore{Store: memory.New()}
		cfg := kernia.Config{Store: store}
		clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
		if where == "in a KV" {
			cfg.KV = memory.NewKV(memory.KVOptions{Clock: clock})
		}
		a, b := serve(t, cfg), serve(t, cfg)
		a.signUp("ann@example.com")
		b.signIn("ann@example.com")
		if store.sweeps != 1 {
			t.Errorf("%s: two instances swept %d times in a minute, want once", where, store.sweeps)
		}
		for _, s := range []*server{a, b} {
			s.clock.Advance(time.Minute)
		}
		clock.Advance(time.Minute)
		b.signIn("ann@example.com")
		a.signIn("ann@example.com")
		if store.sweeps != 2 {
			t.Errorf("%s: after a minute two instances swept %d times, want twice", where, store.sweeps)
		}
	}
}
