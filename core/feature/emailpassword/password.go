package emailpassword

import (
	"context"
	"errors"

	kernia "github.com/kernia-go/kernia/core"
)

// ChangePasswordInput is the old password and the new one.
type ChangePasswordInput struct {
	NewPassword         string                `json:"newPassword" in:"max=1048576"`
	CurrentPassword     string                `json:"currentPassword" in:"max=1048576"`
	RevokeOtherSessions kernia.Optional[bool] `json:"revokeOtherSessions"` // true: every session ends and a new one begins
}

// ChangePasswordOutput is the user and, where every session ended, the new session's token.
type ChangePasswordOutput struct {
	Token *string     `json:"token"`
	User  kernia.User `json:"user"`
}

// ChangePassword changes the password of the user of kernia.As. Errors: kernia.ErrPasswordTooShort, kernia.ErrPasswordTooLong, ErrNoCredential,
// ErrPassword, kernia.ErrUnauthorized.
func ChangePassword(ctx context.Context, auth *kernia.Auth, in ChangePasswordInput) (ChangePasswordOutput, error) {
	return kernia.Invoke[ChangePasswordOutput](ctx, auth, "POST /change-password", in)
}

func (f Feature) changePassword(ctx context.Context, c *kernia.Call, in ChangePasswordInput) (ChangePasswordOutput, error) {
	auth := c.Auth()
	if err := auth.Accounts.CheckLength(in.NewPassword); err != nil {
		return ChangePasswordOutput{}, err
	}
	p, account, err := c.ProveCredential(ctx, in.CurrentPassword)
	if err != nil {
		return ChangePasswordOutput{}, err
	}
	hash, err := auth.Accounts.NewPassword(ctx, in.NewPassword)
	if err != nil {
		return ChangePasswordOutput{}, err
	}
	if !in.RevokeOtherSessions.Or(false) {
		return ChangePasswordOutput{User: p.User}, f.replace(ctx, c, p, account, hash)
	}
	// The new session comes first: where a feature denies it, nothing has changed yet.
	s, err := c.SignIn(ctx, kernia.Attempt{User: p.User, Account: account, Forget: c.Forgotten(p), Renewal: true})
	if err != nil {
		return ChangePasswordOutput{}, err
	}
	if err := f.replace(ctx, c, p, account, hash); err != nil {
		_, gone := auth.Sessions.Revoke(ctx, s.Token)
		return ChangePasswordOutput{}, errors.Join(err, gone)
	}
	now, err := c.Session(ctx)
	if err != nil {
		return ChangePasswordOutput{}, err
	}
	if err := auth.Sessions.RevokeOthers(ctx, now); err != nil {
		return ChangePasswordOutput{}, err
	}
	return ChangePasswordOutput{Token: &s.Token, User: p.User}, nil
}

// replace stores the hash of a new password, unless another change was faster: the password that was proven is then no
// longer the account's.
func (f Feature) replace(ctx context.Context, c *kernia.Call, p *kernia.Principal, account *kernia.Account, hash string) error {
	ok, err := c.Auth().Accounts.ReplacePassword(ctx, account, hash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPassword
	}
	c.Auth().Record(ctx, kernia.Event{Type: "password.changed", UserID: p.User.ID, SessionID: p.Session.ID})
	return nil
}

// VerifyPasswordInput is a password to check.
type VerifyPasswordInput struct {
	Password string `json:"password" in:"max=1048576"`
}

// VerifyPassword returns nil where the password is that of the user of kernia.As, else ErrPassword.
func VerifyPassword(ctx context.Context, auth *kernia.Auth, password string) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, "POST /verify-password", VerifyPasswordInput{Password: password})
	return err
}

func (f Feature) verifyPassword(ctx context.Context, c *kernia.Call, in VerifyPasswordInput) (kernia.Status, error) {
	_, err := c.ProvePassword(ctx, in.Password)
	if errors.Is(err, kernia.ErrPasswordTooLong) {
		err = ErrPassword // nobody can have a password of that length
	}
	return kernia.Status{Status: err == nil}, err
}

const setPasswordName = "emailpassword/replace-password"

type setPasswordInput struct {
	UserID   string `json:"userId" in:"min=1"`
	Password string `json:"password" in:"max=1048576"`
}

// SetPassword gives the user with the id a password, for administrators: no route calls it. The password passes the same
// checks as one that a user chooses. It replaces the one they have, or is their first; their sessions, mailed links
// for a reset and the waiting time after wrong guesses end. Errors: kernia.ErrUserNotFound, kernia.ErrPasswordTooShort,
// kernia.ErrPasswordTooLong, those of [kernia.Declaration.NewPassword], a hook's own. With any of the first four, nothing
// has changed.
func SetPassword(ctx context.Context, auth *kernia.Auth, userID, password string) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, setPasswordName, setPasswordInput{UserID: userID, Password: password})
	return err
}

func setPassword(ctx context.Context, c *kernia.Call, in setPasswordInput) (kernia.Status, error) {
	accounts := c.Auth().Accounts
	u, err := c.Auth().Users.Find(ctx, in.UserID)
	if err != nil {
		return kernia.Status{}, err
	}
	if u == nil {
		return kernia.Status{}, kernia.ErrUserNotFound
	}
	hash, err := accounts.NewPassword(ctx, in.Password)
	if err != nil {
		return kernia.Status{}, err
	}
	err = accounts.SetPassword(ctx, u.ID, hash, false)
	return kernia.Status{Status: err == nil}, err
}
