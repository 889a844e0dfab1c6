package kvtest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func countPromises() []promise {
	return []promise{
		{"CountsUpToBound", countsUp},
		{"BoundsExactly_B03", func(p *probe) { bounds(p, p.open()) }},
		{"BoundsExactlyAcrossValues_B03", func(p *probe) { bounds(p, p.open(), p.open()) }},
		{"WindowSlidesFromTheLastAllowed", windowSlides},
		{"RefusedMovesNothing", refusedMovesNothing},
		{"WaitTellsWhenTheCountIsForgotten", waitTells},
		{"ForgetsToTheMillisecond", forgets},
		{"JudgesByTheBoundOfTheCall", judgesByCall},
		{"RefusesLimitsOutOfBounds", refusesLimits},
		{"CountsKeysApart", countsApart},
		{"ResetsOneCount", resets},
		{"NeverConfusesCountsAndEntries", countsAreNoEntries},
	}
}

// add checks the answer to one Add.
func (p *probe) add(kv ports.KV, key string, l ports.Limit, want ports.LimitResult) {
	p.Helper()
	if got, err := kv.Add(p.Context(), key, l); err != nil || got != want {
		p.Errorf("Add(%s) = %+v, %v, want %+v", short(key), got, err, want)
	}
}

func allowed(n int64, wait time.Duration) ports.LimitResult {
	return ports.LimitResult{Allowed: true, Count: n, Wait: wait}
}

func refused(n int64, wait time.Duration) ports.LimitResult {
	return ports.LimitResult{Count: n, Wait: wait}
}

func countsUp(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 3, Window: time.Minute}
	for n := range int64(3) {
		p.add(kv, "key", l, allowed(n+1, time.Minute))
	}
	p.add(kv, "key", l, refused(3, time.Minute))
	p.add(kv, "key", l, refused(3, time.Minute))
}

// bounds races 200 callers for five places, spread over values.
func bounds(p *probe, values ...ports.KV) {
	l := ports.Limit{Bound: 5, Window: time.Minute}
	var passed, failed atomic.Int64
	race(200, func(i int) {
		switch got, err := values[i%len(values)].Add(p.Context(), "key", l); {
		case err != nil:
			failed.Add(1)
		case got.Allowed:
			passed.Add(1)
		}
	})
	if passed.Load() != 5 || failed.Load() != 0 {
		p.Errorf("200 callers: %d were allowed and %d failed, want 5 and 0", passed.Load(), failed.Load())
	}
	p.add(values[0], "key", l, refused(5, time.Minute))
}

func windowSlides(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 3, Window: time.Minute}
	p.add(kv, "key", l, allowed(1, time.Minute))
	p.clock.Advance(40 * time.Second)
	p.add(kv, "key", l, allowed(2, time.Minute))
	p.clock.Advance(40 * time.Second)
	p.add(kv, "key", l, allowed(3, time.Minute)) // 80 s after the first: it still counts
	p.clock.Advance(59 * time.Second)
	p.add(kv, "key", l, refused(3, time.Second))
	p.clock.Advance(time.Second)
	p.add(kv, "key", l, allowed(1, time.Minute))
}

func refusedMovesNothing(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 1, Window: time.Minute}
	p.add(kv, "key", l, allowed(1, time.Minute))
	for range 5 {
		p.clock.Advance(10 * time.Second)
		if got, err := kv.Add(p.Context(), "key", l); err != nil || got.Allowed || got.Count != 1 {
			p.Errorf("Add = %+v, %v, want it refused at 1", got, err)
		}
	}
	p.clock.Advance(10 * time.Second)
	p.add(kv, "key", l, allowed(1, time.Minute))
}

func waitTells(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 2, Window: 1500 * time.Millisecond}
	p.add(kv, "key", l, allowed(1, l.Window))
	p.clock.Advance(250 * time.Millisecond)
	p.add(kv, "key", l, allowed(2, l.Window))
	p.add(kv, "key", l, refused(2, l.Window))
	p.clock.Advance(999 * time.Millisecond)
	p.add(kv, "key", l, refused(2, 501*time.Millisecond))
}

