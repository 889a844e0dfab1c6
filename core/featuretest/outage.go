package featuretest

func enduring() []promise {
	return []promise{
		{"AnswersAnOutageAs503", answersOutages},
		{"WorksAgainAfterAnOutage", worksAgain},
	}
}

// answersOutages lets the store go down after each number of calls. What then answers as it does otherwise did not
// depend on what was lost.
func answersOutages(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		want := s.do()
		for good := range s.store.calls {
			s := k.ready(sample)
			s.store.down, s.store.good = true, good
			got := s.do()
			if got.status != 503 && (good == 0 || got.differs(want) != "") {
				k.Errorf("%s, with a store that goes down after %d calls: got %v, want 503", name, good, got)
			}
			if got.failed() && got.beginsSession() {
				k.Errorf("%s, with a store that goes down after %d calls, sets the cookie of a session", name, good)
			}
		}
	})
}

func worksAgain(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		want := k.ready(sample).do()
		s := k.ready(sample)
		s.store.down = true
		s.do()
		s.store.down = false
		if got := s.do(); got.status != want.status {
			k.Errorf("%s after an outage: got %v, want %v", name, got, want)
		}
	})
}
