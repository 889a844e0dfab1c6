package deleteuser_test

import (
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/deleteuser"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/featuretest"
)

func TestFeature(t *testing.T) {
	featuretest.Run(t, deleteuser.Feature{}, samples(), featuretest.With(emailpassword.Feature{}))
}

func joined(s *featuretest.Stage) {
	s.Page.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
}

// mailed signs ann up and puts the token of the link that she is mailed into the input.
func mailed(s *featuretest.Stage) {
	joined(s)
	s.Page.Post("/delete-user", `{"callbackURL":"/bye"}`)
	s.Input = strings.Replace(s.Input, "TOKEN", s.Mail().Token, 1)
}

func samples() []featuretest.Sample {
	const remove, follow = "POST /delete-user", "GET /delete-user/callback"
	byMail := deleteuser.Feature{Verify: true}
	tired := func(s *featuretest.Stage) {
		joined(s)
		s.Clock.Advance(25 * time.Hour)
	}
	guessed := func(s *featuretest.Stage) {
		joined(s)
		for range 10 {
			s.Page.Post("/delete-user", `{"password":"password124"}`)
		}
	}
	with := func(password string) string { return `{"password":"` + password + `"}` }
	return []featuretest.Sample{
		{Operation: remove},
		{Operation: remove, Input: with("password123"), Given: tired},
		{Operation: remove, Given: tired, Want: deleteuser.ErrNotFresh},
		{Operation: remove, Input: with("password124"), Given: joined, Want: kernia.ErrPassword},
		{Operation: remove, Input: with(strings.Repeat("p", 129)), Given: joined, Want: kernia.ErrPasswordTooLong},
		{Operation: remove, Input: with("password123"), Given: guessed, Want: kernia.ErrTooManyAttempts},
		{Operation: remove, Input: with("password123"), Want: deleteuser.ErrNoCredential},
		{Operation: remove, Input: `{"callbackURL":"/bye"}`, Feature: byMail, Given: joined},
		{Operation: remove, Input: `{"token":"TOKEN"}`, Feature: byMail, Given: mailed},
		{Operation: remove, Input: `{"token":"TOKEN"}`, Given: joined, Want: deleteuser.ErrToken},
		{Operation: follow, Input: `{"token":"TOKEN"}`, Feature: byMail, Given: mailed},
		{Operation: follow, Input: `{"token":"TOKEN","callbackURL":"/bye"}`, Feature: byMail, Given: mailed},
		{Operation: follow, Input: `{"token":"TOKEN"}`, Given: joined, Want: deleteuser.ErrToken},
		{Operation: follow, Input: `{"token":"TOKEN"}`, Want: deleteuser.ErrNobody},
	}
}
