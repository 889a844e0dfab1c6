package emailpassword

import (
	"context"
	"net/url"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// The errors of a reset.
var (
	ErrResetDisabled = &kernia.Error{Kind: kernia.Invalid, Code: "RESET_PASSWORD_DISABLED", Message: "Reset password isn't enabled"}
	ErrToken         = &kernia.Error{Kind: kernia.Invalid, Code: "INVALID_TOKEN", Message: "Invalid token"}
)

const resetLife = time.Hour

// resets is the part of a Feature that replaces forgotten passwords.
type resets struct {
	Feature
	links *kernia.OneTime[string]
}

// declareReset adds the operations of a forgotten password.
func (f Feature) declareReset(d *kernia.Declaration) {
	if f.ResetExpiresIn == 0 {
		f.ResetExpiresIn = resetLife
	}
	r := &resets{f, kernia.OneTimeOf[string](d, "reset-password", f.ResetExpiresIn)}
	slow := kernia.Limit(3, time.Minute)
	kernia.Post(d, "/request-password-reset", r.requestReset, slow, kernia.Errors(ErrResetDisabled))
	kernia.Post(d, "/forget-password", r.requestReset, slow, kernia.Errors(ErrResetDisabled))
	kernia.Get(d, "/reset-password/:token", r.openReset)
	kernia.Post(d, "/reset-password", r.reset, kernia.Errors(ErrToken, kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong))
}

// RequestResetInput is the address of an account whose password is forgotten.
type RequestResetInput struct {
	Email      string                  `json:"email" in:"email"`
	RedirectTo kernia.Optional[string] `json:"redirectTo"` // the page that asks for the new password
}

// RequestResetOutput is the same whether somebody has the address or not.
type RequestResetOutput struct {
	Status  bool   `json:"status"`
	Message string `json:"message"`
}

// RequestReset mails a link to set a new password, if the address is a user's; it does not tell whether it is. Errors:
// ErrResetDisabled where there is no kernia.Config.Mailer.
func RequestReset(ctx context.Context, auth *kernia.Auth, in RequestResetInput) (RequestResetOutput, error) {
	return kernia.Invoke[RequestResetOutput](ctx, auth, "POST /request-password-reset", in)
}

func (r *resets) requestReset(ctx context.Context, c *kernia.Call, in RequestResetInput) (RequestResetOutput, error) {
	out := RequestResetOutput{true, "If this email exists in our system, check your email for the reset link"}
	auth := c.Auth()
	if r.DisableReset || !auth.SendsMail() {
		return RequestResetOutput{}, ErrResetDisabled
	}
	u, err := auth.Users.FindByEmail(ctx, in.Email)
	if err != nil {
		return RequestResetOutput{}, err
	}
	// An unknown address takes the same steps, up to a token that nobody gets and that is worth nothing.
	claim, err := r.claim(ctx, auth, u)
	if err != nil {
		return RequestResetOutput{}, err
	}
	token, err := r.links.Issue(ctx, claim)
	if err != nil || u == nil {
		return out, err
	}
	c.Mail(ctx, kernia.Mail{
		Kind: ports.MailReset, To: u.Email, User: *u, Token: token, Lifetime: r.ResetExpiresIn,
		URL: c.BaseURL() + "/reset-password/" + token + "?callbackURL=" + url.QueryEscape(in.RedirectTo.Value),
	})
	return out, nil
}

// claim returns what a reset of the user's password rests on: who they are, their address, and the password that is to
// be replaced. Once one of these has changed, older links are worth nothing.
func (r *resets) claim(ctx context.Context, auth *kernia.Auth, u *kernia.User) (string, error) {
	if u == nil {
		u = &kernia.User{}
	}
	account, err := auth.Accounts.Find(ctx, u.ID, kernia.CredentialProvider)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{u.ID, u.Email, kernia.Fingerprint(account)}, "\n"), nil
}

type openResetInput struct {
	Token       string `json:"token" in:"path"`
	CallbackURL string `json:"callbackURL" in:"query"`
}

// openReset leads the browser from the mailed link to the page that asks for the new password.
func (r *resets) openReset(ctx context.Context, c *kernia.Call, in openResetInput) (kernia.Status, error) {
	if in.CallbackURL == "" {
		c.RedirectError(c.BaseURL()+"/error", ErrToken)
		return kernia.Status{}, nil
	}
	u, err := r.holder(ctx, c.Auth(), in.Token, r.links.Find)
	if err != nil {
		return kernia.Status{}, err
	}
	to := c.Absolute(in.CallbackURL)
	if u == nil {
		c.RedirectError(to, ErrToken)
	} else {
		c.Redirect(kernia.AppendQuery(to, "token", in.Token))
	}
	return kernia.Status{}, nil
}

// holder returns the user whose password the token of a link may set, or nil; read finds the token, or takes it.
func (r *resets) holder(
	ctx context.Context, auth *kernia.Auth, token string, read func(context.Context, string) (string, bool, error),
) (*kernia.User, error) {
	claim, ok, err := read(ctx, token)
	if err != nil || !ok {
		return nil, err
	}
	id, _, _ := strings.Cut(claim, "\n")
	if id == "" {
		return nil, nil
	}
	u, err := auth.Users.Find(ctx, id)
	if err != nil || u == nil || id == claim { // a link of Better Auth has the id alone
		return u, err
	}
	now, err := r.claim(ctx, auth, u)
	if err != nil || now != claim {
		return nil, err
	}
	return u, nil
}

// ResetInput is a new password, and the token of a mailed link.
type ResetInput struct {
	NewPassword string                  `json:"newPassword" in:"max=1048576"`
	Token       kernia.Optional[string] `json:"token" in:"either"`
}

// Reset sets the password of the user to whom a link was mailed. The link is then used up, their sessions end, and an
// address that was never verified is: other passwords and accounts, which somebody else may have set, are gone. Errors:
// ErrToken, kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong.
func Reset(ctx context.Context, auth *kernia.Auth, in ResetInput) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, "POST /reset-password", in)
	return err
}

func (r *resets) reset(ctx context.Context, c *kernia.Call, in ResetInput) (kernia.Status, error) {
	auth := c.Auth()
	token := in.Token.Value
	if token == "" {
		return kernia.Status{}, ErrToken
	}
	// The link is used up last: a password that is refused may be followed by a better one.
	u, err := r.holder(ctx, auth, token, r.links.Find)
	if err != nil {
		return kernia.Status{}, err
	}
	if u == nil {
		return kernia.Status{}, ErrToken
	}
	hash, err := auth.Accounts.NewPassword(ctx, in.NewPassword)
	if err != nil {
		return kernia.Status{}, err
	}
	if u, err = r.holder(ctx, auth, token, r.links.Take); err != nil {
		return kernia.Status{}, err
	}
	if u == nil {
		return kernia.Status{}, ErrToken
	}
	if *u, err = auth.Users.Reclaim(ctx, *u); err != nil {
		return kernia.Status{}, err
	}
	if err := auth.Accounts.SetPassword(ctx, u.ID, hash, r.KeepSessions); err != nil {
		return kernia.Status{}, err
	}
	if r.AfterReset != nil {
		if err := r.AfterReset(ctx, *u); err != nil {
			return kernia.Status{}, err
		}
	}
	return kernia.Status{Status: true}, nil
}
