package config

import (
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/feature/emailotp"
)

func TestEmailOTP(t *testing.T) {
	defaults := func(change func(f *emailotp.Feature)) emailotp.Feature {
		f := emailotp.Feature{Digits: 6, ExpiresIn: 5 * time.Minute, Attempts: 3}
		change(&f)
		return f
	}
	checkOptions(t, "plugins.emailOTP", defaults(func(*emailotp.Feature) {}), map[string]option{
		"sendVerificationOTP":              {`false`, nil},
		"otpLength":                        {`8`, defaults(func(f *emailotp.Feature) { f.Digits = 8 })},
		"expiresIn":                        {`60`, defaults(func(f *emailotp.Feature) { f.ExpiresIn = time.Minute })},
		"allowedAttempts":                  {`5`, defaults(func(f *emailotp.Feature) { f.Attempts = 5 })},
		"disableSignUp":                    {`true`, defaults(func(f *emailotp.Feature) { f.DisableSignUp = true })},
		"sendVerificationOnSignUp":         {`true`, defaults(func(f *emailotp.Feature) { f.SendOnSignUp = true })},
		"overrideDefaultEmailVerification": {`true`, defaults(func(f *emailotp.Feature) { f.Replaces = true })},
		"changeEmail.enabled":              {`true`, defaults(func(f *emailotp.Feature) { f.ChangeEmail.Enabled = true })},
		"changeEmail.verifyCurrentEmail":   {`true`, defaults(func(f *emailotp.Feature) { f.ChangeEmail.VerifyCurrent = true })},
	})
	for key, want := range map[string]emailotp.Feature{
		`"emailVerification": {"autoSignInAfterVerification": true}`:   defaults(func(f *emailotp.Feature) { f.AutoSignIn = true }),
		`"emailAndPassword": {"revokeSessionsOnPasswordReset": false}`: defaults(func(f *emailotp.Feature) { f.KeepSessions = true }),
	} {
		s := mustDecode(t, `{`+key+`, "plugins": {"emailOTP": {}}}`)
		if got, on := s.Plugins.EmailOTP.feature(s); !on || got.(emailotp.Feature).AutoSignIn != want.AutoSignIn || got.(emailotp.Feature).KeepSessions != want.KeepSessions {
			t.Errorf("%s makes %+v", key, got)
		}
	}
}
