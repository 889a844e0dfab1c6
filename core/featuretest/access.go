package featuretest

import (
	"maps"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

func admitting() []promise {
	return []promise{
		{"RefusesNobody", refusesNobody},
		{"RefusesOldSessions", refusesOldSessions},
		{"RefusesKeysWhereASessionIsNeeded", refusesKeys},
		{"ServesKeysElsewhere", servesKeys},
	}
}

// needing calls f for every sample of an operation of the access or a stricter one, with a stage that is ready.
func (k *kit) needing(access kernia.Access, f func(s *Stage, name string)) {
	k.each(false, func(sample *Sample, name string) {
		if s := k.stage(sample); s.operation.Access >= access {
			s.prepare(sample)
			f(s, name)
		}
	})
}

// forget makes the page a new one, without cookies and headers.
func (s *Stage) forget() { s.Page = kerniatest.NewBrowser(s.TB, s.Auth) }

func refusesNobody(k *kit) {
	k.needing(kernia.SignedIn, func(s *Stage, name string) {
		s.forget()
		if got := s.do(); !got.is(kernia.ErrUnauthorized) {
			k.Errorf("%s without a session: got %v, want 401 UNAUTHORIZED", name, got)
		}
		if got := s.invoke(s.members()); !got.is(kernia.ErrUnauthorized) {
			k.Errorf("%s without a session, without HTTP: got %v, want 401 UNAUTHORIZED", name, got)
		}
	})
}

func refusesOldSessions(k *kit) {
	k.needing(kernia.Fresh, func(s *Stage, name string) {
		s.Clock.Advance(24 * time.Hour)
		if got := s.do(); !got.is(kernia.ErrNotFresh) {
			k.Errorf("%s a day after the sign-in: got %v, want 403 SESSION_NOT_FRESH", name, got)
		}
	})
}

// byKey makes the page one that presents the guest's key, for the user who is signed in.
func (s *Stage) byKey() {
	s.Helper()
	header := maps.Clone(s.Page.Header)
	if cookie := s.Page.Cookie(); cookie != "" {
		header["Cookie"] = []string{cookie}
	}
	p, err := s.Auth.Authenticate(s.Context(), kernia.Credentials{Header: header})
	if err != nil || p == nil {
		s.Fatalf("nobody is signed in: %v", err)
	}
	s.guest.user = &p.User
	s.forget()
	s.Page.Header[keyHeader] = []string{"key"}
}

func refusesKeys(k *kit) {
	k.needing(kernia.Live, func(s *Stage, name string) {
		s.byKey()
		if got := s.do(); !got.is(kernia.ErrUnauthorized) {
			k.Errorf("%s by a key in place of a session: got %v, want 401 UNAUTHORIZED", name, got)
		}
	})
}

func servesKeys(k *kit) {
	k.needing(kernia.SignedIn, func(s *Stage, name string) {
		if s.operation.Access != kernia.SignedIn || s.operation.Method == "" {
			return
		}
		s.byKey()
		if got := s.do(); got.status == 401 || got.status >= 500 {
			k.Errorf("%s by a key in place of a session: got %v, want what a session gets", name, got)
		}
	})
}
