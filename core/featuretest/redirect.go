package featuretest

import (
	"encoding/json"
	"slices"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

func leading() []promise {
	return []promise{{"LeadsToNoForeignPlace", leadsNowhere}}
}

// targets are the members that every operation checks, with their answers.
var targets = map[string]*kernia.Error{
	"callbackURL": kernia.ErrCallbackURL, "redirectTo": kernia.ErrRedirectURL,
	"errorCallbackURL": kernia.ErrErrorURL, "newUserCallbackURL": kernia.ErrNewUserURL,
}

// leadsNowhere gives foreign URLs to every field whose name says that it is a target.
func leadsNowhere(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		for _, field := range fieldsOf(k.stage(sample).operation) {
			lower := strings.ToLower(field.name)
			isTarget := slices.ContainsFunc([]string{"url", "uri", "redirect", "redirectto", "next"}, func(end string) bool { return strings.HasSuffix(lower, end) })
			if !isTarget {
				continue
			}
			for _, target := range []string{"https://evil.example/x", "//evil.example/x", `/\evil.example/x`, "http://localhost:8080@evil.example/", "javascript:alert(1)//evil.example"} {
				s := k.ready(sample)
				if s.operation.Method == "" {
					continue
				}
				in := s.members()
				if given, ok := in.given(field); ok {
					delete(in, given)
				}
				in[field.name], _ = json.Marshal(target)
				got := s.with(in)
				if want := targets[field.name]; want != nil && !got.is(want) {
					k.Errorf("%s with the %s %s: got %v, want 403 %s", name, field.name, target, got, want.Code)
				}
				if strings.Contains(got.location, "evil.example") {
					k.Errorf("%s with the %s %s leads there", name, field.name, target)
				}
			}
		}
	})
}
