package kernia

import (
	"context"
	"fmt"

	"github.com/kernia-go/kernia/core/internal/input"
)

// Length counts the characters of s in UTF-16 code units, as JavaScript does, so that limits mean the same on both
// sides.
func Length(s string) int { return input.Characters(s) }

// passwordBounds are the fewest characters of a new password and the most of any.
type passwordBounds struct{ least, most int }

// mostPassword keeps any password within what hashers take, 4096 bytes: a longer one would be an error for unknown
// users and a wrong password for known ones.
const mostPassword = 1024

// PasswordLength sets the length of passwords for all features: a new password has at least least characters, and any
// password at most most, which is itself at most 1024. The defaults are 8 and 128.
func (d *Declaration) PasswordLength(least, most int) {
	if least < 1 || most < least || most > mostPassword {
		d.fail(fmt.Errorf("MinLength %d and MaxLength %d: need 1 ≤ MinLength ≤ MaxLength ≤ %d", least, most, mostPassword))
	}
	d.auth.passwords = passwordBounds{least, most}
}

// CheckLength returns ErrPasswordTooShort or ErrPasswordTooLong if nobody may choose the password, and nil otherwise.
func (accounts Accounts) CheckLength(password string) error {
	if Length(password) < accounts.auth.passwords.least {
		return ErrPasswordTooShort
	}
	return accounts.tooLong(password)
}

func (accounts Accounts) tooLong(password string) error {
	if Length(password) > accounts.auth.passwords.most {
		return ErrPasswordTooLong
	}
	return nil
}

// ProvePassword returns the caller where the password is theirs, for operations that ask for it again. Errors:
// ErrUnauthorized, ErrPassword for any other password, and those of [Accounts.CheckPassword].
func (c *Call) ProvePassword(ctx context.Context, password string) (*Principal, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return nil, err
	}
	account, err := c.auth.Accounts.Find(ctx, p.User.ID, CredentialProvider)
	if err != nil {
		return nil, err
	}
	ok, err := c.auth.Accounts.CheckPassword(ctx, Guess{Name: p.User.Email, Account: account, Password: password})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrPassword
	}
	return p, nil
}

// A PasswordAttempt is a sign-in by a name and a password, neither of which has been checked yet.
type PasswordAttempt struct {
	Method string // as in Attempt
	Name   string // of the user, in the form that Find expects
	// Find returns the user of a name with the account that has the password; nil for an unknown name.
	Find        func(ctx context.Context, name string) (*Credential, error)
	Password    string
	Wrong       *Error // the answer to an unknown name and to a wrong password
	CallbackURL Optional[string]
	RememberMe  Optional[bool] // false: do not remember the session
}

// SignInOutput is the answer to a successful sign-in. URL is the given callback URL, and Redirect says whether a
// browser should go there.
type SignInOutput struct {
	Redirect bool    `json:"redirect"`
	Token    string  `json:"token"`
	URL      *string `json:"url,omitempty"`
	User     User    `json:"user"`
}

// SignInByPassword checks the password and begins a session by [Call.SignIn]. An unknown name takes the work of a
// wrong password. Errors: Wrong, and those of [Accounts.CheckPassword] and SignIn.
func (c *Call) SignInByPassword(ctx context.Context, at PasswordAttempt) (SignInOutput, error) {
	found, err := at.Find(ctx, at.Name)
	if err != nil {
		return SignInOutput{}, err
	}
	guess, e := Guess{Name: at.Name, Password: at.Password}, Event{Type: "sign-in.failed"}
	if found != nil {
		guess.Account, e.UserID = &found.Account, found.User.ID
	}
	ok, err := c.auth.Accounts.CheckPassword(ctx, guess)
	if err != nil {
		return SignInOutput{}, err
	}
	if !ok || found == nil {
		c.auth.Record(ctx, e)
		return SignInOutput{}, at.Wrong
	}
	out := SignInOutput{User: found.User}
	if at.CallbackURL.Set {
		out.URL, out.Redirect = &at.CallbackURL.Value, at.CallbackURL.Value != ""
		c.Location(at.CallbackURL.Value)
	}
	s, err := c.SignIn(ctx, Attempt{User: found.User, Method: at.Method, Account: &found.Account, Forget: !at.RememberMe.Or(true)})
	out.Token = s.Token
	return out, err
}
