package twofactor

import (
	"context"
	"errors"
	"slices"

	kernia "github.com/kernia-go/kernia/core"
)

// challenge is a sign-in that waits for its second factor.
type challenge struct {
	Attempt string `json:"attempt"` // as kernia.Call.Suspend writes it
	Tries   int    `json:"tries"`   // wrong codes
}

// Answer is what a sign-in answers that asks for a second factor. Without HTTP it is the Answer of the
// *kernia.Diversion that the sign-in returns.
type Answer struct {
	Redirect  bool     `json:"twoFactorRedirect"` // always true
	Methods   []string `json:"twoFactorMethods"`  // MethodTOTP, MethodOTP: what the user can be asked for
	Challenge string   `json:"-"`                 // for the field of this name of the functions that take a code
}

// divert asks for a second factor in place of a session.
func (t *feature) divert(ctx context.Context, c *kernia.Call, at kernia.Attempt) error {
	if !t.asks(at) {
		return nil
	}
	row, err := t.row(ctx, at.User.ID)
	if err != nil {
		return err
	}
	if known, err := t.knows(ctx, c, row); err != nil || known {
		return err
	}
	text, err := c.Suspend(at)
	if err != nil {
		return err
	}
	token, err := t.challenges.Issue(ctx, challenge{Attempt: text})
	if err != nil {
		return err
	}
	out := Answer{Redirect: true, Methods: []string{}, Challenge: token}
	if row.verified() && !t.TOTP.Disabled {
		out.Methods = append(out.Methods, MethodTOTP)
	}
	if t.OTP.sends() {
		out.Methods = append(out.Methods, MethodOTP)
	}
	if err := t.challengeCookie.Set(c, token); err != nil {
		return err
	}
	return &kernia.Diversion{Answer: out, Redirect: t.Page}
}

// asks reports whether the attempt is one that a second factor belongs to.
func (t *feature) asks(at kernia.Attempt) bool {
	if at.Renewal || !Enabled.Of(&at.User) || !at.ByPassword() && t.Page == "" {
		return false
	}
	return !slices.Contains(at.Passed, name)
}

// VerifyInput is a code that the user gives.
type VerifyInput struct {
	Code        string                `json:"code" in:"max=256"`
	TrustDevice kernia.Optional[bool] `json:"trustDevice"` // this browser is not asked again for a while

	Challenge string `json:"-"` // without cookies: that of the [Answer]; it counts before a session of kernia.As
}

// VerifyOutput is the user and the token of the session that began, or that the caller has.
type VerifyOutput struct {
	Token string      `json:"token,omitempty"`
	User  kernia.User `json:"user"`
}

// A subject is whose code is checked.
type subject struct {
	user       kernia.User
	key        string // under which codes were sent
	principal  *kernia.Principal
	challenge  string // the token of the challenge; "" for a caller who is signed in
	challenged bool
}

// subject returns whose code it is: that of the challenge given, of the session, or of the challenge in the cookie.
func (t *feature) subject(ctx context.Context, c *kernia.Call, given string) (subject, error) {
	if given == "" {
		p, err := c.Principal(ctx)
		if err != nil {
			return subject{}, err
		}
		if p.HasSession() {
			return subject{user: p.User, principal: p, key: "user " + p.User.ID}, nil
		}
		given, _ = t.challengeCookie.Read(c)
	}
	ch, ok, err := t.challenges.Find(ctx, given)
	if err != nil {
		return subject{}, err
	}
	if !ok {
		return subject{}, ErrChallenge
	}
	at, err := t.resume(ctx, c, ch)
	if err != nil {
		return subject{}, err
	}
	return subject{user: at.User, challenge: given, challenged: true, key: "challenge " + given}, nil
}

func (t *feature) resume(ctx context.Context, c *kernia.Call, ch challenge) (*kernia.Attempt, error) {
	at, err := c.Resume(ctx, ch.Attempt)
	if err == nil && (at == nil || !Enabled.Of(&at.User)) {
		return nil, ErrChallenge
	}
	return at, err
}

// check finds out whether a code is that of the subject: nil, ErrCode, ErrBackupCode or why it cannot be told.
type check func(ctx context.Context, who subject) error

// verify checks a code. A caller who is signed in keeps the session; one who signs in gets one, unless it is not wanted.
func (t *feature) verify(ctx context.Context, c *kernia.Call, who subject, trusted, silent bool, check check) (VerifyOutput, error) {
	if p := who.principal; p != nil {
		return VerifyOutput{Token: p.Session.Token, User: p.User}, check(ctx, who)
	}
	at, err := t.meet(ctx, c, who, check)
	if err != nil {
		return VerifyOutput{}, err
	}
	t.challengeCookie.Delete(c)
	if silent {
		return VerifyOutput{User: at.User}, nil
	}
	if trusted {
		if err := t.trust(ctx, c, at.User.ID); err != nil {
			return VerifyOutput{}, err
		}
	}
	at.Passed = append(at.Passed, name)
	s, err := c.SignIn(ctx, *at)
	return VerifyOutput{Token: s.Token, User: at.User}, err
}

// meet checks a code for a challenge and uses the challenge up where it is right. While it is checked nobody else has
// the challenge: one code makes one session.
func (t *feature) meet(ctx context.Context, c *kernia.Call, who subject, check check) (at *kernia.Attempt, err error) {
	found, err := t.challenges.Try(ctx, who.challenge, func(ch *challenge) (bool, error) {
		if ch.Tries >= maxTries {
			t.challengeCookie.Delete(c)
			return false, ErrTries
		}
		var err error
		if at, err = t.resume(ctx, c, *ch); err != nil {
			return true, err
		}
		if err = check(ctx, who); errors.Is(err, ErrCode) || errors.Is(err, ErrBackupCode) {
			ch.Tries++
		}
		return err != nil, err
	})
	if err == nil && !found {
		err = ErrChallenge
	}
	return at, err
}
