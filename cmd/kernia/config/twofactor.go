package config

import (
	"cmp"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/twofactor"
)

// TwoFactor lets users protect their sign-in by an authenticator app or codes by mail.
type TwoFactor struct {
	// The name that authenticator apps show.
	Issuer string `key:"issuer" unset:"appName, else Better Auth"`
	// An authenticator counts at once, before the user has shown that it works.
	SkipVerificationOnEnable bool `key:"skipVerificationOnEnable"`
	// Seconds that a user has to give the code.
	TwoFactorCookieMaxAge int64 `key:"twoFactorCookieMaxAge" default:"600"`
	// Seconds that a trusted browser is not asked again, since its last sign-in.
	TrustDeviceMaxAge int64 `key:"trustDeviceMaxAge" default:"2592000"`

	TOTPOptions       TOTPOptions       `key:"totpOptions"`
	OTPOptions        OTPOptions        `key:"otpOptions"`
	BackupCodeOptions BackupCodeOptions `key:"backupCodeOptions"`
	AccountLockout    AccountLockout    `key:"accountLockout"`

	// The page that asks for the code. Where it is set, every way to sign in asks for it, not passwords alone.
	ChallengePage string `key:"challengePage,own"`
}

// TOTPOptions are about the codes of an authenticator app.
type TOTPOptions struct {
	// Digits of a code: 6 to 8.
	Digits int64 `key:"digits" default:"6"`
	// Seconds that a code counts.
	Period int64 `key:"period" default:"30"`
}

// OTPOptions are about codes that are mailed.
type OTPOptions struct {
	// `true`: codes are sent by `mail`.
	SendOTP bool `key:"sendOTP"`
	// Digits of a code: 6 to 10.
	Digits int64 `key:"digits" default:"6"`
	// Minutes that a code counts.
	Period int64 `key:"period" default:"3"`
	// How many wrong guesses a code bears: 1 to 10.
	AllowedAttempts int64 `key:"allowedAttempts" default:"5"`
}

// BackupCodeOptions are about the codes for the day when the device is lost.
type BackupCodeOptions struct {
	// How many a user gets.
	Amount int64 `key:"amount" default:"10"`
	// Letters and digits of each, at least 10.
	Length int64 `key:"length" default:"10"`
}

// AccountLockout is the wait after too many wrong codes.
type AccountLockout struct {
	// Wrong codes are counted.
	Enabled bool `key:"enabled" default:"true"`
	// How many wrong codes of one user in a row are too many.
	MaxFailedAttempts int64 `key:"maxFailedAttempts" default:"10"`
	// Seconds to wait.
	DurationSeconds int64 `key:"durationSeconds" default:"900"`
}

func (o *TwoFactor) check(c *checker) {
	c.atLeast("twoFactorCookieMaxAge", o.TwoFactorCookieMaxAge, 1)
	c.atLeast("trustDeviceMaxAge", o.TrustDeviceMaxAge, 1)
}

func (o *TOTPOptions) check(c *checker) {
	c.atLeast("period", o.Period, 1)
	if o.Digits < 6 || o.Digits > 8 {
		c.wrong("digits", "want 6 to 8")
	}
}

func (o *OTPOptions) check(c *checker) {
	c.atLeast("period", o.Period, 1)
	if o.Digits < 6 || o.Digits > 10 {
		c.wrong("digits", "want 6 to 10")
	}
	if o.AllowedAttempts < 1 || o.AllowedAttempts > 10 {
		c.wrong("allowedAttempts", "want 1 to 10")
	}
}

func (o *BackupCodeOptions) check(c *checker) {
	c.atLeast("amount", o.Amount, 1)
	c.atLeast("length", o.Length, 10)
}

func (o *AccountLockout) check(c *checker) {
	c.atLeast("maxFailedAttempts", o.MaxFailedAttempts, 1)
	c.atLeast("durationSeconds", o.DurationSeconds, 1)
}

func (o *TwoFactor) feature(s *Settings) (f kernia.Feature, on bool) {
	return twofactor.Feature{
		Issuer: cmp.Or(o.Issuer, s.AppName, "Better Auth"), SkipVerify: o.SkipVerificationOnEnable, Page: o.ChallengePage,
		Challenge: seconds(o.TwoFactorCookieMaxAge), Trust: seconds(o.TrustDeviceMaxAge),
		TOTP: twofactor.TOTP{Digits: int(o.TOTPOptions.Digits), Period: seconds(o.TOTPOptions.Period)},
		OTP: twofactor.OTP{
			Mail: o.OTPOptions.SendOTP, Digits: int(o.OTPOptions.Digits), Period: seconds(60 * o.OTPOptions.Period),
			Attempts: int(o.OTPOptions.AllowedAttempts),
		},
		Backup: twofactor.Backup{Amount: int(o.BackupCodeOptions.Amount), Length: int(o.BackupCodeOptions.Length)},
		Lock: twofactor.Lock{
			Disabled: !o.AccountLockout.Enabled, Failures: int(o.AccountLockout.MaxFailedAttempts), Duration: seconds(o.AccountLockout.DurationSeconds),
		},
	}, true
}
