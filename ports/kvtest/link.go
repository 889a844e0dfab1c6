package kvtest

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func linkPromises() []promise {
	return []promise{
		{"SwapStoresOverWhatWasRead", swapStores},
		{"SwapLeavesWhatChanged", swapLeaves},
		{"SwapCreatesOnlyWhereNothingIs", swapCreates},
		{"SwapExpiredRemoves", swapRemoves},
		{"SwapLosesNothingInARace", func(p *probe) { swapsAll(p, p.linked()) }},
		{"SwapLosesNothingAcrossValues", func(p *probe) { swapsAll(p, p.linked(), p.linked()) }},
		{"SwapCreatesOnceInARace", swapCreatesOnce},
		{"FollowReadsBoth", followReads},
		{"FollowNeedsBoth_E07", followNeeds},
		{"FollowsHostileKeys", followsHostile},
	}
}

// linked returns the value as a [ports.LinkedKV], or skips the promise where it is none.
func (p *probe) linked() ports.LinkedKV {
	kv, ok := p.open().(ports.LinkedKV)
	if !ok {
		p.Skipf("the KV follows no links: it does not implement ports.LinkedKV")
	}
	return kv
}

func (p *probe) entry(value string, ttl time.Duration) ports.Entry {
	return ports.Entry{Value: value, Expires: p.at(ttl)}
}

func (p *probe) swap(kv ports.LinkedKV, key string, old *ports.Entry, e ports.Entry, want bool) {
	p.Helper()
	if ok, err := kv.Swap(p.Context(), key, old, e); err != nil || ok != want {
		p.Errorf("Swap(%s) = %t, %v, want %t, nil", short(key), ok, err, want)
	}
}

func swapStores(p *probe) {
	kv := p.linked()
	old := p.entry("old", time.Minute)
	p.put(kv, "key", "old", time.Minute)
	p.put(kv, "key2", "old", time.Minute)
	p.swap(kv, "key", &old, p.entry("new", time.Hour), true)
	p.holds(kv, "key", "new")
	p.holds(kv, "key2", "old")
	read, ok, err := kv.Find(p.Context(), "key")
	if err != nil || !ok || !read.Expires.Equal(p.at(time.Hour)) {
		p.Errorf("Find = %v, %t, %v, want it until %v", read, ok, err, p.at(time.Hour))
	}
	p.swap(kv, "key", &read, p.entry("newer", time.Minute), true)
	p.clock.Advance(time.Minute - time.Millisecond)
	p.holds(kv, "key", "newer")
	p.clock.Advance(time.Millisecond)
	p.lacks(kv, "key")
}

func swapLeaves(p *probe) {
	kv := p.linked()
	now := p.entry("value", time.Minute)
	p.put(kv, "key", "value", time.Minute)
	for _, old := range []ports.Entry{
		{}, {Value: "value"}, {Expires: now.Expires}, {Value: "valu", Expires: now.Expires}, {Value: "value\x00", Expires: now.Expires},
		{Value: "VALUE", Expires: now.Expires}, p.entry("value", time.Minute-time.Millisecond), p.entry("value", time.Hour),
	} {
		p.swap(kv, "key", &old, p.entry("new", time.Hour), false)
		p.holds(kv, "key", "value")
	}
	p.swap(kv, "unknown", &now, p.entry("new", time.Hour), false)
	p.lacks(kv, "unknown")
	p.clock.Advance(time.Minute)
	p.swap(kv, "key", &now, p.entry("new", time.Hour), false) // it has expired
	p.lacks(kv, "key")
}

func swapCreates(p *probe) {
	kv := p.linked()
	p.swap(kv, "key", nil, p.entry("first", time.Minute), true)
	p.holds(kv, "key", "first")
	p.swap(kv, "key", nil, p.entry("second", time.Hour), false)
	p.holds(kv, "key", "first")
	p.clock.Advance(time.Minute)
	p.swap(kv, "key", nil, p.entry("third", time.Minute), true)
	p.holds(kv, "key", "third")
	p.put(kv, "empty", "", time.Minute)
	p.swap(kv, "empty", nil, p.entry("new", time.Minute), false)
	p.holds(kv, "empty", "")
	p.add(kv, "count", ports.Limit{Bound: 9, Window: time.Minute}, allowed(1, time.Minute))
	p.swap(kv, "count", nil, p.entry("value", time.Minute), true) // a count is no entry
	p.holds(kv, "count", "value")
	p.add(kv, "count", ports.Limit{Bound: 9, Window: time.Minute}, allowed(2, time.Minute))
}

func swapRemoves(p *probe) {
	kv := p.linked()
	old := p.entry("value", time.Minute)
	p.put(kv, "key", "value", time.Minute)
	p.swap(kv, "key", &old, ports.Entry{}, true)
	p.lacks(kv, "key")
	p.swap(kv, "key", &old, p.entry("revived", time.Minute), false)
	p.lacks(kv, "key")
	p.swap(kv, "key", nil, p.entry("", -time.Hour), true)
	p.lacks(kv, "key")
}

