package emailverification_test

import (
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/core/featuretest"
)

const ann = `{"name":"Ann","email":"ann@example.com","password":"password123"}`

func TestFeature(t *testing.T) {
	featuretest.Run(t, whole, append(samples(), changeSamples()...), featuretest.With(emailpassword.Feature{}))
}

// whole is the feature with every operation open.
var whole = emailverification.Feature{ChangeEmail: emailverification.ChangeEmail{Enabled: true, Confirm: true}}

func joined(s *featuretest.Stage) { s.Page.Post("/sign-up/email", ann) }

// asked signs ann up and puts the token of the link that she is mailed into the input.
func asked(s *featuretest.Stage) {
	joined(s)
	s.Page.Post("/send-verification-email", `{"email":"ann@example.com"}`)
	s.Input = strings.Replace(s.Input, "TOKEN", s.Mail().Token, 1)
}

// proved verifies ann's address.
func proved(s *featuretest.Stage) {
	joined(s)
	s.Page.Post("/send-verification-email", `{"email":"ann@example.com"}`)
	s.Page.Get("/verify-email?token=" + s.Mail().Token)
}

// moving puts the token of the link that goes to ann's new address into the input.
func moving(s *featuretest.Stage) {
	joined(s)
	s.Page.Post("/change-email", `{"newEmail":"eve@example.com"}`)
	s.Input = strings.Replace(s.Input, "TOKEN", s.Mail().Token, 1)
}

func samples() []featuretest.Sample {
	const send, verify = "POST /send-verification-email", "GET /verify-email"
	of, link := `{"email":"ann@example.com","callbackURL":"/in"}`, `{"token":"TOKEN"}`
	signs := emailverification.Feature{AutoSignIn: true}
	return []featuretest.Sample{
		{Operation: send, Input: of},
		{Operation: send, Input: of, Given: joined},
		{Operation: send, Input: of, Config: func(cfg *kernia.Config) { cfg.Mailer = nil }, Feature: emailverification.Feature{}, Want: emailverification.ErrNotEnabled},
		{Operation: send, Input: strings.Replace(of, "ann", "eve", 1), Given: joined, Want: emailverification.ErrMismatch},
		{Operation: send, Input: of, Given: proved, Want: emailverification.ErrVerified},
		{Operation: verify, Input: link, Given: asked},
		{Operation: verify, Input: `{"token":"TOKEN","callbackURL":"/in"}`, Given: asked},
		{Operation: verify, Input: `{"token":"none","callbackURL":"/in"}`},
		{Operation: verify, Input: link, Given: func(s *featuretest.Stage) {
			asked(s)
			s.Page.Post("/sign-out", "{}")
		}, Feature: signs},
		{Operation: verify, Input: link, Want: emailverification.ErrToken},
		{Operation: verify, Input: link, Given: func(s *featuretest.Stage) {
			asked(s)
			s.Clock.Advance(time.Hour)
		}, Want: emailverification.ErrTokenExpired},
		{Operation: verify, Input: link, Given: func(s *featuretest.Stage) {
			asked(s)
			u, _ := s.Auth.Users.FindByEmail(s.Context(), "ann@example.com")
			_, _ = s.Auth.Users.Delete(s.Context(), u.ID)
		}, Want: emailverification.ErrUserNotFound},
	}
}

func changeSamples() []featuretest.Sample {
	const change, verify = "POST /change-email", "GET /verify-email"
	to, link := `{"newEmail":"eve@example.com","callbackURL":"/in"}`, `{"token":"TOKEN"}`
	return []featuretest.Sample{
		{Operation: change, Input: to, Given: joined},
		{Operation: change, Input: to, Given: proved},
		{Operation: change, Input: to, Given: joined, Feature: emailverification.Feature{ChangeEmail: emailverification.ChangeEmail{Enabled: true, WithoutProof: true}}},
		{Operation: change, Input: `{"newEmail":"ann@example.com"}`, Given: joined, Want: emailverification.ErrSameEmail},
		{Operation: change, Input: to, Given: joined, Feature: emailverification.Feature{}, Want: emailverification.ErrChangeEmail},
		{Operation: verify, Input: link, Given: moving},
		{Operation: verify, Input: link, Given: func(s *featuretest.Stage) {
			moving(s)
			s.Page.Post("/sign-up/email", strings.Replace(ann, "ann@", "bob@", 1))
		}, Want: emailverification.ErrUser},
		{Operation: verify, Input: link, Given: func(s *featuretest.Stage) {
			moving(s)
			s.Page.Post("/sign-out", "{}")
			s.Page.Post("/sign-up/email", strings.Replace(ann, "ann@", "eve@", 1))
			s.Page.Post("/sign-out", "{}")
		}, Want: kernia.ErrUserExists},
	}
}
