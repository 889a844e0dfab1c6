package kernia

import (
	"cmp"
	"context"
	"errors"
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

// NewPassword adds a step that every new password passes, whoever sets it: a check against lists of breached passwords,
// say. Its error is the answer. The step must not keep or log the password.
func (d *Declaration) NewPassword(step func(ctx context.Context, password string) error) {
	d.auth.checks = append(d.auth.checks, step)
}

// NewPassword returns the hash of a password that somebody chose, once its length and the steps of features allow it.
// Whatever sets a password calls it. Errors: ErrPasswordTooShort, ErrPasswordTooLong, those of the steps.
func (accounts Accounts) NewPassword(ctx context.Context, password string) (hash string, err error) {
	if err := accounts.CheckLength(password); err != nil {
		return "", err
	}
	for _, step := range accounts.auth.checks {
		if err := guarded(func() error { return step(ctx, password) }); err != nil {
			return "", err
		}
	}
	return accounts.HashPassword(ctx, password)
}

// SetPassword gives the user a password, as a hash by NewPassword: it replaces the one they have, or makes an account
// for it. It ends the waiting time after wrong guesses. Unless keepSessions is set, every session of the user ends, the
// caller's own among them. Errors: ErrUserNotFound, the hooks' own.
func (accounts Accounts) SetPassword(ctx context.Context, userID, hash string, keepSessions bool) error {
	a := accounts.auth
	if err := accounts.storeNew(ctx, userID, hash); err != nil {
		return err
	}
	a.Record(ctx, Event{Type: "password.changed", UserID: userID})
	if err := a.guesses.Reset(ctx, "user:"+userID); err != nil {
		return err
	}
	if keepSessions {
		return nil
	}
	return a.Sessions.RevokeAll(ctx, userID)
}

// storeNew replaces the user's password whatever it was, or makes an account for it.
func (accounts Accounts) storeNew(ctx context.Context, userID, hash string) error {
	for range 8 { // somebody else may change it at the same time
		account, err := accounts.Find(ctx, userID, CredentialProvider)
		if err != nil {
			return err
		}
		if account == nil {
			if u, err := accounts.auth.Users.Find(ctx, userID); err != nil || u == nil {
				return cmp.Or(err, error(ErrUserNotFound))
			}
			_, err := accounts.Create(ctx, Account{UserID: userID, ProviderID: CredentialProvider, Password: hash})
			if errors.Is(err, ErrAccountExists) {
				continue
			}
			return err
		}
		if ok, err := accounts.ReplacePassword(ctx, account, hash); err != nil || ok {
			return err
		}
	}
	return ErrBusy
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
	p, account, err := c.credential(ctx)
	if err != nil {
		return nil, err
	}
	return p, c.checkPassword(ctx, p, account, password)
}

// ProveCredential is ProvePassword for operations that tell a caller without a password so, by ErrNoCredential. It also
// returns the account that has the password.
func (c *Call) ProveCredential(ctx context.Context, password string) (*Principal, *Account, error) {
	p, account, err := c.credential(ctx)
	if err == nil && (account == nil || account.Password == "") {
		err = ErrNoCredential
	}
	if err == nil {
		err = c.checkPassword(ctx, p, account, password)
	}
	return p, account, err
}

// credential returns the caller with the account of their password; the account is nil where there is none.
func (c *Call) credential(ctx context.Context) (*Principal, *Account, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return nil, nil, err
	}
	account, err := c.auth.Accounts.Find(ctx, p.User.ID, CredentialProvider)
	return p, account, err
}

func (c *Call) checkPassword(ctx context.Context, p *Principal, account *Account, password string) error {
	ok, err := c.auth.Accounts.CheckPassword(ctx, Guess{Name: p.User.Email, Account: account, Password: password})
	if err == nil && !ok {
		err = ErrPassword
	}
	return err
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
