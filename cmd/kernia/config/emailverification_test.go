package config

import (
	"reflect"
	"slices"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailverification"
)

func TestEmailVerification(t *testing.T) {
	fallback := emailverification.Feature{ExpiresIn: time.Hour}
	with := func(change func(f *emailverification.Feature)) emailverification.Feature {
		f := fallback
		change(&f)
		return f
	}
	checkOptions(t, "emailVerification", fallback, map[string]option{
		"sendOnSignUp":                {`false`, with(func(f *emailverification.Feature) { f.SendOnSignUp = kernia.Some(false) })},
		"sendOnSignIn":                {`true`, with(func(f *emailverification.Feature) { f.SendOnSignIn = true })},
		"autoSignInAfterVerification": {`true`, with(func(f *emailverification.Feature) { f.AutoSignIn = true })},
		"expiresIn":                   {`60`, with(func(f *emailverification.Feature) { f.ExpiresIn = time.Minute })},
	})
	for object, want := range map[string]emailverification.Feature{
		`{"emailAndPassword": {"requireEmailVerification": true}}`: with(func(f *emailverification.Feature) { f.Required = true }),
		`{"user": {"changeEmail": {"enabled": true, "sendChangeEmailConfirmation": true}}}`: with(func(f *emailverification.Feature) {
			f.ChangeEmail.Enabled, f.ChangeEmail.Confirm = true, true
		}),
		`{"user": {"changeEmail": {"enabled": true, "updateEmailWithoutVerification": true}}}`: with(func(f *emailverification.Feature) {
			f.ChangeEmail.Enabled, f.ChangeEmail.WithoutProof = true, true
		}),
	} {
		_, all, err := mustDecode(t, object).Core()
		if err != nil || !slices.ContainsFunc(all, func(f kernia.Feature) bool { return reflect.DeepEqual(f, want) }) {
			t.Errorf("%s makes %#v, %v, want %#v among them", object, all, err, want)
		}
	}
}
