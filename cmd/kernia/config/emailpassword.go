package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

// EmailAndPassword lets users sign up and in with an e-mail address and a password.
type EmailAndPassword struct {
	// Without it the routes are there and refuse.
	Enabled bool `key:"enabled"`
	// Sign-up begins a session. Where it does not, sign-up answers alike whether the address is taken or not.
	AutoSignIn bool `key:"autoSignIn" default:"true"`
	// Nobody can sign up.
	DisableSignUp bool `key:"disableSignUp"`
	// The fewest characters of a new password.
	MinPasswordLength int64 `key:"minPasswordLength" default:"8"`
	// The most characters of any password.
	MaxPasswordLength int64 `key:"maxPasswordLength" default:"128"`
	// Nobody signs in by a password before their address is verified, by a link that is mailed. Sign-up then answers
	// alike whether the address is taken or not. Needs `mail`.
	RequireEmailVerification bool `key:"requireEmailVerification"`
	// How long a mailed link to reset a password works, in seconds.
	ResetPasswordTokenExpiresIn int64 `key:"resetPasswordTokenExpiresIn" default:"3600"`
	// A reset ends every session of the user. Better Auth's default is `false`.
	RevokeSessionsOnPasswordReset bool `key:"revokeSessionsOnPasswordReset" default:"true"`
}

func (e *EmailAndPassword) check(c *checker) {
	c.atLeast("minPasswordLength", e.MinPasswordLength, 1)
	c.atLeast("maxPasswordLength", e.MaxPasswordLength, 1)
	c.atLeast("resetPasswordTokenExpiresIn", e.ResetPasswordTokenExpiresIn, 1)
}

func (e *EmailAndPassword) feature(*Settings) (f kernia.Feature, on bool) {
	return emailpassword.Feature{
		Disabled: !e.Enabled, DisableSignUp: e.DisableSignUp, DisableAutoSignIn: !e.AutoSignIn,
		MinLength: int(e.MinPasswordLength), MaxLength: int(e.MaxPasswordLength),
		ResetExpiresIn: seconds(e.ResetPasswordTokenExpiresIn), KeepSessions: !e.RevokeSessionsOnPasswordReset,
	}, e.Enabled
}
