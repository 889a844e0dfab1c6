package featuretest

func calling() []promise {
	return []promise{{"AnswersAlikeWithoutHTTP", answersAlike}}
}

func answersAlike(k *kit) {
	k.each(true, func(sample *Sample, name string) {
		s := k.ready(sample)
		if sample.PageOnly || s.operation.Method == "" {
			return
		}
		want := s.do()
		s = k.ready(sample)
		got := s.invoke(s.members())
		switch {
		case want.failed() || got.failed():
			if got.status != want.status || got.code != want.code || got.message != want.message {
				k.Errorf("%s without HTTP: got %v, want %v", name, got, want)
			}
		case want.status == 200 && got.body != want.body:
			k.Errorf("%s without HTTP: got %v, want %v", name, got, want)
		}
	})
}
