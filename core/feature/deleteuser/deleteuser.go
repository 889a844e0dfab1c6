// Package deleteuser lets users delete their own account, with everything that belongs to it. Give its Feature to
// kernia.New; call Delete where there is no HTTP.
package deleteuser

import (
	"context"
	"net/url"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Feature is the deletion of one's own account. Its zero value asks for the password, or else for a fresh session.
type Feature struct {
	Verify    bool          // the account is deleted by a link that is mailed to its address
	ExpiresIn time.Duration // how long the link works; 0 means a day

	// Before runs before the deletion; its error is the answer, and nothing has changed. Nil: nothing runs. After runs
	// afterwards; its error is the answer, and the user is gone.
	Before func(ctx context.Context, u kernia.User) error
	After  func(ctx context.Context, u kernia.User) error
}

// The errors of the feature.
var (
	ErrToken        = &kernia.Error{Kind: kernia.NotFound, Code: "INVALID_TOKEN", Message: "Invalid token"}
	ErrNobody       = &kernia.Error{Kind: kernia.NotFound, Code: "FAILED_TO_GET_USER_INFO", Message: "Failed to get user info"}
	ErrNotFresh     = &kernia.Error{Kind: kernia.Invalid, Code: "SESSION_EXPIRED", Message: "Session expired. Re-authenticate to perform this action."}
	ErrNoCredential = kernia.ErrNoCredential
)

// feature is a Feature with its handles.
type feature struct {
	Feature
	links *kernia.OneTime[string] // the user's id
}

// Declare adds the operations.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("deleteuser")
	if f.ExpiresIn == 0 {
		f.ExpiresIn = 24 * time.Hour
	}
	if f.Verify {
		d.NeedsMailer()
	}
	t := &feature{f, kernia.OneTimeOf[string](d, "delete-account", f.ExpiresIn)}
	limit := kernia.Limit(3, 10*time.Second)
	kernia.Post(d, "/delete-user", t.remove, kernia.Live, limit, kernia.Errors(
		kernia.ErrPassword, kernia.ErrPasswordTooLong, kernia.ErrTooManyAttempts, ErrNoCredential, ErrNotFresh, ErrToken))
	kernia.Get(d, "/delete-user/callback", t.follow, kernia.Errors(ErrNobody, ErrToken))
}

// Input is the proof that the user means it.
type Input struct {
	Password    kernia.Optional[string] `json:"password" in:"max=1048576"`
	Token       kernia.Optional[string] `json:"token"`       // of a mailed link
	CallbackURL kernia.Optional[string] `json:"callbackURL"` // where the mailed link leads; absent means "/"
}

// Output says what happened.
type Output struct {
	Success bool   `json:"success"`
	Message string `json:"message"` // "User deleted" or "Verification email sent"
}

// Delete deletes the user of kernia.As or, where the feature says so, mails them a link that does. Errors:
// kernia.ErrPassword, ErrNoCredential, ErrToken, ErrNotFresh where there is no proof and the session is not fresh.
func Delete(ctx context.Context, auth *kernia.Auth, in Input) (Output, error) {
	return kernia.Invoke[Output](ctx, auth, "POST /delete-user", in)
}

func (t *feature) remove(ctx context.Context, c *kernia.Call, in Input) (Output, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return Output{}, err
	}
	if password := in.Password.Value; password != "" {
		if _, _, err := c.ProveCredential(ctx, password); err != nil {
			return Output{}, err
		}
	}
	switch {
	case in.Token.Value != "":
		return t.finish(ctx, c, p, in.Token.Value)
	case t.Verify:
		return t.mail(ctx, c, p, in.CallbackURL.Value)
	case in.Password.Value == "" && !c.Fresh(p):
		return Output{}, ErrNotFresh
	}
	return t.end(ctx, c, p)
}

// mail sends the user the link that deletes the account.
func (t *feature) mail(ctx context.Context, c *kernia.Call, p *kernia.Principal, callbackURL string) (Output, error) {
	token, err := t.links.Issue(ctx, p.User.ID)
	if err != nil {
		return Output{}, err
	}
	if callbackURL == "" {
		callbackURL = "/"
	}
	c.Mail(ctx, kernia.Mail{
		Kind: ports.MailDelete, To: p.User.Email, User: p.User, Token: token, Lifetime: t.ExpiresIn,
		URL: c.BaseURL() + "/delete-user/callback?token=" + token + "&callbackURL=" + url.QueryEscape(callbackURL),
	})
	return Output{true, "Verification email sent"}, nil
}

// finish deletes the caller by the token of a link that was mailed to them. A link of somebody else stays as it is.
func (t *feature) finish(ctx context.Context, c *kernia.Call, p *kernia.Principal, token string) (Output, error) {
	id, ok, err := t.links.Find(ctx, token)
	if err != nil {
		return Output{}, err
	}
	if !ok || id != p.User.ID {
		return Output{}, ErrToken
	}
	if _, ok, err = t.links.Take(ctx, token); err != nil {
		return Output{}, err
	}
	if !ok {
		return Output{}, ErrToken
	}
	return t.end(ctx, c, p)
}

func (t *feature) end(ctx context.Context, c *kernia.Call, p *kernia.Principal) (Output, error) {
	if t.Before != nil {
		if err := t.Before(ctx, p.User); err != nil {
			return Output{}, err
		}
	}
	if _, err := c.Auth().Users.Delete(ctx, p.User.ID); err != nil {
		return Output{}, err
	}
	c.End()
	if t.After != nil {
		if err := t.After(ctx, p.User); err != nil {
			return Output{}, err
		}
	}
	return Output{true, "User deleted"}, nil
}

type followInput struct {
	Token       string                  `json:"token" in:"query"`
	CallbackURL kernia.Optional[string] `json:"callbackURL" in:"query"`
}

// follow deletes the caller by the link that was mailed to them.
func (t *feature) follow(ctx context.Context, c *kernia.Call, in followInput) (Output, error) {
	p, err := c.Live(ctx)
	if err != nil {
		return Output{}, err
	}
	if p == nil {
		return Output{}, ErrNobody
	}
	out, err := t.finish(ctx, c, p, in.Token)
	if err == nil && in.CallbackURL.Value != "" {
		c.Redirect(in.CallbackURL.Value)
	}
	return out, err
}
