// Package emailpassword lets users sign up and in with an e-mail address and a password, change the password, and
// sign out. Give its Feature to kernia.New; call its functions where there is no HTTP.
package emailpassword

import (
	"context"
	"errors"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Feature is e-mail and password sign-in. Its zero value has Better Auth's defaults: passwords of 8 to 128 characters,
// sign-up open, and new users signed in at once.
type Feature struct {
	MinLength         int  // the fewest characters of a new password; 0 means 8
	MaxLength         int  // the most characters of any password, itself at most 1024; 0 means 128
	DisableSignUp     bool // nobody can sign up
	DisableAutoSignIn bool // sign-up begins no session, and answers alike whether the address is taken or not
	Disabled          bool // the routes are there and refuse

	// A reset of a forgotten password mails a link by kernia.Config.Mailer; without one it is refused.
	DisableReset   bool          // nobody can ask for a link
	ResetExpiresIn time.Duration // how long a link works; 0 means an hour
	KeepSessions   bool          // a reset ends no session; otherwise it ends all of the user's
	// AfterReset runs after a reset; its error is the answer, and the new password stays. Nil: nothing runs.
	AfterReset func(ctx context.Context, u kernia.User) error
}

// The errors of the feature.
var (
	ErrDisabled       = &kernia.Error{Kind: kernia.Invalid, Code: "EMAIL_PASSWORD_DISABLED", Message: "Email and password is not enabled"}
	ErrSignUpDisabled = &kernia.Error{Kind: kernia.Invalid, Code: "EMAIL_PASSWORD_SIGN_UP_DISABLED", Message: "Email and password sign up is not enabled"}
	ErrCredentials    = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_EMAIL_OR_PASSWORD", Message: "Invalid email or password"}
	ErrPassword       = kernia.ErrPassword
	ErrNoCredential   = kernia.ErrNoCredential
)

// Declare adds the feature's operations.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("emailpassword")
	if f.MinLength == 0 {
		f.MinLength = 8
	}
	if f.MaxLength == 0 {
		f.MaxLength = 128
	}
	d.PasswordLength(f.MinLength, f.MaxLength)
	kernia.Post(d, "/sign-up/email", f.signUp, kernia.TakesForms(), kernia.SignsIn(), kernia.Errors(
		ErrSignUpDisabled, kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong, kernia.ErrUserExists, kernia.ErrCreateUser,
		kernia.ErrUserUnfinished, kernia.ErrFieldTaken, kernia.ErrTooManyAttempts))
	kernia.Post(d, "/sign-in/email", f.signIn, kernia.TakesForms(), kernia.SignsIn(), kernia.Errors(
		ErrDisabled, kernia.ErrInvalidEmail, kernia.ErrPasswordTooLong, ErrCredentials, kernia.ErrTooManyAttempts))
	kernia.Post(d, "/sign-out", signOut, kernia.OptionalBody())
	kernia.Post(d, "/change-password", f.changePassword, kernia.Live, kernia.Limit(3, 10*time.Second), kernia.Errors(
		kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong, ErrPassword, ErrNoCredential, kernia.ErrTooManyAttempts))
	kernia.Post(d, "/verify-password", f.verifyPassword, kernia.Live, kernia.Limit(3, 10*time.Second), kernia.Errors(ErrPassword, kernia.ErrTooManyAttempts))
	kernia.Func(d, setPasswordName, setPassword, kernia.Errors(
		kernia.ErrUserNotFound, kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong))
	f.declareReset(d)
}

// SignUpInput is what a new user gives.
type SignUpInput struct {
	Name        string                  `json:"name"`
	Email       string                  `json:"email" in:"email"`
	Password    string                  `json:"password" in:"min=1,max=1048576"`
	Image       kernia.Optional[string] `json:"image"`
	CallbackURL kernia.Optional[string] `json:"callbackURL"`
	RememberMe  kernia.Optional[bool]   `json:"rememberMe"` // false: a session of one day at most
	Fields      kernia.FieldValues
}

// SignUpOutput is the new user and, unless sign-up begins no session, the session's token.
type SignUpOutput struct {
	Token *string     `json:"token"`
	User  kernia.User `json:"user"`
}

const signUpName, signInName, signOutName = "POST /sign-up/email", "POST /sign-in/email", "POST /sign-out"

// SignUp creates a user with a password and signs them in. It can be tried again after an outage: either nobody was
// created, or it goes on with the user who was. Errors: ErrSignUpDisabled, kernia.ErrPasswordTooShort,
// kernia.ErrPasswordTooLong, kernia.ErrUserExists, kernia.ErrCreateUser, kernia.ErrUserUnfinished where the user exists
// but a hook after the creation failed, a validation error, a hook's own.
func SignUp(ctx context.Context, auth *kernia.Auth, in SignUpInput) (SignUpOutput, error) {
	return kernia.Invoke[SignUpOutput](ctx, auth, signUpName, in)
}

