package emailotp

import (
	"context"
	"crypto/subtle"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// What a code is for.
const (
	forSignIn = "sign-in"
	forVerify = "email-verification"
	forReset  = "forget-password"
	forChange = "change-email"
)

// A sent is a code that was sent.
type sent struct {
	Code  string    `json:"code"`
	Tries int       `json:"tries"` // wrong guesses
	Until time.Time `json:"until"` // it counts before
	To    string    `json:"to"`    // the address that a change asks for
}

// kept is how long a code is kept after its time, so that whoever types it learns that it is over.
const kept = time.Hour

// The most guesses of one address in a row, whatever the number of codes.
const (
	maxGuesses  = 10
	guessWindow = 15 * time.Minute
)

// declareCodes makes the handles for codes, one for each purpose.
func (t *feature) declareCodes(d *kernia.Declaration) {
	t.guesses = d.Throttle("email-otp", maxGuesses, guessWindow)
	t.codes = map[string]*kernia.OneTime[sent]{}
	for _, purpose := range []string{forSignIn, forVerify, forReset, forChange} {
		t.codes[purpose] = kernia.OneTimeOf[sent](d, purpose+"-otp", t.ExpiresIn+kept).Sealed(d)
	}
}

// issue stores a new code in place of an older one, and returns it. The key is an address or, for a change, the id of the
// user who asks for it.
func (t *feature) issue(ctx context.Context, purpose, key, to string) (string, error) {
	code, err := t.auth.RandomText(kernia.Digits, t.Digits)
	if err != nil {
		return "", err
	}
	s := sent{Code: code, Until: t.clock.Now().Add(t.ExpiresIn), To: to}
	return code, t.codes[purpose].Put(ctx, key, s)
}

// mail mails a code.
func (t *feature) mail(ctx context.Context, c *kernia.Call, purpose, to, code string, u kernia.User) {
	c.Mail(ctx, kernia.Mail{Kind: ports.MailCode, To: to, User: u, Code: code, Purpose: purpose, Lifetime: t.ExpiresIn})
}

// A guess is a code that somebody typed.
type guess struct {
	purpose, key, code string
	to                 string // the address that a change asks for
	keep               bool   // a right code stays
}

// try takes a guess. A right code is used up once right, which may be nil, has succeeded. Errors: ErrCode, ErrExpired,
// ErrTries, kernia.ErrTooManyAttempts, that of right.
func (t *feature) try(ctx context.Context, g guess, right func() error) error {
	key := g.purpose + " " + g.key
	if err := t.guesses.Attempt(ctx, key); err != nil {
		return err
	}
	found, err := t.codes[g.purpose].Try(ctx, g.key, func(s *sent) (stay bool, err error) {
		switch {
		case !t.clock.Now().Before(s.Until):
			return false, ErrExpired
		case s.Tries >= t.Attempts:
			return false, ErrTries
		case subtle.ConstantTimeCompare([]byte(s.Code), []byte(g.code))&subtle.ConstantTimeCompare([]byte(s.To), []byte(g.to)) != 1:
			s.Tries++
			return true, ErrCode
		}
		if right != nil {
			if err := right(); err != nil {
				return true, err
			}
		}
		return g.keep, nil
	})
	switch {
	case err != nil:
		return err
	case !found:
		return ErrCode
	}
	return t.guesses.Reset(ctx, key)
}
