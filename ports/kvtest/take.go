package kvtest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func takePromises() []promise {
	return []promise{
		{"TakeReturnsAndRemoves", takeRemoves},
		{"TakeLeavesTheRest", takeLeaves},
		{"TakesOnce_E01", func(p *probe) { takesOnce(p, p.open()) }},
		{"TakesOnceAcrossValues_E01", func(p *probe) { takesOnce(p, p.open(), p.open()) }},
	}
}

func takeRemoves(p *probe) {
	kv := p.open()
	p.put(kv, "key", "value", time.Minute)
	e, ok, err := kv.Take(p.Context(), "key")
	if err != nil || !ok || e.Value != "value" || !e.Expires.Equal(p.at(time.Minute)) {
		p.Errorf("Take = %v, %t, %v, want value until %v", e, ok, err, p.at(time.Minute))
	}
	p.lacks(kv, "key")
	if e, ok, err := kv.Take(p.Context(), "key"); err != nil || ok || e != (ports.Entry{}) {
		p.Errorf("the second Take = %v, %t, %v, want the zero Entry, false, nil", e, ok, err)
	}
}

func takeLeaves(p *probe) {
	kv := p.open()
	p.put(kv, "key", "value", time.Minute)
	p.put(kv, "key2", "other", time.Minute)
	if _, ok, err := kv.Take(p.Context(), "key"); err != nil || !ok {
		p.Errorf("Take = %t, %v, want true, nil", ok, err)
	}
	p.holds(kv, "key2", "other")
}

// takesOnce races 64 callers for one entry, spread over values.
func takesOnce(p *probe, values ...ports.KV) {
	for round := range 4 {
		key := fmt.Sprintf("key %d", round)
		p.put(values[0], key, "value", time.Minute)
		var won, failed atomic.Int64
		race(64, func(i int) {
			e, ok, err := values[i%len(values)].Take(p.Context(), key)
			if ok && e.Value == "value" {
				won.Add(1)
			}
			if err != nil {
				failed.Add(1)
			}
		})
		if won.Load() != 1 || failed.Load() != 0 {
			p.Errorf("64 callers: %d took the entry and %d failed, want 1 and 0", won.Load(), failed.Load())
		}
	}
}
