// Package emailverification lets users prove that their e-mail address is theirs, by a link that is mailed to it, and
// change the address. Give its Feature to kernia.New, with a kernia.Config.Mailer.
package emailverification

import (
	"context"
	"net/url"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Feature is the verification of e-mail addresses. Its zero value mails a link when somebody asks for one, and demands
// nothing.
type Feature struct {
	Required     bool                  // nobody signs in by a password before their address is verified
	SendOnSignUp kernia.Optional[bool] // whether a new user is mailed a link; absent means if Required
	SendOnSignIn bool                  // where Required, a right password is answered by a new link too
	AutoSignIn   bool                  // the link signs in
	ExpiresIn    time.Duration         // how long a link works; 0 means an hour

	// BeforeVerify runs before an address counts as verified; its error is the answer, and nothing has changed. Nil: nothing
	// runs. AfterVerify runs afterwards; its error is the answer, and the address stays verified.
	BeforeVerify func(ctx context.Context, u kernia.User) error
	AfterVerify  func(ctx context.Context, u kernia.User) error

	ChangeEmail ChangeEmail
}

// ChangeEmail says how users change their e-mail address. The new address must always be proved by a link; the zero value
// lets nobody change it.
type ChangeEmail struct {
	Enabled bool
	Confirm bool // a user whose address is verified must first agree by a link to the old address

	// WithoutProof changes the address of a user who has not verified the present one at once. The new one is not verified
	// either.
	WithoutProof bool
}

// The errors of the feature.
var (
	ErrNotEnabled   = &kernia.Error{Kind: kernia.Invalid, Code: "VERIFICATION_EMAIL_NOT_ENABLED", Message: "Verification email isn't enabled"}
	ErrMismatch     = &kernia.Error{Kind: kernia.Invalid, Code: "EMAIL_MISMATCH", Message: "Email mismatch"}
	ErrVerified     = &kernia.Error{Kind: kernia.Invalid, Code: "EMAIL_ALREADY_VERIFIED", Message: "Email is already verified"}
	ErrToken        = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_TOKEN", Message: "Invalid token"}
	ErrTokenExpired = &kernia.Error{Kind: kernia.Unauthenticated, Code: "TOKEN_EXPIRED", Message: "Token expired"}
	ErrUser         = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_USER", Message: "Invalid user"}
	ErrUserNotFound = kernia.ErrUserNotFound.WithKind(kernia.Unauthenticated)
	ErrChangeEmail  = &kernia.Error{Kind: kernia.Invalid, Code: "CHANGE_EMAIL_DISABLED", Message: "Change email is disabled"}
	ErrSameEmail    = &kernia.Error{Kind: kernia.Invalid, Message: "Email is the same"}
)

// feature is a Feature with its handles.
type feature struct {
	Feature
	links *kernia.JWT
	spent *kernia.OneTime[string] // links that were followed and ask for a second mail
}

// Declare adds the operations, and the step that stops sign-ins.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("emailverification")
	if f.ExpiresIn == 0 {
		f.ExpiresIn = time.Hour
	}
	if f.Required || f.SendOnSignIn || f.SendOnSignUp.Value || f.ChangeEmail.Enabled {
		d.NeedsMailer()
	}
	t := &feature{Feature: f, links: d.JWT(), spent: kernia.OneTimeOf[string](d, "change-email", f.ExpiresIn)}
	d.VerifyBy(t.mailLink, false)
	if f.Required {
		d.RequireVerification()
		d.Interrupt(t.interrupt)
		d.Answers([]string{"/sign-in/*"}, kernia.ErrEmailNotVerified)
	}
	if f.SendOnSignUp.Or(f.Required) {
		d.VerifyOnSignUp()
	}
	slow := kernia.Limit(3, time.Minute)
	kernia.Post(d, "/send-verification-email", t.send, slow, kernia.Errors(ErrNotEnabled, ErrMismatch, ErrVerified))
	kernia.Get(d, "/verify-email", t.verify, kernia.Errors(ErrToken, ErrTokenExpired, ErrUser, ErrUserNotFound, kernia.ErrUserExists))
	kernia.Post(d, "/change-email", t.changeEmail, kernia.Live, kernia.Limit(3, 10*time.Second), kernia.Errors(ErrChangeEmail, ErrSameEmail))
}

