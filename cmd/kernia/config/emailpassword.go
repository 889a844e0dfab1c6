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
	// `true` is not built yet, and an error.
	RequireEmailVerification bool `key:"requireEmailVerification"`
}

func (e *EmailAndPassword) check(c *checker) {
	c.atLeast("minPasswordLength", e.MinPasswordLength, 1)
	c.atLeast("maxPasswordLength", e.MaxPasswordLength, 1)
	if e.RequireEmailVerification {
		c.wrong("requireEmailVerification", "is not built yet")
	}
}

func (e *EmailAndPassword) feature() (f kernia.Feature, on bool) {
	return emailpassword.Feature{
		Disabled: !e.Enabled, DisableSignUp: e.DisableSignUp, DisableAutoSignIn: !e.AutoSignIn,
		MinLength: int(e.MinPasswordLength), MaxLength: int(e.MaxPasswordLength),
	}, e.Enabled
}
