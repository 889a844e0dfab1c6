package featuretest

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

func sharing() []promise {
	return []promise{
		{"KeepsTwoAuthsApart", keepsApart},
		{"IsRefusedTwice", refusedTwice},
	}
}

// keepsApart gives one value of the feature to a second Auth before the first one is used.
func keepsApart(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		alone := k.ready(sample)
		want := alone.do()
		one, two := k.stage(sample), k.stage(sample)
		for _, s := range []*Stage{one, two} {
			s.prepare(sample)
			if d := s.do().differs(want); d != "" {
				k.Errorf("%s in one of two Auths that share a value of the feature: %s", name, d)
			}
			for _, m := range s.store.models {
				if got, want := len(s.records(m)), len(alone.records(alone.store.model(m.Name))); got != want {
					k.Errorf("%s in one of two Auths that share a value of the feature: %d records in %q, want %d", name, got, m.Name, want)
				}
			}
		}
	})
}

func refusedTwice(k *kit) {
	s := &Stage{store: &store{Store: k.open(k.TB)}}
	cfg := k.settings(s, &Sample{})
	cfg.BaseURL, cfg.Secret = kerniatest.BaseURL, kerniatest.Secret
	if _, err := kernia.New(cfg, append(k.features(&Sample{}, &guest{}), k.feature)...); err == nil {
		k.Errorf("New takes the feature twice")
	}
}
