package username_test

import (
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/username"
	"github.com/kernia-go/kernia/core/featuretest"
)

func TestFeature(t *testing.T) {
	featuretest.Run(t, username.Feature{}, append(samples(), samplesOfOthers()...), featuretest.With(emailpassword.Feature{}))
}

// bob signs up as a user who has a name.
const bob = `{"name":"Bob","email":"bob@example.com","password":"password123","username":"Bob"}`

func joined(s *featuretest.Stage) { s.Page.Post("/sign-up/email", bob) }

func guessed(s *featuretest.Stage) {
	joined(s)
	for range 10 {
		s.Page.Post("/sign-in/username", `{"username":"bob","password":"password124"}`)
	}
}

func samples() []featuretest.Sample {
	const in, free = "POST /sign-in/username", "POST /is-username-available"
	short, long, invalid := username.ErrTooShort.WithKind(kernia.Unprocessable),
		username.ErrTooLong.WithKind(kernia.Unprocessable), username.ErrInvalid.WithKind(kernia.Unprocessable)
	as := func(name string) string { return `{"username":"` + name + `","password":"password123"}` }
	return []featuretest.Sample{
		{Operation: in, Input: as("BOB"), Given: joined},
		{Operation: in, Input: strings.Replace(as("bob"), "}", `,"callbackURL":"/in","rememberMe":false}`, 1), Given: joined},
		{Operation: in, Input: as("bob"), Want: username.ErrCredentials},
		{Operation: in, Input: as("b"), Want: short},
		{Operation: in, Input: as(strings.Repeat("b", 31)), Want: long},
		{Operation: in, Input: as("b o b"), Want: invalid},
		{Operation: in, Input: strings.Replace(as("bob"), "password123", strings.Repeat("p", 129), 1), Given: joined, Want: kernia.ErrPasswordTooLong},
		{Operation: in, Input: as("bob"), Given: guessed, Want: kernia.ErrTooManyAttempts},
		{Operation: free, Input: `{"username":"bob"}`, Given: joined},
		{Operation: free, Input: `{"username":"b"}`, Want: short},
		{Operation: free, Input: `{"username":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}`, Want: long},
		{Operation: free, Input: `{"username":""}`, Want: invalid},
	}
}

// samplesOfOthers are those of operations that take the feature's columns.
func samplesOfOthers() []featuretest.Sample {
	const up, update = "POST /sign-up/email", "POST /update-user"
	as := func(names string) string {
		return `{"name":"Eve","email":"eve@example.com","password":"password123",` + names + `}`
	}
	polite := username.Feature{ValidateDisplay: func(name string) bool { return name != "rude" }}
	return []featuretest.Sample{
		{Operation: up, Input: as(`"username":"Eve","displayUsername":"The Eve"`)},
		{Operation: up, Input: as(`"username":"e"`), Want: username.ErrTooShort},
		{Operation: up, Input: as(`"username":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"`), Want: username.ErrTooLong},
		{Operation: up, Input: as(`"username":"e v e"`), Want: username.ErrInvalid},
		{Operation: up, Input: as(`"displayUsername":"rude"`), Feature: polite, Want: username.ErrDisplayName},
		{Operation: up, Input: as(`"username":"BOB"`), Given: joined, Want: username.ErrTaken},
		{Operation: update, Input: `{"username":"Ann","displayUsername":"The Ann"}`},
		{Operation: update, Input: `{"username":"a n n"}`, Want: username.ErrInvalid},
		{Operation: update, Input: `{"displayUsername":"rude"}`, Feature: polite, Want: username.ErrDisplayName},
		{Operation: update, Input: `{"username":"bob"}`, Given: func(s *featuretest.Stage) {
			joined(s)
			s.Page.SignIn("ann@example.com")
		}, Want: username.ErrTaken},
		{Operation: update, Input: `{"username":"ann"}`, Given: func(s *featuretest.Stage) {
			joined(s) // and is signed in
		}, Feature: username.Feature{Immutable: true}, Want: username.ErrImmutable},
	}
}
