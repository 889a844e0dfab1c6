// Package magiclink lets users sign in, and up, by a link that is mailed to them. Give its Feature to kernia.New, with a
// kernia.Config.Mailer.
package magiclink

import (
	"context"
	"errors"
	"net/url"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Feature is sign-in by a mailed link. Its zero value also makes a user of whoever follows a link to a new address.
type Feature struct {
	DisableSignUp bool          // only users who exist are mailed a link
	ExpiresIn     time.Duration // how long a link works; 0 means five minutes
}

// The errors of the feature. Verify returns them; a browser gets their codes as the parameter "error" of a redirect.
var (
	ErrToken         = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_TOKEN", Message: "Invalid token"}
	ErrSignUp        = &kernia.Error{Kind: kernia.Denied, Code: "new_user_signup_disabled", Message: "Sign up is disabled"}
	ErrCreateUser    = &kernia.Error{Kind: kernia.Invalid, Code: "failed_to_create_user", Message: "Failed to create user"}
	ErrCreateSession = &kernia.Error{Kind: kernia.Invalid, Code: "failed_to_create_session", Message: "Failed to create session"}
)

// feature is a Feature with its handles.
type feature struct {
	Feature
	links *kernia.OneTime[link]
}

// A link is what is kept of a mailed link, in Better Auth's form.
type link struct {
	Type  string `json:"type"`
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// linkType marks a link in the database.
const linkType = "magic-link"

// Declare adds the operations.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("magiclink")
	d.NeedsMailer()
	if f.ExpiresIn == 0 {
		f.ExpiresIn = 5 * time.Minute
	}
	t := &feature{f, kernia.OneTimeOf[link](d, "magic-link", f.ExpiresIn)}
	slow := kernia.Limit(5, time.Minute)
	kernia.Post(d, "/sign-in/magic-link", t.send, slow, kernia.SignsIn())
	kernia.Get(d, "/magic-link/verify", t.verify, slow)
}

// SendInput says to whom a link is mailed, and where it leads.
type SendInput struct {
	Email              string                  `json:"email" in:"email"`
	Name               kernia.Optional[string] `json:"name"`               // of the user, where the link makes one
	CallbackURL        kernia.Optional[string] `json:"callbackURL"`        // absent means "/"
	NewUserCallbackURL kernia.Optional[string] `json:"newUserCallbackURL"` // for a user whom the link makes; absent means CallbackURL
	ErrorCallbackURL   kernia.Optional[string] `json:"errorCallbackURL"`   // for a link that does not work; absent means CallbackURL
}

// Send mails a link that signs in. It does not tell whether somebody has the address.
func Send(ctx context.Context, auth *kernia.Auth, in SendInput) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, "POST /sign-in/magic-link", in)
	return err
}

func (t *feature) send(ctx context.Context, c *kernia.Call, in SendInput) (kernia.Status, error) {
	done := kernia.Status{Status: true}
	to := kernia.NormalEmail(in.Email)
	u, err := c.Auth().Users.FindByEmail(ctx, to)
	if err != nil {
		return kernia.Status{}, err
	}
	// Somebody who gets no mail takes the same steps, up to a token that nobody knows.
	token, err := t.links.Issue(ctx, link{Type: linkType, Email: to, Name: in.Name.Value})
	if err != nil || u == nil && t.DisableSignUp {
		return done, err
	}
	if u == nil {
		u = &kernia.User{}
	}
	c.Mail(ctx, kernia.Mail{Kind: ports.MailLink, To: to, User: *u, Token: token, URL: address(c.BaseURL(), token, in), Lifetime: t.ExpiresIn})
	return done, nil
}

// address returns the URL of a link.
func address(base, token string, in SendInput) string {
	to := base + "/magic-link/verify?token=" + token
	callback := in.CallbackURL.Value
	if callback == "" {
		callback = "/"
	}
	to += "&callbackURL=" + url.QueryEscape(callback)
	if v := in.NewUserCallbackURL.Value; v != "" {
		to += "&newUserCallbackURL=" + url.QueryEscape(v)
	}
	if v := in.ErrorCallbackURL.Value; v != "" {
		to += "&errorCallbackURL=" + url.QueryEscape(v)
	}
	return to
}

// VerifyInput is the token of a mailed link, and where its answer leads.
type VerifyInput struct {
	Token              string                  `json:"token" in:"query"`
	CallbackURL        kernia.Optional[string] `json:"callbackURL" in:"query"`
	NewUserCallbackURL kernia.Optional[string] `json:"newUserCallbackURL" in:"query"`
	ErrorCallbackURL   kernia.Optional[string] `json:"errorCallbackURL" in:"query"`
}

// VerifyOutput is the session that the link began, and its user.
type VerifyOutput struct {
	Token   string         `json:"token"`
	User    kernia.User    `json:"user"`
	Session kernia.Session `json:"session"`
}

// Verify signs in the user to whom a link was mailed. The link is then used up. A user who does not exist is created. If
// the address was never verified before, passwords, accounts and sessions that somebody else may have set up with it are
// gone. Errors: ErrToken, ErrSignUp, ErrCreateUser, ErrCreateSession, a hook's own, whatever a feature that interrupts
// the sign-in answers.
func Verify(ctx context.Context, auth *kernia.Auth, token string) (VerifyOutput, error) {
	return kernia.Invoke[VerifyOutput](ctx, auth, "GET /magic-link/verify", VerifyInput{Token: token})
}

func (t *feature) verify(ctx context.Context, c *kernia.Call, in VerifyInput) (VerifyOutput, error) {
	s, u, created, err := t.follow(ctx, c, in.Token)
	if err != nil {
		return VerifyOutput{}, refuse(c, in, err)
	}
	if to := in.CallbackURL.Value; to != "" {
		if created && in.NewUserCallbackURL.Value != "" {
			to = in.NewUserCallbackURL.Value
		}
		c.Redirect(c.Absolute(to))
	}
	return VerifyOutput{Token: s.Token, User: u, Session: s}, nil
}

// refuse leads a browser to the page for errors. Without HTTP, and for an outage or a further step of the sign-in, the
// error itself is the answer.
func refuse(c *kernia.Call, in VerifyInput, err error) error {
	e, ok := errors.AsType[*kernia.Error](err)
	if !ok || !c.HTTP() || e.Code == "" || e.Kind.Status() >= 500 {
		return err
	}
	to := in.ErrorCallbackURL.Value
	if to == "" {
		to = in.CallbackURL.Value
	}
	if to == "" {
		to = "/"
	}
	c.RedirectError(c.Absolute(to), e)
	return nil
}

// follow uses the link up and signs its user in.
func (t *feature) follow(ctx context.Context, c *kernia.Call, token string) (kernia.Session, kernia.User, bool, error) {
	l, ok, err := t.links.Take(ctx, token)
	if err != nil {
		return kernia.Session{}, kernia.User{}, false, err
	}
	if !ok || l.Type != linkType || l.Email == "" {
		return kernia.Session{}, kernia.User{}, false, ErrToken
	}
	at := kernia.MailboxAttempt{
		Method: "magic-link", Email: l.Email, Wrong: ErrToken, New: func(u *kernia.User) error { u.Name = l.Name; return nil },
	}
	if t.DisableSignUp {
		at.Closed = ErrSignUp
	}
	s, u, created, err := c.SignInByMailbox(ctx, at)
	switch {
	case errors.Is(err, kernia.ErrCreateUser):
		err = ErrCreateUser.Because(err)
	case errors.Is(err, kernia.ErrCreateSession):
		err = ErrCreateSession.Because(err)
	}
	return s, u, created, err
}