func forgets(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 1, Window: time.Second}
	p.add(kv, "key", l, allowed(1, time.Second))
	p.clock.Advance(999 * time.Millisecond)
	p.add(kv, "key", l, refused(1, time.Millisecond))
	p.clock.Advance(time.Millisecond)
	p.add(kv, "key", l, allowed(1, time.Second))
	p.add(kv, "brief", ports.Limit{Bound: 1, Window: time.Millisecond}, allowed(1, time.Millisecond))
	p.add(kv, "long", ports.Limit{Bound: 1, Window: 10_000 * time.Hour}, allowed(1, 10_000*time.Hour))
	p.clock.Advance(9999 * time.Hour)
	p.add(kv, "brief", ports.Limit{Bound: 1, Window: time.Millisecond}, allowed(1, time.Millisecond))
	p.add(kv, "long", ports.Limit{Bound: 1, Window: 10_000 * time.Hour}, refused(1, time.Hour))
}

func judgesByCall(p *probe) {
	kv := p.open()
	of := func(bound int64) ports.Limit { return ports.Limit{Bound: bound, Window: time.Minute} }
	p.add(kv, "key", of(2), allowed(1, time.Minute))
	p.add(kv, "key", of(2), allowed(2, time.Minute))
	p.add(kv, "key", of(3), allowed(3, time.Minute))
	p.add(kv, "key", of(1), refused(3, time.Minute))
	p.add(kv, "key", of(1<<62), allowed(4, time.Minute))
}

func refusesLimits(p *probe) {
	kv := p.open()
	for _, l := range []ports.Limit{
		{}, {Bound: 1}, {Window: time.Minute}, {Bound: -1, Window: time.Minute}, {Bound: 1, Window: -time.Minute}, {Bound: 1, Window: time.Millisecond - 1},
	} {
		if got, err := kv.Add(p.Context(), "key", l); got != (ports.LimitResult{}) || !errors.Is(err, ports.ErrInvalid) {
			p.Errorf("Add with %+v = %+v, %v, want ErrInvalid", l, got, err)
		}
	}
	l := ports.Limit{Bound: 1, Window: time.Minute}
	p.add(kv, "key", l, allowed(1, time.Minute))
}

func resets(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 2, Window: time.Minute}
	p.reset(kv, "key")
	p.add(kv, "key", l, allowed(1, time.Minute))
	p.add(kv, "key", l, allowed(2, time.Minute))
	p.add(kv, "other", l, allowed(1, time.Minute))
	p.put(kv, "key", "value", time.Hour)
	p.reset(kv, "key")
	p.holds(kv, "key", "value")
	p.add(kv, "key", l, allowed(1, time.Minute))
	p.add(kv, "other", l, allowed(2, time.Minute))
}

func countsApart(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 1, Window: time.Minute}
	for _, key := range hostile() {
		p.add(kv, key, l, allowed(1, time.Minute))
	}
	for _, key := range hostile() {
		p.add(kv, key, l, refused(1, time.Minute))
	}
}

// countsAreNoEntries holds the two apart in both directions: nobody resets a limit by taking, replacing or deleting
// a value, and no count is ever read as one.
func countsAreNoEntries(p *probe) {
	kv, l := p.open(), ports.Limit{Bound: 9, Window: time.Minute}
	p.add(kv, "key", l, allowed(1, time.Minute))
	p.lacks(kv, "key")
	p.replace(kv, "key", "value", time.Minute, false)
	if e, ok, err := kv.Take(p.Context(), "key"); err != nil || ok {
		p.Errorf("Take of a count = %v, %t, %v, want nothing", e, ok, err)
	}
	p.add(kv, "key", l, allowed(2, time.Minute))
	p.put(kv, "key", "value", time.Hour)
	p.add(kv, "key", l, allowed(3, time.Minute))
	p.holds(kv, "key", "value")
	p.remove(kv, "key")
	p.add(kv, "key", l, allowed(4, time.Minute))
	p.put(kv, "key", "1", time.Hour)
	p.clock.Advance(time.Minute)
	p.add(kv, "key", l, allowed(1, time.Minute))
	p.holds(kv, "key", "1")
}
