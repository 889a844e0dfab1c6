package memory_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestClock(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := memory.NewClock(start)
	t.Run("StandsStill", func(t *testing.T) {
		if got := c.Now(); !got.Equal(start) {
			t.Errorf("Now() = %v, want %v", got, start)
		}
	})
	t.Run("Advances", func(t *testing.T) {
		want := start.Add(time.Hour)
		if got := c.Advance(time.Hour); !got.Equal(want) || !c.Now().Equal(want) {
			t.Errorf("Advance(1h) = %v, then %v, want %v", got, c.Now(), want)
		}
	})
	t.Run("IsSetBack", func(t *testing.T) {
		c.Set(start)
		if got := c.Now(); !got.Equal(start) {
			t.Errorf("Now() = %v, want %v", got, start)
		}
	})
}

func TestPredictableRandom(t *testing.T) {
	read := func(seed uint64, sizes ...int) []byte {
		r := memory.NewPredictableRandom(seed)
		var all []byte
		for _, n := range sizes {
			p := make([]byte, n)
			if got, err := r.Read(p); got != n || err != nil {
				t.Fatalf("Read of %d bytes = %d, %v", n, got, err)
			}
			all = append(all, p...)
		}
		return all
	}
	t.Run("RepeatsItself", func(t *testing.T) {
		if a, b := read(7, 100), read(7, 1, 0, 32, 67); !bytes.Equal(a, b) {
			t.Errorf("the same seed gave %x and %x", a, b)
		}
	})
	t.Run("DiffersBySeed", func(t *testing.T) {
		if bytes.Equal(read(0, 32), read(1, 32)) {
			t.Error("two seeds gave the same bytes")
		}
	})
	t.Run("DoesNotRunInACircle", func(t *testing.T) {
		if b := read(0, 64); bytes.Equal(b[:32], b[32:]) {
			t.Error("the second block is the first")
		}
	})
}

func TestEvents(t *testing.T) {
	var e memory.Events
	for _, kind := range []string{"user.created", "session.created"} {
		if err := e.Record(t.Context(), ports.Event{Type: kind}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("KeepsTheOrder", func(t *testing.T) {
		got := e.All()
		if len(got) != 2 || got[0].Type != "user.created" || got[1].Type != "session.created" {
			t.Errorf("All() = %v", got)
		}
	})
	t.Run("GivesOutACopy", func(t *testing.T) {
		e.All()[0].Type = "changed"
		if got := e.All()[0].Type; got != "user.created" {
			t.Errorf("All()[0].Type = %q", got)
		}
	})
	t.Run("HonoursItsContext", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.Record(ctx, ports.Event{}); !errors.Is(err, context.Canceled) || len(e.All()) != 2 {
			t.Errorf("Record = %v, and %d events, want context.Canceled and 2", err, len(e.All()))
		}
	})
}

func TestHasher(t *testing.T) {
	var h memory.Hasher
	hash, err := h.Hash(t.Context(), "correct")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("VerifiesWhatItHashed", func(t *testing.T) {
		if ok, stale, err := h.Verify(t.Context(), "correct", hash); !ok || stale || err != nil {
			t.Errorf("Verify = %v, %v, %v", ok, stale, err)
		}
	})
	t.Run("RejectsAnotherPassword", func(t *testing.T) {
		if ok, _, err := h.Verify(t.Context(), "wrong", hash); ok || err != nil {
			t.Errorf("Verify = %v, %v", ok, err)
		}
	})
	t.Run("SaltsEveryHash", func(t *testing.T) {
		if again, _ := h.Hash(t.Context(), "correct"); again == hash {
			t.Errorf("two hashes are %q", hash)
		}
	})
	t.Run("RefusesOtherHashes", func(t *testing.T) {
		for _, other := range []string{"", "correct", "insecure$", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"} {
			if ok, _, err := h.Verify(t.Context(), "correct", other); ok || err == nil {
				t.Errorf("Verify of %q = %v, %v, want an error", other, ok, err)
			}
		}
	})
}
