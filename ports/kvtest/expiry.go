package kvtest

import (
	"time"

	"github.com/kernia-go/kernia/ports"
)

func expiryPromises() []promise {
	return []promise{
		{"FindsUntilExpiresAndNotAtIt_E07", findsUntil},
		{"TakesUntilExpiresAndNotAtIt_E07", takesUntil},
		{"ReplacesUntilExpiresAndNotAtIt_E07", replacesUntil},
		{"NeverRoundsExpiryUp_E07", neverRoundsUp},
		{"PutExpiredHidesWhatWasThere", putExpired},
		{"ReplaceExpiredHidesWhatWasThere", replaceExpired},
		{"KeepsWhatExpiresFarAhead", keepsFar},
	}
}

// brink opens a KV whose clock is a millisecond before key expires.
func brink(p *probe) ports.KV {
	kv := p.open()
	p.put(kv, "key", "value", 1500*time.Millisecond)
	p.clock.Advance(1499 * time.Millisecond)
	return kv
}

func findsUntil(p *probe) {
	kv := brink(p)
	p.holds(kv, "key", "value")
	p.clock.Advance(time.Millisecond)
	p.lacks(kv, "key")
	p.clock.Advance(time.Hour)
	p.lacks(kv, "key")
}

func takesUntil(p *probe) {
	kv := brink(p)
	p.put(kv, "other", "value", time.Millisecond)
	if e, ok, err := kv.Take(p.Context(), "key"); err != nil || !ok || e.Value != "value" {
		p.Errorf("Take a millisecond before Expires = %v, %t, %v, want value", e, ok, err)
	}
	p.clock.Advance(time.Millisecond)
	if e, ok, err := kv.Take(p.Context(), "other"); err != nil || ok || e != (ports.Entry{}) {
		p.Errorf("Take at Expires = %v, %t, %v, want the zero Entry, false, nil", e, ok, err)
	}
}

func replacesUntil(p *probe) {
	kv := brink(p)
	p.put(kv, "other", "value", time.Millisecond)
	p.replace(kv, "key", "longer", time.Minute, true)
	p.clock.Advance(time.Millisecond)
	p.holds(kv, "key", "longer")
	p.replace(kv, "other", "longer", time.Minute, false)
	p.lacks(kv, "other")
}

func neverRoundsUp(p *probe) {
	kv := p.open()
	p.put(kv, "key", "value", time.Second+900*time.Microsecond)
	p.clock.Advance(time.Second - time.Millisecond)
	p.holds(kv, "key", "value")
	p.clock.Advance(time.Millisecond + 900*time.Microsecond)
	p.lacks(kv, "key")
}

func putExpired(p *probe) {
	kv := p.open()
	for _, ttl := range []time.Duration{0, -time.Millisecond, -time.Hour} {
		p.put(kv, "key", "old", time.Minute)
		p.put(kv, "key", "new", ttl)
		p.lacks(kv, "key")
		p.replace(kv, "key", "newer", time.Minute, false)
	}
	p.put(kv, "key", "old", time.Minute)
	if err := kv.Put(p.Context(), "key", ports.Entry{Value: "never"}); err != nil {
		p.Errorf("Put with no Expires = %v, want nil", err)
	}
	p.lacks(kv, "key")
}

func replaceExpired(p *probe) {
	kv := p.open()
	p.put(kv, "key", "old", time.Minute)
	p.replace(kv, "key", "new", 0, true)
	p.lacks(kv, "key")
}

func keepsFar(p *probe) {
	kv := p.open()
	for _, year := range []int{2099, 9999} {
		far := time.Date(year, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
		if err := kv.Put(p.Context(), "key", ports.Entry{Value: "value", Expires: far}); err != nil {
			p.Errorf("Put until %d = %v, want nil", year, err)
		}
		if e, ok, err := kv.Find(p.Context(), "key"); err != nil || !ok || !e.Expires.Equal(far) {
			p.Errorf("Find = %v, %t, %v, want it until %v", e, ok, err, far)
		}
		p.replace(kv, "key", "value", far.Sub(p.clock.Now()), true)
		p.holds(kv, "key", "value")
	}
	p.clock.Advance(50 * 365 * 24 * time.Hour)
	p.holds(kv, "key", "value")
}