func (f Feature) signUp(ctx context.Context, c *kernia.Call, in SignUpInput) (SignUpOutput, error) {
	if f.Disabled || f.DisableSignUp {
		return SignUpOutput{}, ErrSignUpDisabled
	}
	if err := c.Auth().Accounts.CheckLength(in.Password); err != nil {
		return SignUpOutput{}, err
	}
	auth := c.Auth()
	u := auth.Users.New(ctx)
	u.Name, u.Email = in.Name, in.Email
	if in.Image.Set {
		u.Image = &in.Image.Value
	}
	if err := auth.Users.SetFields(&u, in.Fields); err != nil {
		return SignUpOutput{}, err
	}
	// The hash comes before the address is looked up, so that a taken one takes as long.
	hash, err := auth.Accounts.NewPassword(ctx, in.Password)
	if err != nil {
		return SignUpOutput{}, err
	}
	account := kernia.Account{ProviderID: kernia.CredentialProvider, Password: hash}
	if f.DisableAutoSignIn || auth.NeedsVerification() {
		created, fresh, err := auth.Users.CreateQuietly(ctx, u, account)
		switch {
		case err != nil:
		case fresh:
			err = c.SignedUp(ctx, created, in.CallbackURL.Value)
		default:
			c.Mail(ctx, kernia.Mail{Kind: ports.MailExisting, To: created.Email, User: created})
			err = c.PretendedSignUp(ctx, created.Email, in.CallbackURL.Value)
		}
		return SignUpOutput{User: created}, err
	}
	created, err := auth.Users.Create(ctx, u, account)
	if errors.Is(err, kernia.ErrUserExists) {
		return resume(ctx, c, created.Email, in)
	}
	if err != nil {
		return SignUpOutput{}, err
	}
	s, err := c.SignInNew(ctx, kernia.Attempt{User: created, Method: "email", Forget: !in.RememberMe.Or(true)})
	if err != nil {
		return SignUpOutput{}, err
	}
	if err := c.SignedUp(ctx, created, in.CallbackURL.Value); err != nil { // last: a sign-up that is undone mails nothing
		return SignUpOutput{}, err
	}
	return SignUpOutput{Token: &s.Token, User: created}, nil
}

// resume goes on with a sign-up that was cut off after the user was stored.
func resume(ctx context.Context, c *kernia.Call, email string, in SignUpInput) (SignUpOutput, error) {
	out, err := c.ResumeSignUp(ctx, kernia.PasswordAttempt{
		Method: "email", Name: email, Find: c.Auth().Accounts.FindCredential, Password: in.Password, Wrong: kernia.ErrUserExists, RememberMe: in.RememberMe,
	})
	if err != nil {
		return SignUpOutput{}, err
	}
	return SignUpOutput{Token: &out.Token, User: out.User}, nil
}

// SignInInput is what a user signs in with.
type SignInInput struct {
	Email       string                  `json:"email"`
	Password    string                  `json:"password" in:"max=1048576"`
	CallbackURL kernia.Optional[string] `json:"callbackURL"`
	RememberMe  kernia.Optional[bool]   `json:"rememberMe"` // false: a session of one day at most
}

// SignIn begins a session. Errors: ErrDisabled, kernia.ErrInvalidEmail, kernia.ErrPasswordTooLong, ErrCredentials, whatever a
// feature that interrupts sign-in answers.
func SignIn(ctx context.Context, auth *kernia.Auth, in SignInInput) (kernia.SignInOutput, error) {
	return kernia.Invoke[kernia.SignInOutput](ctx, auth, signInName, in)
}

func (f Feature) signIn(ctx context.Context, c *kernia.Call, in SignInInput) (kernia.SignInOutput, error) {
	switch {
	case f.Disabled:
		return kernia.SignInOutput{}, ErrDisabled
	case !kernia.ValidEmail(in.Email):
		return kernia.SignInOutput{}, kernia.ErrInvalidEmail
	}
	return c.SignInByPassword(ctx, kernia.PasswordAttempt{
		Method: "email", Name: in.Email, Find: c.Auth().Accounts.FindCredential, Password: in.Password, Wrong: ErrCredentials,
		CallbackURL: in.CallbackURL, RememberMe: in.RememberMe,
	})
}

// SignOutInput is ignored; Better Auth's client may send it.
type SignOutInput struct {
	CallbackURL kernia.Optional[string] `json:"callbackURL"`
}

// SignOutOutput says that nobody is signed in any more.
type SignOutOutput struct {
	Success bool `json:"success"`
}

// SignOut ends the session of kernia.As. Without one it succeeds as well.
func SignOut(ctx context.Context, auth *kernia.Auth) error {
	_, err := kernia.Invoke[SignOutOutput](ctx, auth, signOutName, SignOutInput{})
	return err
}

func signOut(ctx context.Context, c *kernia.Call, _ SignOutInput) (SignOutOutput, error) {
	if err := c.SignOut(ctx); err != nil {
		return SignOutOutput{}, err
	}
	return SignOutOutput{Success: true}, nil
}
