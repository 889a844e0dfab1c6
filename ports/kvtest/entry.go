package kvtest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func entryPromises() []promise {
	return []promise{
		{"FindsWhatWasPut", findsPut},
		{"FindsNothingUnknown", findsNothing},
		{"PutReplaces", putReplaces},
		{"DeletesMany", deletesMany},
		{"DeletesNothingElse", deletesNothingElse},
		{"ServesManyAtOnce", servesMany},
		{"SharesEntriesBetweenValues", sharesEntries},
	}
}

func findsPut(p *probe) {
	kv := p.open()
	p.put(kv, "key", "value", time.Minute)
	e, ok, err := kv.Find(p.Context(), "key")
	if err != nil || !ok || e.Value != "value" || !e.Expires.Equal(p.at(time.Minute)) {
		p.Errorf("Find = %v, %t, %v, want value until %v", e, ok, err, p.at(time.Minute))
	}
	p.holds(kv, "key", "value") // reading takes nothing away
}

func findsNothing(p *probe) {
	kv := p.open()
	p.lacks(kv, "key")
	p.put(kv, "key", "value", time.Minute)
	p.lacks(kv, "ke")
	p.lacks(kv, "key2")
}

func putReplaces(p *probe) {
	kv := p.open()
	p.put(kv, "longer", "old", time.Minute)
	p.put(kv, "longer", "new", time.Hour)
	p.put(kv, "shorter", "old", time.Hour)
	p.put(kv, "shorter", "new", time.Minute)
	p.holds(kv, "longer", "new")
	p.holds(kv, "shorter", "new")
	p.clock.Advance(time.Minute)
	p.holds(kv, "longer", "new")
	p.lacks(kv, "shorter")
}

func deletesMany(p *probe) {
	kv := p.open()
	p.remove(kv)
	p.remove(kv, "never there")
	var keys []string
	for i := range 1200 {
		keys = append(keys, fmt.Sprintf("key %d", i))
		if i%2 == 0 {
			p.put(kv, keys[i], "value", time.Minute)
		}
	}
	p.remove(kv, append(keys, keys[0])...)
	for _, key := range keys {
		p.lacks(kv, key)
	}
}

func deletesNothingElse(p *probe) {
	kv := p.open()
	for _, key := range []string{"a", "ab", "*", "?", "a*", "A"} {
		p.put(kv, key, key, time.Minute)
	}
	p.remove(kv, "*", "?")
	for _, key := range []string{"a", "ab", "a*", "A"} {
		p.holds(kv, key, key)
	}
	p.remove(kv, "a")
	for _, key := range []string{"ab", "a*", "A"} {
		p.holds(kv, key, key)
	}
	p.lacks(kv, "a")
	p.lacks(kv, "*")
}

func servesMany(p *probe) {
	kv := p.open()
	var wrong atomic.Int64
	race(32, func(i int) {
		key := fmt.Sprintf("key %d", i)
		for n := range 8 {
			value := strings.Repeat(key, n+1)
			err := kv.Put(p.Context(), key, ports.Entry{Value: value, Expires: p.at(time.Minute)})
			e, ok, err2 := kv.Find(p.Context(), key)
			if err != nil || err2 != nil || !ok || e.Value != value {
				wrong.Add(1)
			}
		}
	})
	if got := wrong.Load(); got != 0 {
		p.Errorf("%d of 256 callers did not find what they put under their own key", got)
	}
}

func sharesEntries(p *probe) {
	one, two := p.open(), p.open()
	p.put(one, "key", "value", time.Minute)
	p.holds(two, "key", "value")
	p.replace(two, "key", "changed", time.Minute, true)
	p.holds(one, "key", "changed")
	p.remove(one, "key")
	p.lacks(two, "key")
}
