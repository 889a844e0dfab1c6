package featuretest

import (
	"slices"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

func signingIn() []promise {
	return []promise{
		{"AsksFeaturesBeforeASession", asksFeatures},
		{"BeginsNoSessionAfterADenial", endsAtDenial},
		{"HandsOutADiversion", endsAtDiversion},
		{"StopsWhereAStepBeforeItFails", stopsBefore},
	}
}

// asksFeatures compares the sessions that begin with the attempts that the guest was asked about.
func asksFeatures(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		s.do()
		if s.store.sessions != len(s.guest.attempts) {
			k.Errorf("%s begins %d sessions and asks about %d: every sign-in goes through Call.SignIn", name, s.store.sessions, len(s.guest.attempts))
		}
	})
}

// interrupted runs every sample that signs somebody in, with a guest that interrupts by err.
func (k *kit) interrupted(err error, check func(name string, got result)) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		s.do()
		if !slices.ContainsFunc(s.guest.attempts, func(at kernia.Attempt) bool { return !at.Renewal }) {
			return
		}
		s = k.ready(sample)
		s.guest.interrupt = err
		got := s.do()
		check(name, got)
		if s.store.sessions > 0 {
			k.Errorf("%s begins a session although a feature interrupts", name)
		}
		if got.beginsSession() {
			k.Errorf("%s sets the cookie of a session although a feature interrupts", name)
		}
	})
}

func endsAtDenial(k *kit) {
	k.interrupted(errInterrupted, func(name string, got result) {
		if !got.is(errInterrupted) && !strings.HasSuffix(got.location, "error="+errInterrupted.Code) { // a link leads to a page that shows it
			k.Errorf("%s: got %v, want the answer of the feature that denies the sign-in", name, got)
		}
	})
}

func endsAtDiversion(k *kit) {
	k.interrupted(&kernia.Diversion{Answer: map[string]bool{"diverted": true}}, func(name string, got result) {
		if got.status != 200 || got.body != `{"diverted":true}` {
			k.Errorf("%s: got %v, want the answer of the feature that diverts the sign-in", name, got)
		}
	})
}

func stopsBefore(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		s.guest.before = errStopped
		if got := s.do(); !got.is(errStopped) {
			k.Errorf("%s: got %v, want the answer of the step before it", name, got)
		}
		if s.store.writes > 0 {
			k.Errorf("%s writes to the store although a step before it fails", name)
		}
	})
}
