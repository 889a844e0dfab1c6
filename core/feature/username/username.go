// Package username lets users sign in with a user name in place of their e-mail address. Give its Feature to kernia.New,
// beside one by which users sign up; call its functions where there is no HTTP.
package username

import (
	"context"
	"fmt"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// The columns of the feature. Read them with Of: nil is a user without a name.
var (
	// Name is the user name in its normal form, in which it is unique.
	Name = kernia.Field[*string]{Name: "username", Input: true, Unique: true, Taken: ErrTaken}
	// DisplayName is the user name as it was typed.
	DisplayName = kernia.Field[*string]{Name: "displayUsername", Input: true}
)

// The errors of the feature. Sign-in and availability answer those about the form of a name as kernia.Unprocessable.
var (
	ErrCredentials = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_USERNAME_OR_PASSWORD", Message: "Invalid username or password"}
	ErrTooShort    = &kernia.Error{Kind: kernia.Invalid, Code: "USERNAME_TOO_SHORT", Message: "Username is too short"}
	ErrTooLong     = &kernia.Error{Kind: kernia.Invalid, Code: "USERNAME_TOO_LONG", Message: "Username is too long"}
	ErrInvalid     = &kernia.Error{Kind: kernia.Invalid, Code: "INVALID_USERNAME", Message: "Username is invalid"}
	ErrTaken       = &kernia.Error{Kind: kernia.Invalid, Code: "USERNAME_IS_ALREADY_TAKEN", Message: "Username is already taken. Please try another."}
	ErrImmutable   = &kernia.Error{Kind: kernia.Invalid, Code: "USERNAME_IS_IMMUTABLE", Message: "Username cannot be updated"}
	ErrDisplayName = &kernia.Error{Kind: kernia.Invalid, Code: "INVALID_DISPLAY_USERNAME", Message: "Display username is invalid"}
)

// Feature is sign-in by user name. Its zero value is Better Auth's defaults: 3 to 30 ASCII letters, digits, underscores
// and dots, in whatever case, which users may change.
type Feature struct {
	MinLength int // the fewest characters of a name; 0 means 3
	MaxLength int // the most characters of a name, itself at most 255; 0 means 30

	Validate  func(name string) bool   // which names there can be; nil means Plain
	Normalize func(name string) string // the form that is stored and compared; nil means lower case. Applied twice it must change nothing more
	KeepCase  bool                     // without Normalize: "Ann" and "ann" are two names

	ValidateDisplay  func(name string) bool   // which displayed names there can be; nil means all
	NormalizeDisplay func(name string) string // the form in which they are stored; nil means as they were typed

	NormalFirst        bool // Validate and the lengths judge the normal form, not what was typed
	NormalDisplayFirst bool // ValidateDisplay judges the normal form
	Immutable          bool // who has a name cannot change it; the server's own code can
	NoDisplayName      bool // there is no column DisplayName
}

// Declare adds the columns and the operations.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("username")
	f.settle(d)
	d.UserField(Name)
	if !f.NoDisplayName {
		d.UserField(DisplayName)
	}
	n := names{f, d.UserKey(Name.Name)}
	d.Hooks(kernia.Hooks{User: kernia.UserHooks{BeforeCreate: n.begin, BeforeUpdate: n.change}})
	if f.Immutable {
		d.Before([]string{"/update-user"}, n.keep)
		d.Answers([]string{"/update-user"}, ErrImmutable)
	}
	d.Answers([]string{"/sign-up/email", "/update-user"}, ErrTooShort, ErrTooLong, ErrInvalid, ErrDisplayName, ErrTaken)
	form := kernia.Errors(unprocessable(ErrTooShort), unprocessable(ErrTooLong), unprocessable(ErrInvalid))
	kernia.Post(d, "/sign-in/username", n.signIn, kernia.SignsIn(), form,
		kernia.Errors(ErrCredentials, kernia.ErrPasswordTooLong, kernia.ErrTooManyAttempts))
	kernia.Post(d, "/is-username-available", n.available, form)
}

// maxLength keeps names within what databases index.
const maxLength = 255

// settle fills in the defaults.
func (f *Feature) settle(d *kernia.Declaration) {
	if f.MinLength == 0 {
		f.MinLength = 3
	}
	if f.MaxLength == 0 {
		f.MaxLength = 30
	}
	if f.MinLength < 1 || f.MaxLength < f.MinLength || f.MaxLength > maxLength {
		d.Fail(fmt.Errorf("MinLength %d and MaxLength %d: need 1 ≤ MinLength ≤ MaxLength ≤ %d", f.MinLength, f.MaxLength, maxLength))
	}
	if f.Validate == nil {
		f.Validate = Plain
	}
	if f.ValidateDisplay == nil {
		f.ValidateDisplay = func(string) bool { return true }
	}
	if f.Normalize == nil {
		f.Normalize = strings.ToLower
		if f.KeepCase {
			f.Normalize = same
		}
	}
	if f.NormalizeDisplay == nil {
		f.NormalizeDisplay = same
	}
}

func same(name string) string { return name }

// Plain reports whether name consists of ASCII letters, digits, underscores and dots. No two of them look alike but by
// their case and by 0O and 1lI.
func Plain(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == ""
}

func unprocessable(e *kernia.Error) *kernia.Error { return e.WithKind(kernia.Unprocessable) }

// names are the rules for names, and the way to find their users.
type names struct {
	Feature
	key *kernia.UserKey
}

