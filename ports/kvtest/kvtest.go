// Package kvtest is the conformance kit for [ports.KV] and [ports.LinkedKV]: an implementation is right when
// [Run] passes against it. It needs the standard library alone.
//
// Call it from a test of your own package. Each promise of the port is one subtest, named after the promise, so
// that a failing run reads as the list of promises that do not hold.
package kvtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// Run checks every promise of [ports.KV], and those of [ports.LinkedKV] where what open returns is one.
//
// Open returns a value on the server, table or memory called name: the same name twice gives two values that see
// the same entries, or the same value twice; different names share nothing, and a name is empty at first. Names
// consist of letters, digits and slashes. Every call with one name brings the same clock, which the value must
// use in place of the system's: it stands still, far from the system's time, until the kit moves it. What open
// starts, it stops by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T, name string, clock ports.Clock) ports.KV) {
	t.Helper()
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			clock := newClock()
			name := strings.ReplaceAll(t.Name(), "_", "")
			p.check(&probe{tb: t, clock: clock, open: func() ports.KV { return open(t, name, clock) }})
		})
	}
}

// newClock starts years in the past: a KV that asks the system or a server for the time takes every entry for
// expired.
func newClock() *memory.Clock {
	return memory.NewClock(time.Date(2001, 2, 3, 4, 5, 6, 789_000_000, time.UTC))
}

// A tb is the part of [testing.T] that a promise needs, so that the kit's own test can record what fails.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Context() context.Context
}

// A promise is one thing the port says, with the check that fails where it does not hold.
type promise struct {
	name  string
	check func(p *probe)
}

// A probe is what one check works with: a clock of its own and values on a server of its own.
type probe struct {
	tb
	clock *memory.Clock
	open  func() ports.KV
}

func promises() []promise {
	var all []promise
	for _, group := range [][]promise{
		entryPromises(), expiryPromises(), takePromises(), replacePromises(), keyPromises(), countPromises(), linkPromises(), modelPromises(),
	} {
		all = append(all, group...)
	}
	return all
}

// at returns the instant d after the clock's.
func (p *probe) at(d time.Duration) time.Time { return p.clock.Now().Add(d) }

func (p *probe) put(kv ports.KV, key, value string, ttl time.Duration) {
	p.Helper()
	if err := kv.Put(p.Context(), key, ports.Entry{Value: value, Expires: p.at(ttl)}); err != nil {
		p.Fatalf("Put(%s) = %v, want nil", short(key), err)
	}
}

// holds checks that Find returns value under key.
func (p *probe) holds(kv ports.KV, key, value string) {
	p.Helper()
	e, ok, err := kv.Find(p.Context(), key)
	if err != nil || !ok || e.Value != value {
		p.Errorf("Find(%s) = %s, %t, %v, want %s, true, nil", short(key), short(e.Value), ok, err, short(value))
	}
}

// lacks checks that Find returns nothing under key, not even a part of it.
func (p *probe) lacks(kv ports.KV, key string) {
	p.Helper()
	if e, ok, err := kv.Find(p.Context(), key); err != nil || ok || e != (ports.Entry{}) {
		p.Errorf("Find(%s) = %v, %t, %v, want the zero Entry, false, nil", short(key), e, ok, err)
	}
}

func (p *probe) replace(kv ports.KV, key, value string, ttl time.Duration, want bool) {
	p.Helper()
	if ok, err := kv.Replace(p.Context(), key, ports.Entry{Value: value, Expires: p.at(ttl)}); err != nil || ok != want {
		p.Errorf("Replace(%s) = %t, %v, want %t, nil", short(key), ok, err, want)
	}
}

func (p *probe) reset(kv ports.KV, key string) {
	p.Helper()
	if err := kv.Reset(p.Context(), key); err != nil {
		p.Errorf("Reset(%s) = %v, want nil", short(key), err)
	}
}

func (p *probe) remove(kv ports.KV, keys ...string) {
	p.Helper()
	if err := kv.Delete(p.Context(), keys...); err != nil {
		p.Errorf("Delete of %d keys = %v, want nil", len(keys), err)
	}
}