// A link is what the token of a mailed link says. Its form is Better Auth's.
type link struct {
	Email  string `json:"email"`
	NewOne string `json:"updateTo,omitempty"`
	For    string `json:"requestType,omitempty"` // "" for the verification of Email
	UserID string `json:"userId,omitempty"`
	Issued int64  `json:"iat,omitempty"` // filled in as it is signed
}

// What a link with a new address is for.
const (
	confirms = "change-email-confirmation" // the holder of the old address agrees
	changes  = "change-email-verification" // the holder of the new one proves it
)

// url returns the link's token, and the URL that is mailed.
func (t *feature) url(c *kernia.Call, l link, callbackURL string) (token, address string, err error) {
	if token, err = t.links.Sign(l, t.ExpiresIn); err != nil {
		return "", "", err
	}
	if callbackURL == "" {
		callbackURL = "/"
	}
	return token, c.BaseURL() + "/verify-email?token=" + token + "&callbackURL=" + url.QueryEscape(callbackURL), nil
}

// mailLink mails the user a link that verifies their address.
func (t *feature) mailLink(ctx context.Context, c *kernia.Call, u kernia.User, callbackURL string) error {
	return t.mail(ctx, c, u, link{Email: u.Email, UserID: u.ID}, callbackURL)
}

// mail sends the user a link: to the new address if it is that which the link proves.
func (t *feature) mail(ctx context.Context, c *kernia.Call, u kernia.User, l link, callbackURL string) error {
	token, address, err := t.url(c, l, callbackURL)
	if err != nil {
		return err
	}
	kind, to := ports.MailVerify, l.Email
	switch l.For {
	case confirms:
		kind = ports.MailChange
	case changes:
		to = l.NewOne
	}
	c.Mail(ctx, kernia.Mail{Kind: kind, To: to, User: u, URL: address, Token: token, NewEmail: l.NewOne, Lifetime: t.ExpiresIn})
	return nil
}

// callback returns the callback URL that the caller gave, whatever the operation.
func callback(c *kernia.Call) string {
	v, _ := c.Input("callbackURL")
	s, _ := v.(string)
	return s
}

// interrupt stops a sign-in by password until the address is verified.
func (t *feature) interrupt(ctx context.Context, c *kernia.Call, at kernia.Attempt) error {
	if !at.ByPassword() || at.User.EmailVerified || at.Renewal {
		return nil
	}
	if t.SendOnSignIn {
		if err := c.AskVerification(ctx, at.User, callback(c)); err != nil {
			return err
		}
	}
	return kernia.ErrEmailNotVerified
}

// SendInput is the address to verify.
type SendInput struct {
	Email       string                  `json:"email" in:"email"`
	CallbackURL kernia.Optional[string] `json:"callbackURL"` // where the link leads; absent means "/"
}

// Send mails the user with the address a link that verifies it. For the user of kernia.As it must be their own address;
// for anybody else the answer is the same whether there is such a user or not. Errors: ErrMismatch, ErrVerified,
// ErrNotEnabled.
func Send(ctx context.Context, auth *kernia.Auth, in SendInput) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, "POST /send-verification-email", in)
	return err
}

func (t *feature) send(ctx context.Context, c *kernia.Call, in SendInput) (kernia.Status, error) {
	if !c.Auth().SendsMail() {
		return kernia.Status{}, ErrNotEnabled
	}
	p, err := c.Principal(ctx)
	if err != nil {
		return kernia.Status{}, err
	}
	if p != nil {
		switch {
		case kernia.NormalEmail(in.Email) != p.User.Email:
			return kernia.Status{}, ErrMismatch
		case p.User.EmailVerified:
			return kernia.Status{}, ErrVerified
		}
		return kernia.Status{Status: true}, c.AskVerification(ctx, p.User, in.CallbackURL.Value)
	}
	u, err := c.Auth().Users.FindByEmail(ctx, in.Email)
	if err != nil {
		return kernia.Status{}, err
	}
	if u == nil || u.EmailVerified {
		return kernia.Status{Status: true}, c.PretendVerification(ctx, kernia.NormalEmail(in.Email), in.CallbackURL.Value)
	}
	return kernia.Status{Status: true}, c.AskVerification(ctx, *u, in.CallbackURL.Value)
}
