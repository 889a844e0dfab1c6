package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailotp"
)

// EmailOTP lets users sign in, verify or change their address and reset a forgotten password by a code that is mailed to
// them. Needs `mail`.
type EmailOTP struct {
	// `true`: codes are sent by `mail`.
	SendVerificationOTP bool `key:"sendVerificationOTP" default:"true"`
	// Digits of a code: 6 to 10.
	OTPLength int64 `key:"otpLength" default:"6"`
	// How long a code counts, in seconds.
	ExpiresIn int64 `key:"expiresIn" default:"300"`
	// How many wrong guesses a code bears: 1 to 10.
	AllowedAttempts int64 `key:"allowedAttempts" default:"3"`
	// Only users who exist are mailed a code to sign in.
	DisableSignUp bool `key:"disableSignUp"`
	// A new user is mailed a code. It takes the place of the link that verifies an address.
	SendVerificationOnSignUp bool `key:"sendVerificationOnSignUp"`
	// A code takes the place of the link that verifies an address.
	OverrideDefaultEmailVerification bool `key:"overrideDefaultEmailVerification"`

	ChangeEmail EmailOTPChange `key:"changeEmail"`
}

// EmailOTPChange is about a change of the address by a code.
type EmailOTPChange struct {
	// Users can change their address by a code that is mailed to the new one.
	Enabled bool `key:"enabled"`
	// A code from the present mailbox is needed too.
	VerifyCurrentEmail bool `key:"verifyCurrentEmail"`
}

func (o *EmailOTP) check(c *checker) {
	c.atLeast("expiresIn", o.ExpiresIn, 1)
	if o.OTPLength < 6 || o.OTPLength > 10 {
		c.wrong("otpLength", "want 6 to 10")
	}
	if o.AllowedAttempts < 1 || o.AllowedAttempts > 10 {
		c.wrong("allowedAttempts", "want 1 to 10")
	}
	if !o.SendVerificationOTP {
		c.wrong("sendVerificationOTP", "want true: codes are sent by mail")
	}
}

func (o *EmailOTP) feature(s *Settings) (f kernia.Feature, on bool) {
	return emailotp.Feature{
		Digits: int(o.OTPLength), ExpiresIn: seconds(o.ExpiresIn), Attempts: int(o.AllowedAttempts), DisableSignUp: o.DisableSignUp,
		Replaces: o.OverrideDefaultEmailVerification, SendOnSignUp: o.SendVerificationOnSignUp,
		AutoSignIn:   s.EmailVerification.AutoSignInAfterVerification,
		KeepSessions: !s.EmailAndPassword.RevokeSessionsOnPasswordReset,
		ChangeEmail:  emailotp.ChangeEmail{Enabled: o.ChangeEmail.Enabled, VerifyCurrent: o.ChangeEmail.VerifyCurrentEmail},
	}, true
}
