package config

import (
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

func TestEmailAndPassword(t *testing.T) {
	fallback := emailpassword.Feature{Disabled: true, MinLength: 8, MaxLength: 128, ResetExpiresIn: time.Hour}
	with := func(change func(f *emailpassword.Feature)) emailpassword.Feature {
		f := fallback
		change(&f)
		return f
	}
	checkOptions(t, "emailAndPassword", fallback, map[string]option{
		"enabled":                       {`true`, with(func(f *emailpassword.Feature) { f.Disabled = false })},
		"autoSignIn":                    {`false`, with(func(f *emailpassword.Feature) { f.DisableAutoSignIn = true })},
		"disableSignUp":                 {`true`, with(func(f *emailpassword.Feature) { f.DisableSignUp = true })},
		"minPasswordLength":             {`3`, with(func(f *emailpassword.Feature) { f.MinLength = 3 })},
		"maxPasswordLength":             {`99`, with(func(f *emailpassword.Feature) { f.MaxLength = 99 })},
		"resetPasswordTokenExpiresIn":   {`60`, with(func(f *emailpassword.Feature) { f.ResetExpiresIn = time.Minute })},
		"revokeSessionsOnPasswordReset": {`false`, with(func(f *emailpassword.Feature) { f.KeepSessions = true })},
	})
}
