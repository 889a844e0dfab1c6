package kvtest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func replacePromises() []promise {
	return []promise{
		{"ReplaceStores", replaceStores},
		{"ReplaceNeverCreates_D06", replaceNeverCreates},
		{"ReplaceNeverRevivesInARace_D06", neverRevives},
	}
}

func replaceStores(p *probe) {
	kv := p.open()
	p.put(kv, "longer", "old", time.Minute)
	p.put(kv, "shorter", "old", time.Hour)
	p.replace(kv, "longer", "new", time.Hour, true)
	p.replace(kv, "shorter", "new", time.Minute, true)
	p.holds(kv, "longer", "new")
	p.clock.Advance(time.Minute)
	p.holds(kv, "longer", "new")
	p.lacks(kv, "shorter")
}

func replaceNeverCreates(p *probe) {
	kv := p.open()
	p.put(kv, "deleted", "value", time.Minute)
	p.remove(kv, "deleted")
	p.put(kv, "taken", "value", time.Minute)
	if _, _, err := kv.Take(p.Context(), "taken"); err != nil {
		p.Errorf("Take = %v, want nil", err)
	}
	p.put(kv, "expired", "value", time.Millisecond)
	p.clock.Advance(time.Millisecond)
	for _, key := range []string{"unknown", "deleted", "taken", "expired"} {
		p.replace(kv, key, "revived", time.Minute, false)
		p.lacks(kv, key)
	}
}

// neverRevives lets write-backs race one Delete: whoever was first, the entry is gone in the end.
func neverRevives(p *probe) {
	kv, other := p.open(), p.open()
	for round := range 40 {
		key := fmt.Sprintf("key %d", round)
		p.put(kv, key, "value", time.Minute)
		var failed atomic.Int64
		race(9, func(i int) {
			if i == 4 {
				if err := other.Delete(p.Context(), key); err != nil {
					failed.Add(1)
				}
				return
			}
			for range 3 {
				if _, err := kv.Replace(p.Context(), key, ports.Entry{Value: "revived", Expires: p.at(time.Minute)}); err != nil {
					failed.Add(1)
				}
			}
		})
		if failed.Load() != 0 {
			p.Errorf("%d calls failed", failed.Load())
		}
		p.lacks(kv, key)
	}
}
