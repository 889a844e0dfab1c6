package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailverification"
)

// EmailVerification lets users prove that their e-mail address is theirs, by a link that is mailed. It is there whenever
// `mail` is.
type EmailVerification struct {
	// Sign-up mails a link.
	SendOnSignUp *bool `key:"sendOnSignUp" unset:"as emailAndPassword.requireEmailVerification"`
	// Where verification is required, a right password is answered by a new link too.
	SendOnSignIn bool `key:"sendOnSignIn"`
	// The link signs in.
	AutoSignInAfterVerification bool `key:"autoSignInAfterVerification"`
	// How long a link works, in seconds.
	ExpiresIn int64 `key:"expiresIn" default:"3600"`
}

func (o *EmailVerification) check(c *checker) { c.atLeast("expiresIn", o.ExpiresIn, 1) }

func (o *EmailVerification) feature(s *Settings) (f kernia.Feature, on bool) {
	made := emailverification.Feature{
		Required: s.EmailAndPassword.RequireEmailVerification, SendOnSignIn: o.SendOnSignIn,
		AutoSignIn: o.AutoSignInAfterVerification, ExpiresIn: seconds(o.ExpiresIn),
		ChangeEmail: emailverification.ChangeEmail{
			Enabled: s.User.ChangeEmail.Enabled, Confirm: s.User.ChangeEmail.SendChangeEmailConfirmation,
			WithoutProof: s.User.ChangeEmail.UpdateEmailWithoutVerification,
		},
	}
	if o.SendOnSignUp != nil {
		made.SendOnSignUp = kernia.Some(*o.SendOnSignUp)
	}
	return made, s.Mail.on()
}
