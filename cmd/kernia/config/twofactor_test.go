package config

import (
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/feature/twofactor"
)

func TestTwoFactor(t *testing.T) {
	defaults := func(change func(f *twofactor.Feature)) twofactor.Feature {
		f := twofactor.Feature{
			Issuer: "Better Auth", Challenge: 10 * time.Minute, Trust: 30 * 24 * time.Hour,
			TOTP: twofactor.TOTP{Digits: 6, Period: 30 * time.Second}, OTP: twofactor.OTP{Digits: 6, Period: 3 * time.Minute, Attempts: 5}, Backup: twofactor.Backup{Amount: 10, Length: 10},
			Lock: twofactor.Lock{Failures: 10, Duration: 15 * time.Minute},
		}
		change(&f)
		return f
	}
	checkOptions(t, "plugins.twoFactor", defaults(func(*twofactor.Feature) {}), map[string]option{
		"issuer":                           {`"Acme"`, defaults(func(f *twofactor.Feature) { f.Issuer = "Acme" })},
		"skipVerificationOnEnable":         {`true`, defaults(func(f *twofactor.Feature) { f.SkipVerify = true })},
		"twoFactorCookieMaxAge":            {`60`, defaults(func(f *twofactor.Feature) { f.Challenge = time.Minute })},
		"trustDeviceMaxAge":                {`0`, nil},
		"challengePage":                    {`"/code"`, defaults(func(f *twofactor.Feature) { f.Page = "/code" })},
		"totpOptions.digits":               {`8`, defaults(func(f *twofactor.Feature) { f.TOTP.Digits = 8 })},
		"totpOptions.period":               {`60`, defaults(func(f *twofactor.Feature) { f.TOTP.Period = time.Minute })},
		"otpOptions.sendOTP":               {`true`, defaults(func(f *twofactor.Feature) { f.OTP.Mail = true })},
		"otpOptions.digits":                {`8`, defaults(func(f *twofactor.Feature) { f.OTP.Digits = 8 })},
		"otpOptions.period":                {`5`, defaults(func(f *twofactor.Feature) { f.OTP.Period = 5 * time.Minute })},
		"otpOptions.allowedAttempts":       {`3`, defaults(func(f *twofactor.Feature) { f.OTP.Attempts = 3 })},
		"backupCodeOptions.amount":         {`5`, defaults(func(f *twofactor.Feature) { f.Backup.Amount = 5 })},
		"backupCodeOptions.length":         {`4`, nil},
		"accountLockout.enabled":           {`false`, defaults(func(f *twofactor.Feature) { f.Lock.Disabled = true })},
		"accountLockout.maxFailedAttempts": {`3`, defaults(func(f *twofactor.Feature) { f.Lock.Failures = 3 })},
		"accountLockout.durationSeconds":   {`60`, defaults(func(f *twofactor.Feature) { f.Lock.Duration = time.Minute })},
	})
	for object, want := range map[string]string{
		`{"appName": "Shop", "plugins": {"twoFactor": {}}}`:                 "Shop",
		`{"appName": "Shop", "plugins": {"twoFactor": {"issuer": "Acme"}}}`: "Acme",
	} {
		_, all, err := mustDecode(t, object).Core()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if two, ok := f.(twofactor.Feature); ok && two.Issuer != want {
				t.Errorf("%s: the issuer is %q, want %q", object, two.Issuer, want)
			}
		}
	}
}
