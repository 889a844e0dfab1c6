package featuretest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

func failing() []promise {
	return []promise{
		{"AnswersAsSampled", answersAsSampled},
		{"HasASampleOfEveryOperation", samplesEveryOperation},
		{"ReachesEveryErrorItDeclares", reachesEveryError},
		{"AnswersNoErrorThatItDoesNotDeclare", answersNoOtherError},
	}
}

func answersAsSampled(k *kit) {
	k.each(true, func(sample *Sample, name string) {
		switch got := k.ready(sample).do(); {
		case sample.Want == nil && got.failed():
			k.Errorf("%s: got %v, want success", name, got)
		case sample.Want != nil && !got.is(sample.Want):
			k.Errorf("%s: got %v, want %d %v", name, got, sample.Want.Kind.Status(), sample.Want)
		}
	})
}

func samplesEveryOperation(k *kit) {
	sampled := map[string]bool{}
	k.each(false, func(sample *Sample, _ string) { sampled[sample.Operation] = true })
	operations, _ := k.added()
	for _, o := range operations {
		if !sampled[o.Name()] {
			k.Errorf("no sample of %s succeeds", o.Name())
		}
	}
	if len(k.samples) == 0 {
		k.Errorf("there are no samples: a feature without operations samples those of others, which the option With adds")
	}
}

func reachesEveryError(k *kit) {
	operations, _ := k.added()
	for _, o := range operations {
		for _, e := range o.Errors {
			reached := slices.ContainsFunc(k.samples, func(s Sample) bool { return s.Operation == o.Name() && s.Want != nil && s.Want.Is(e) })
			if !reached {
				k.Errorf("%s declares %s, and no sample wants it", o.Name(), e.Code)
			}
		}
	}
}

func answersNoOtherError(k *kit) {
	k.each(true, func(sample *Sample, name string) {
		if sample.Want != nil && !declared(k.stage(sample).operation, result{status: sample.Want.Kind.Status(), code: sample.Want.Code, message: sample.Want.Message}) {
			k.Errorf("%s: the operation does not declare this error", name)
		}
		k.vary(sample, func(how string, s *Stage, got result) {
			if got.failed() && got.status < 500 && !declared(s.operation, got) {
				k.Errorf("%s with %s: got %v, which the operation does not declare", name, how, got)
			}
		})
	})
}

// common are the errors that every operation may answer.
var common = []*kernia.Error{
	kernia.ErrValidation, kernia.ErrMalformed, kernia.ErrBodyLost, kernia.ErrBodyTooLarge, kernia.ErrMediaType,
	kernia.ErrOrigin, kernia.ErrNoOrigin, kernia.ErrCrossSite, kernia.ErrCallbackURL, kernia.ErrRedirectURL, kernia.ErrErrorURL,
	kernia.ErrNewUserURL, kernia.ErrDisabledPath, kernia.ErrRateLimited, kernia.ErrBusy, errInterrupted, errStopped,
}

// declared reports whether the operation may answer the error.
func declared(o *kernia.Operation, r result) bool {
	same := func(e *kernia.Error) bool {
		return r.status == e.Kind.Status() && r.code == e.Code && (e.Code != "" || strings.HasPrefix(r.message, e.Message))
	}
	switch {
	case slices.ContainsFunc(common, same), slices.ContainsFunc(o.Errors, same):
		return true
	case o.Access != kernia.Anyone && same(kernia.ErrUnauthorized), o.Access == kernia.Fresh && same(kernia.ErrNotFresh):
		return true
	case r.status == 404 && r.code == "" && strings.Contains(o.Path, ":"): // an empty segment is another path
		return true
	case r.status == 400 && (r.code == "FIELD_NOT_ALLOWED" || r.code == "MISSING_FIELD"):
		return takesAdded(o)
	case r.status == 400 && r.code == "": // a redirect target of a wrong type
		return slices.ContainsFunc(common, func(e *kernia.Error) bool {
			return e.Kind == kernia.Denied && strings.HasPrefix(r.message, e.Message+":")
		})
	}
	return false
}

// takesAdded reports whether the operation takes added fields.
func takesAdded(o *kernia.Operation) bool {
	for f := range o.In.Fields() {
		if f.Type == reflect.TypeFor[kernia.FieldValues]() {
			return true
		}
	}
	return false
}

// same returns what differs between two results of one call, "" where nothing does.
func (r result) differs(from result) string {
	for _, part := range []struct {
		name     string
		got, had any
	}{
		{"status", r.status, from.status},
		{"body", r.body, from.body},
		{"Location", r.location, from.location},
		{"cookies", r.cookies, from.cookies},
	} {
		if g, w := fmt.Sprint(part.got), fmt.Sprint(part.had); g != w {
			return fmt.Sprintf("%s: got %.300s, want %.300s", part.name, g, w)
		}
	}
	return ""
}