// normal returns the form in which a name is stored, looked up and counted, or why there can be no such name.
func (n names) normal(name string) (string, *kernia.Error) {
	normal := n.Normalize(name)
	if n.NormalFirst {
		name = normal
	}
	switch length := kernia.Length(name); {
	case length < n.MinLength:
		return "", ErrTooShort
	case length > n.MaxLength:
		return "", ErrTooLong
	case !n.Validate(name):
		return "", ErrInvalid
	}
	return normal, nil
}

// display returns the form in which a displayed name is stored.
func (n names) display(name string) (string, error) {
	normal := n.NormalizeDisplay(name)
	if n.NormalDisplayFirst {
		name = normal
	}
	if !n.ValidateDisplay(name) {
		return "", ErrDisplayName
	}
	return normal, nil
}

// begin settles the names of a new user: each is made from the other where that is missing.
func (n names) begin(ctx context.Context, u *kernia.User) error {
	name, display := Name.Of(u), DisplayName.Of(u)
	if display != nil {
		if _, wrong := n.normal(*display); name == nil && wrong == nil {
			name = display
		}
		shown, err := n.display(*display)
		if err != nil {
			return err
		}
		DisplayName.Set(u, &shown)
	}
	if name == nil {
		return nil
	}
	if display == nil || *display == "" {
		shown := n.NormalizeDisplay(*name)
		DisplayName.Set(u, &shown)
	}
	normal, wrong := n.normal(*name)
	if wrong != nil {
		return wrong
	}
	Name.Set(u, &normal)
	return n.free(ctx, normal)
}

// free returns ErrTaken for a name that somebody has. The unique key of the column decides in the end; but where the
// e-mail address is taken as well, the answer must not depend on which key the database looks at first.
func (n names) free(ctx context.Context, normal string) error {
	u, err := n.key.Find(ctx, normal)
	if err != nil {
		return err
	}
	if u != nil {
		return ErrTaken
	}
	return nil
}

// change brings the names that a patch sets into their normal forms.
func (n names) change(_ context.Context, _ string, p *kernia.Patch) error {
	if name := Name.Of(p); name != nil {
		normal, wrong := n.normal(*name)
		if wrong != nil {
			return wrong
		}
		Name.Set(p, &normal)
	}
	if display := DisplayName.Of(p); display != nil {
		shown, err := n.display(*display)
		if err != nil {
			return err
		}
		DisplayName.Set(p, &shown)
	}
	return nil
}

// keep refuses to change or to remove a name that the caller has.
func (n names) keep(ctx context.Context, c *kernia.Call) error {
	given, ok := c.Input(Name.Name)
	if !ok {
		return nil
	}
	p, err := c.Session(ctx)
	if err != nil {
		return err
	}
	u, err := c.Auth().Users.Find(ctx, p.User.ID)
	if err != nil || u == nil {
		return err
	}
	had := Name.Of(u)
	if name, ok := given.(string); had == nil || ok && n.Normalize(name) == *had {
		return nil
	}
	return ErrImmutable
}

// SignInInput is what a user signs in with.
type SignInInput struct {
	Username    string                  `json:"username"`
	Password    string                  `json:"password" in:"max=1048576"`
	CallbackURL kernia.Optional[string] `json:"callbackURL"`
	RememberMe  kernia.Optional[bool]   `json:"rememberMe"` // false: a session of one day at most
}

// SignIn begins a session. Errors: ErrCredentials, ErrTooShort, ErrTooLong, ErrInvalid, kernia.ErrPasswordTooLong,
// kernia.ErrTooManyAttempts, whatever a feature that interrupts sign-in answers.
func SignIn(ctx context.Context, auth *kernia.Auth, in SignInInput) (kernia.SignInOutput, error) {
	return kernia.Invoke[kernia.SignInOutput](ctx, auth, "POST /sign-in/username", in)
}

func (n names) signIn(ctx context.Context, c *kernia.Call, in SignInInput) (kernia.SignInOutput, error) {
	if in.Username == "" || in.Password == "" {
		return kernia.SignInOutput{}, ErrCredentials
	}
	normal, wrong := n.normal(in.Username)
	if wrong != nil {
		return kernia.SignInOutput{}, unprocessable(wrong)
	}
	return c.SignInByPassword(ctx, kernia.PasswordAttempt{
		Method: "username", Name: normal, Find: n.key.FindCredential, Password: in.Password, Wrong: ErrCredentials,
		CallbackURL: in.CallbackURL, RememberMe: in.RememberMe,
	})
}

// AvailableInput is a name that somebody would like to have.
type AvailableInput struct {
	Username string `json:"username"`
}

// AvailableOutput says whether they could.
type AvailableOutput struct {
	Available bool `json:"available"`
}

// Available reports whether no user has the name. Errors: ErrTooShort, ErrTooLong, ErrInvalid.
func Available(ctx context.Context, auth *kernia.Auth, name string) (bool, error) {
	out, err := kernia.Invoke[AvailableOutput](ctx, auth, "POST /is-username-available", AvailableInput{Username: name})
	return out.Available, err
}

func (n names) available(ctx context.Context, _ *kernia.Call, in AvailableInput) (AvailableOutput, error) {
	if in.Username == "" {
		return AvailableOutput{}, unprocessable(ErrInvalid)
	}
	normal, wrong := n.normal(in.Username)
	if wrong != nil {
		return AvailableOutput{}, unprocessable(wrong)
	}
	u, err := n.key.Find(ctx, normal)
	return AvailableOutput{Available: u == nil && err == nil}, err
}
