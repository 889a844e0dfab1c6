package twofactor

import (
	"context"
	"errors"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// The methods of EnableInput.
const (
	MethodTOTP = "totp" // an authenticator app
	MethodOTP  = "otp"  // codes that are sent to the user
)

// EnableInput asks for a second factor of one's own.
type EnableInput struct {
	Password string                  `json:"password" in:"max=1048576"`
	Method   kernia.Optional[string] `json:"method" in:"oneof=otp|totp"` // MethodTOTP where it is left out
	Issuer   kernia.Optional[string] `json:"issuer" in:"max=256"`        // the name that the app shows; Feature.Issuer where it is left out
}

// EnableOutput is, for an authenticator, what the app scans and the backup codes, which are shown this once.
type EnableOutput struct {
	Method      string   `json:"method"`
	TOTPURI     string   `json:"totpURI,omitempty"`
	BackupCodes []string `json:"backupCodes,omitempty"`
	Token       string   `json:"-"` // of the session that replaces the caller's, where the second factor counts from now on
}

// Enable begins the second factor of the user of kernia.As. Codes that are sent count from then on, an authenticator
// when [VerifyTOTP] has seen its first code. Errors: ErrPassword, ErrHasTOTP, ErrTOTPOff, ErrNoSender,
// kernia.ErrTooManyAttempts, kernia.ErrUnauthorized.
func Enable(ctx context.Context, auth *kernia.Auth, in EnableInput) (EnableOutput, error) {
	return kernia.Invoke[EnableOutput](ctx, auth, "POST /two-factor/enable", in)
}

func (t *feature) enable(ctx context.Context, c *kernia.Call, in EnableInput) (EnableOutput, error) {
	p, err := c.ProvePassword(ctx, in.Password)
	if err != nil {
		return EnableOutput{}, err
	}
	if in.Method.Or(MethodTOTP) == MethodOTP {
		return t.enableOTP(ctx, c, p)
	}
	if t.TOTP.Disabled {
		return EnableOutput{}, ErrTOTPOff
	}
	row, err := t.row(ctx, p.User.ID)
	if err != nil {
		return EnableOutput{}, err
	}
	if row.verified() {
		return EnableOutput{}, ErrHasTOTP
	}
	secret, err := t.auth.RandomText(kernia.Alphanumeric+"-_", secretLength)
	if err != nil {
		return EnableOutput{}, err
	}
	codes, sealed, err := t.makeCodes()
	if err != nil {
		return EnableOutput{}, err
	}
	if err := t.keep(ctx, row, secret, sealed); err != nil {
		return EnableOutput{}, err
	}
	out := EnableOutput{Method: MethodTOTP, TOTPURI: t.uri(in.Issuer.Or(t.Issuer), p.User.Email, secret), BackupCodes: codes}
	if t.SkipVerify {
		_, out.Token, err = t.turn(ctx, c, p, true)
	}
	return out, err
}

// keep stores what belongs to a new authenticator, unless another call was faster.
func (t *feature) keep(ctx context.Context, row *factor, secret, codes string) error {
	sealed, err := t.shared.Seal(secret)
	if err != nil {
		return err
	}
	changed, err := t.enrol.Do(ctx, row.ID, row.Secret, sealed, codes, t.SkipVerify)
	if err == nil && changed == nil {
		return errContended
	}
	return err
}

func (t *feature) enableOTP(ctx context.Context, c *kernia.Call, p *kernia.Principal) (EnableOutput, error) {
	if !t.OTP.sends() {
		return EnableOutput{}, ErrNoSender
	}
	if _, err := t.row(ctx, p.User.ID); err != nil {
		return EnableOutput{}, err
	}
	_, token, err := t.turn(ctx, c, p, true)
	return EnableOutput{Method: MethodOTP, Token: token}, err
}

// PasswordInput is the password of the user who asks.
type PasswordInput struct {
	Password string `json:"password" in:"max=1048576"`
}

// DisableOutput says that no second factor is asked for any more.
type DisableOutput struct {
	Status bool   `json:"status"`
	Token  string `json:"-"` // of the session that replaces the caller's
}

// Disable ends the second factor of the user of kernia.As; no browser is trusted any more. Errors: ErrPassword,
// kernia.ErrTooManyAttempts, kernia.ErrUnauthorized.
func Disable(ctx context.Context, auth *kernia.Auth, password string) (DisableOutput, error) {
	return kernia.Invoke[DisableOutput](ctx, auth, "POST /two-factor/disable", PasswordInput{password})
}

func (t *feature) disable(ctx context.Context, c *kernia.Call, in PasswordInput) (DisableOutput, error) {
	p, err := c.ProvePassword(ctx, in.Password)
	if err != nil {
		return DisableOutput{}, err
	}
	// The user comes first: who has no row left and is still challenged could never sign in again.
	_, token, err := t.turn(ctx, c, p, false)
	if err != nil {
		return DisableOutput{}, err
	}
	_, err = t.ofUser.Delete(ctx, p.User.ID)
	return DisableOutput{Status: true, Token: token}, err
}

// turn switches the second factor of the caller on or off, and gives them a new session in place of theirs.
func (t *feature) turn(ctx context.Context, c *kernia.Call, p *kernia.Principal, on bool) (kernia.User, string, error) {
	var change kernia.Patch
	Enabled.Set(&change, on)
	u, err := t.auth.Users.Update(ctx, p.User.ID, change)
	if err != nil {
		return u, "", err
	}
	event := "two-factor.disabled"
	if on {
		event = "two-factor.enabled"
	}
	t.auth.Record(ctx, kernia.Event{Type: event, UserID: u.ID, SessionID: p.Session.ID})
	s, err := c.SignIn(ctx, kernia.Attempt{User: u, Forget: c.Forgotten(p), Renewal: true})
	if err != nil {
		return u, "", err
	}
	_, err = t.auth.Sessions.Revoke(ctx, p.Session.Token)
	return u, s.Token, err
}

// row returns the user's row, which is made where there is none: failures are counted in it.
func (t *feature) row(ctx context.Context, userID string) (*factor, error) {
	row, err := t.ofUser.One(ctx, userID)
	if err != nil || row != nil {
		return row, err
	}
	none, err := t.shared.Seal("[]")
	if err != nil {
		return nil, err
	}
	pending, failures := false, int64(0)
	made, err := t.factors.Create(ctx, factor{UserID: userID, BackupCodes: none, Verified: &pending, Failures: &failures})
	if _, twice := errors.AsType[*ports.ConflictError](err); twice {
		return t.ofUser.One(ctx, userID)
	}
	return &made, err
}
