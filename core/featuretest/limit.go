package featuretest

import (
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

func limiting() []promise {
	return []promise{
		{"HoldsItsLimits", holdsLimits},
		{"CountsGuessesOfEveryAddress", countsGuesses},
	}
}

const address, otherAddress = "198.51.100.7:4711", "198.51.100.8:4711"

func holdsLimits(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		limit := k.stage(sample).operation.Limit
		if limit == nil {
			return
		}
		limited := *sample
		limited.Config = func(cfg *kernia.Config) {
			if sample.Config != nil {
				sample.Config(cfg)
			}
			cfg.RateLimit.Enabled = true
		}
		s := k.ready(&limited)
		s.Page.Address = address // with a count of its own
		for i := range limit.Max {
			if got := s.do(); got.status == 429 {
				k.Errorf("%s: call %d of %d is over the limit", name, i+1, limit.Max)
			}
		}
		if got := s.do(); !got.is(kernia.ErrRateLimited) || got.wait == "" && s.operation.Method != "" {
			k.Errorf("%s: call %d: got %v, want 429 and Retry-After", name, limit.Max+1, got)
		}
		s.Page.Address = otherAddress
		if got := s.do(); got.status == 429 {
			k.Errorf("%s: another address is over the limit too", name)
		}
	})
}

// countsGuesses repeats the samples that come to too many attempts, from another address and a day later.
func countsGuesses(k *kit) {
	k.each(true, func(sample *Sample, name string) {
		if sample.Want == nil || !sample.Want.Is(kernia.ErrTooManyAttempts) {
			return
		}
		s := k.ready(sample)
		s.Page.Address = otherAddress
		if got := s.do(); !got.is(kernia.ErrTooManyAttempts) {
			k.Errorf("%s from another address: got %v, want 429 TOO_MANY_ATTEMPTS", name, got)
		}
		s.Clock.Advance(24*time.Hour + time.Second)
		if got := s.do(); got.is(kernia.ErrTooManyAttempts) {
			k.Errorf("%s a day later: still too many", name)
		}
	})
}