// swapsAll lets many callers add one to a number at once, spread over values: each addition is there in the end.
func swapsAll(p *probe, values ...ports.LinkedKV) {
	const callers, each = 16, 8
	p.put(values[0], "key", "0", time.Minute)
	var failed atomic.Int64
	race(callers, func(i int) {
		kv := values[i%len(values)]
		for range each {
			for tries := 0; ; tries++ {
				e, ok, err := kv.Find(p.Context(), "key")
				n, bad := strconv.Atoi(e.Value)
				if err != nil || bad != nil || !ok || tries > callers*each {
					failed.Add(1)
					return
				}
				done, err := kv.Swap(p.Context(), "key", &e, ports.Entry{Value: strconv.Itoa(n + 1), Expires: e.Expires})
				if err != nil {
					failed.Add(1)
				}
				if done || err != nil {
					break
				}
			}
		}
	})
	if failed.Load() != 0 {
		p.Errorf("%d callers failed", failed.Load())
	}
	p.holds(values[0], "key", strconv.Itoa(callers*each))
}

func swapCreatesOnce(p *probe) {
	kv, other := p.linked(), p.linked()
	for round := range 8 {
		key := fmt.Sprintf("key %d", round)
		var won, failed atomic.Int64
		race(16, func(i int) {
			by := kv
			if i%2 == 1 {
				by = other
			}
			ok, err := by.Swap(p.Context(), key, nil, p.entry(strconv.Itoa(i), time.Minute))
			if ok {
				won.Add(1)
			}
			if err != nil {
				failed.Add(1)
			}
		})
		if won.Load() != 1 || failed.Load() != 0 {
			p.Errorf("16 callers: %d created the entry and %d failed, want 1 and 0", won.Load(), failed.Load())
		}
	}
}

// follows checks that Follow finds from and, by its link, to.
func (p *probe) follows(kv ports.LinkedKV, key string, from, to ports.Entry) {
	p.Helper()
	e, linked, ok, err := kv.Follow(p.Context(), key)
	if err != nil || !ok || e.Value != from.Value || linked.Value != to.Value || !e.Expires.Equal(from.Expires) || !linked.Expires.Equal(to.Expires) {
		p.Errorf("Follow(%s) = %s until %v, %s until %v, %t, %v, want %s until %v, %s until %v", short(key),
			short(e.Value), e.Expires, short(linked.Value), linked.Expires, ok, err, short(from.Value), from.Expires, short(to.Value), to.Expires)
	}
}

// loses checks that Follow finds nothing, not even one of the two.
func (p *probe) loses(kv ports.LinkedKV, key string) {
	p.Helper()
	if e, linked, ok, err := kv.Follow(p.Context(), key); err != nil || ok || e != (ports.Entry{}) || linked != (ports.Entry{}) {
		p.Errorf("Follow(%s) = %v, %v, %t, %v, want zero Entries, false, nil", short(key), e, linked, ok, err)
	}
}

func followReads(p *probe) {
	kv := p.linked()
	p.put(kv, "to", "linked\nvalue", time.Minute)
	for _, value := range []string{"to\n", "to\nvalue", "to\n\n", "to\nother\nto", "to\n\xff\x00", "to\n" + strings.Repeat("x", 1<<19)} {
		p.put(kv, "from", value, time.Hour)
		p.follows(kv, "from", p.entry(value, time.Hour), p.entry("linked\nvalue", time.Minute))
	}
	p.put(kv, "itself", "itself\n", time.Minute)
	p.follows(kv, "itself", p.entry("itself\n", time.Minute), p.entry("itself\n", time.Minute))
	p.put(kv, "to", "", time.Hour)
	p.put(kv, "from", "to\n", time.Minute)
	p.follows(kv, "from", p.entry("to\n", time.Minute), p.entry("", time.Hour))
	p.holds(kv, "from", "to\n") // reading takes nothing away
	p.holds(kv, "to", "")
}

func followNeeds(p *probe) {
	kv := p.linked()
	p.put(kv, "to", "linked", time.Minute)
	p.loses(kv, "unknown")
	p.loses(kv, "to") // it has no newline
	for _, value := range []string{"", "to", "\n", "\nto\n", "unknown\n", "to \n", "TO\n", "to\r\n", "t\n", strings.Repeat("k", 513) + "\n", "to\x00\n"} {
		p.put(kv, "from", value, time.Hour)
		p.loses(kv, "from")
	}
	p.put(kv, "from", "count\n", time.Hour)
	p.add(kv, "count", ports.Limit{Bound: 9, Window: time.Hour}, allowed(1, time.Hour))
	p.loses(kv, "from")
	p.put(kv, "from", "to\n", time.Hour)
	p.put(kv, "brief", "to\n", time.Second)
	p.clock.Advance(time.Second - time.Millisecond)
	p.follows(kv, "brief", p.entry("to\n", time.Millisecond), p.entry("linked", time.Minute-time.Second+time.Millisecond))
	p.clock.Advance(time.Millisecond)
	p.loses(kv, "brief")
	p.clock.Advance(time.Minute - time.Second - time.Millisecond)
	p.follows(kv, "from", p.entry("to\n", time.Hour-time.Minute+time.Millisecond), p.entry("linked", time.Millisecond))
	p.clock.Advance(time.Millisecond)
	p.loses(kv, "from")
	p.put(kv, "to", "linked", time.Minute)
	p.remove(kv, "to")
	p.loses(kv, "from")
}

func followsHostile(p *probe) {
	kv := p.linked()
	for i, key := range hostile() {
		p.put(kv, key, fmt.Sprint("value ", i), time.Minute)
	}
	for i, key := range hostile() {
		if strings.Contains(key, "\n") {
			continue // no key of a link
		}
		p.put(kv, "from", key+"\nrest", time.Minute)
		p.follows(kv, "from", p.entry(key+"\nrest", time.Minute), p.entry(fmt.Sprint("value ", i), time.Minute))
	}
}
