package twofactor

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	kernia "github.com/kernia-go/kernia/core"
)

// trust is a browser that is not asked again.
type trust struct {
	UserID string `json:"user"`
	Mark   string `json:"mark"`
}

// trust makes the browser one that is not asked again.
func (t *feature) trust(ctx context.Context, c *kernia.Call, userID string) error {
	row, err := t.row(ctx, userID)
	if err != nil {
		return err
	}
	mark, err := t.mark(ctx, row)
	if err != nil {
		return err
	}
	token, err := t.trusted.Issue(ctx, trust{UserID: userID, Mark: mark})
	if err != nil {
		return err
	}
	return t.trustCookie.Set(c, token)
}

// knows reports whether the browser is trusted by the user, and gives it another token then: each counts once.
func (t *feature) knows(ctx context.Context, c *kernia.Call, row *factor) (bool, error) {
	token, ok := t.trustCookie.Read(c)
	if !ok {
		return false, nil
	}
	found, ok, err := t.trusted.Find(ctx, token)
	if err != nil || !ok || found.UserID != row.UserID {
		return false, err
	}
	mark, err := t.mark(ctx, row)
	if err != nil || mark != found.Mark {
		return false, err
	}
	if _, ok, err := t.trusted.Take(ctx, token); err != nil || !ok {
		return false, err
	}
	return true, t.trust(ctx, c, row.UserID)
}

// mark changes with the password, and when the second factor is disabled: no browser is then trusted any more.
func (t *feature) mark(ctx context.Context, row *factor) (string, error) {
	account, err := t.auth.Accounts.Find(ctx, row.UserID, kernia.CredentialProvider)
	if err != nil {
		return "", err
	}
	text := row.ID
	if account != nil {
		text += " " + account.Password
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
