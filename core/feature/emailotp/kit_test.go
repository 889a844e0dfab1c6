package emailotp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/feature/emailotp"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/featuretest"

	kernia "github.com/kernia-go/kernia/core"
)

const ann = `{"name":"Ann","email":"ann@example.com","password":"password123"}`

// open is the feature with every operation open.
var open = emailotp.Feature{ChangeEmail: emailotp.ChangeEmail{Enabled: true}}

func TestFeature(t *testing.T) {
	all := append(sending(), signing()...)
	all = append(all, resetting()...)
	featuretest.Run(t, open, append(all, changing()...), featuretest.With(emailpassword.Feature{}))
}

func joined(s *featuretest.Stage) { s.Page.Post("/sign-up/email", ann) }

// away signs ann up and out.
func away(s *featuretest.Stage) {
	joined(s)
	s.Page.Post("/sign-out", "{}")
}

// sent mails a code for the purpose to ann and puts it into the input.
func sent(purpose string, before func(s *featuretest.Stage)) func(s *featuretest.Stage) {
	return func(s *featuretest.Stage) {
		if before != nil {
			before(s)
		}
		s.Page.Post("/email-otp/send-verification-otp", `{"email":"ann@example.com","type":"`+purpose+`"}`)
		s.Input = strings.Replace(s.Input, "CODE", s.Mail().Code, 1)
	}
}

// failures are samples of what any operation that takes a code answers to a wrong one.
func failures(sample featuretest.Sample, purpose string) []featuretest.Sample {
	given := sample.Given
	guess := func(s *featuretest.Stage, n int) {
		for range n {
			s.Page.Post("/email-otp/check-verification-otp", `{"email":"ann@example.com","type":"`+purpose+`","otp":"x"}`)
		}
	}
	with := func(want *kernia.Error, then func(s *featuretest.Stage)) featuretest.Sample {
		other := sample
		other.Want, other.Given = want, func(s *featuretest.Stage) {
			given(s)
			then(s)
		}
		return other
	}
	return []featuretest.Sample{
		with(emailotp.ErrCode, func(s *featuretest.Stage) { s.Input = strings.Replace(s.Input, `"otp":"`, `"otp":"x`, 1) }),
		with(emailotp.ErrExpired, func(s *featuretest.Stage) { s.Clock.Advance(5 * time.Minute) }),
		with(emailotp.ErrTries, func(s *featuretest.Stage) { guess(s, 3) }),
		with(kernia.ErrTooManyAttempts, func(s *featuretest.Stage) { guess(s, 10) }),
	}
}

func sending() []featuretest.Sample {
	const send, check = "POST /email-otp/send-verification-otp", "POST /email-otp/check-verification-otp"
	right := featuretest.Sample{Operation: check, Input: `{"email":"ann@example.com","type":"sign-in","otp":"CODE"}`, Given: sent("sign-in", nil)}
	return append(failures(right, "sign-in"), right,
		featuretest.Sample{Operation: send, Input: `{"email":"ann@example.com","type":"sign-in"}`},
		featuretest.Sample{Operation: send, Input: `{"email":"ann@example.com","type":"email-verification"}`, Given: joined},
		featuretest.Sample{Operation: send, Input: `{"email":"ann@example.com","type":"forget-password"}`},
		featuretest.Sample{Operation: send, Input: `{"email":"ann@example.com","type":"change-email"}`, Want: emailotp.ErrType},
		featuretest.Sample{Operation: send, Input: `{"email":"ann","type":"sign-in"}`, Want: kernia.ErrInvalidEmail},
		featuretest.Sample{Operation: check, Input: `{"email":"ann@example.com","type":"change-email","otp":"x"}`, Want: emailotp.ErrType},
		featuretest.Sample{Operation: check, Input: `{"email":"ann","type":"sign-in","otp":"x"}`, Want: kernia.ErrInvalidEmail},
	)
}

func signing() []featuretest.Sample {
	const signs, verify = "POST /sign-in/email-otp", "POST /email-otp/verify-email"
	in := featuretest.Sample{Operation: signs, Input: `{"email":"ann@example.com","otp":"CODE"}`, Given: sent("sign-in", away)}
	proof := featuretest.Sample{Operation: verify, Input: `{"email":"ann@example.com","otp":"CODE"}`, Given: sent("email-verification", away)}
	signsIn := proof
	signsIn.Feature = emailotp.Feature{AutoSignIn: true}
	all := append(failures(in, "sign-in"), failures(proof, "email-verification")...)
	return append(all, in, proof, signsIn,
		featuretest.Sample{Operation: signs, Input: `{"email":"ann@example.com","otp":"CODE","name":"Ann","image":"https://example.com/a.png"}`, Given: sent("sign-in", nil)},
		featuretest.Sample{Operation: signs, Input: `{"email":"ann","otp":"x"}`, Want: emailotp.ErrCode},
		featuretest.Sample{Operation: verify, Input: `{"email":"ann","otp":"x"}`, Want: kernia.ErrInvalidEmail},
	)
}

func resetting() []featuretest.Sample {
	const reset = "POST /email-otp/reset-password"
	right := featuretest.Sample{Operation: reset, Input: `{"email":"ann@example.com","otp":"CODE","password":"password456"}`, Given: sent("forget-password", away)}
	return append(failures(right, "forget-password"), right,
		featuretest.Sample{Operation: "POST /email-otp/request-password-reset", Input: `{"email":"ann@example.com"}`, Given: joined},
		featuretest.Sample{Operation: "POST /forget-password/email-otp", Input: `{"email":"ann@example.com"}`},
		featuretest.Sample{Operation: reset, Input: `{"email":"ann","otp":"x","password":"password456"}`, Want: kernia.ErrInvalidEmail},
		featuretest.Sample{Operation: reset, Input: `{"email":"ann@example.com","otp":"x","password":"short"}`, Want: kernia.ErrPasswordTooShort},
		featuretest.Sample{Operation: reset, Input: `{"email":"ann@example.com","otp":"x","password":"` + strings.Repeat("x", 129) + `"}`, Want: kernia.ErrPasswordTooLong},
	)
}

func changing() []featuretest.Sample {
	const request, change = "POST /email-otp/request-email-change", "POST /email-otp/change-email"
	to := `{"newEmail":"eve@example.com","otp":"CODE"}`
	both := emailotp.Feature{ChangeEmail: emailotp.ChangeEmail{Enabled: true, VerifyCurrent: true}}
	current := featuretest.Sample{Operation: request, Input: to, Given: sent("email-verification", joined), Feature: both}
	asked := func(s *featuretest.Stage) {
		joined(s)
		s.Page.Post("/email-otp/request-email-change", `{"newEmail":"eve@example.com"}`)
		s.Input = strings.Replace(s.Input, "CODE", s.Mail().Code, 1)
	}
	guessed := func(n int) func(s *featuretest.Stage) {
		return func(s *featuretest.Stage) {
			asked(s)
			for range n {
				s.Page.Post("/email-otp/change-email", `{"newEmail":"eve@example.com","otp":"x"}`)
			}
		}
	}
	return append(failures(current, "email-verification"), current,
		featuretest.Sample{Operation: request, Input: `{"newEmail":"eve@example.com"}`, Given: joined},
		featuretest.Sample{Operation: request, Input: `{"newEmail":"eve@example.com"}`, Given: joined, Feature: both, Want: emailotp.ErrCodeRequired},
		featuretest.Sample{Operation: request, Input: `{"newEmail":"eve@example.com"}`, Given: joined, Feature: emailotp.Feature{}, Want: emailotp.ErrChangeEmail},
		featuretest.Sample{Operation: request, Input: `{"newEmail":"eve"}`, Given: joined, Want: kernia.ErrInvalidEmail},
		featuretest.Sample{Operation: request, Input: `{"newEmail":"ann@example.com"}`, Given: joined, Want: emailotp.ErrSameEmail},
		featuretest.Sample{Operation: change, Input: to, Given: asked},
		featuretest.Sample{Operation: change, Input: to, Given: joined, Want: emailotp.ErrCode},
		featuretest.Sample{Operation: change, Input: to, Given: guessed(3), Want: emailotp.ErrTries},
		featuretest.Sample{Operation: change, Input: to, Given: guessed(10), Want: kernia.ErrTooManyAttempts},
		featuretest.Sample{Operation: change, Input: to, Given: func(s *featuretest.Stage) {
			asked(s)
			s.Clock.Advance(5 * time.Minute)
		}, Want: emailotp.ErrExpired},
		featuretest.Sample{Operation: change, Input: to, Given: joined, Feature: emailotp.Feature{}, Want: emailotp.ErrChangeEmail},
		featuretest.Sample{Operation: change, Input: `{"newEmail":"eve","otp":"x"}`, Given: joined, Want: kernia.ErrInvalidEmail},
		featuretest.Sample{Operation: change, Input: `{"newEmail":"ann@example.com","otp":"x"}`, Given: joined, Want: emailotp.ErrSameEmail},
		featuretest.Sample{Operation: change, Input: to, Given: func(s *featuretest.Stage) {
			asked(s)
			_, _ = s.Auth.Users.Create(s.Context(), kernia.User{Email: "eve@example.com"})
		}, Want: kernia.ErrUserExists},
	)
}
