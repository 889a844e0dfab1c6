package twofactor

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"slices"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// makeCodes returns new backup codes, and the form in which they are stored.
func (t *feature) makeCodes() (codes []string, sealed string, err error) {
	for range t.Backup.Amount {
		code, err := t.auth.RandomText(kernia.Alphanumeric, t.Backup.Length)
		if err != nil {
			return nil, "", err
		}
		codes = append(codes, code[:5]+"-"+code[5:])
	}
	sealed, err = t.sealCodes(codes)
	return codes, sealed, err
}

func (t *feature) sealCodes(codes []string) (string, error) {
	text, err := json.Marshal(codes)
	if err != nil {
		return "", err
	}
	return t.shared.Seal(string(text))
}

// openCodes reads stored codes; a JavaScript server may have stored them plain.
func (t *feature) openCodes(stored string) (codes []string, err error) {
	text := stored
	if !strings.HasPrefix(stored, "[") {
		if text, err = t.open(stored); err != nil {
			return nil, err
		}
	}
	return codes, json.Unmarshal([]byte(text), &codes)
}

// BackupCodesOutput are new backup codes. They are shown this once.
type BackupCodesOutput struct {
	Status      bool     `json:"status"`
	BackupCodes []string `json:"backupCodes"`
}

// NewBackupCodes replaces the backup codes of the user of kernia.As. Errors: ErrPassword, ErrNotEnabled,
// kernia.ErrTooManyAttempts, kernia.ErrUnauthorized.
func NewBackupCodes(ctx context.Context, auth *kernia.Auth, password string) ([]string, error) {
	out, err := kernia.Invoke[BackupCodesOutput](ctx, auth, "POST /two-factor/generate-backup-codes", PasswordInput{password})
	return out.BackupCodes, err
}

func (t *feature) newBackupCodes(ctx context.Context, c *kernia.Call, in PasswordInput) (BackupCodesOutput, error) {
	p, err := c.ProvePassword(ctx, in.Password)
	if err != nil {
		return BackupCodesOutput{}, err
	}
	if !Enabled.Of(&p.User) {
		return BackupCodesOutput{}, ErrNotEnabled
	}
	codes, sealed, err := t.makeCodes()
	if err != nil {
		return BackupCodesOutput{}, err
	}
	for range maxRounds {
		row, err := t.row(ctx, p.User.ID)
		if err != nil {
			return BackupCodesOutput{}, err
		}
		changed, err := t.recode.Do(ctx, row.ID, row.BackupCodes, sealed)
		if err != nil || changed != nil {
			return BackupCodesOutput{Status: true, BackupCodes: codes}, err
		}
	}
	return BackupCodesOutput{}, errContended
}

// BackupCodeInput is a backup code that the user gives.
type BackupCodeInput struct {
	Code           string                `json:"code" in:"max=256"`
	TrustDevice    kernia.Optional[bool] `json:"trustDevice"`    // as in VerifyInput
	DisableSession kernia.Optional[bool] `json:"disableSession"` // the code and the challenge are used up and no session begins

	Challenge string `json:"-"` // as in VerifyInput
}

// VerifyBackupCode takes a backup code, which counts once. Errors: ErrBackupCode, ErrChallenge, ErrTries, ErrLocked.
func VerifyBackupCode(ctx context.Context, auth *kernia.Auth, in BackupCodeInput) (VerifyOutput, error) {
	return kernia.Invoke[VerifyOutput](ctx, auth, "POST /two-factor/verify-backup-code", in)
}

func (t *feature) verifyBackupCode(ctx context.Context, c *kernia.Call, in BackupCodeInput) (VerifyOutput, error) {
	who, err := t.subject(ctx, c, in.Challenge)
	if err != nil {
		return VerifyOutput{}, err
	}
	return t.verify(ctx, c, who, in.TrustDevice.Or(false), in.DisableSession.Or(false), func(ctx context.Context, who subject) error {
		return t.useBackupCode(ctx, who.user.ID, in.Code)
	})
}

// useBackupCode takes the code out of those that are left. The store compares what it replaces, so that of two uses at
// once one wins.
func (t *feature) useBackupCode(ctx context.Context, userID, code string) error {
	row, err := t.row(ctx, userID)
	if err != nil {
		return err
	}
	return t.attempt(ctx, row, func() error {
		for range maxRounds {
			codes, err := t.openCodes(row.BackupCodes)
			if err != nil {
				return err
			}
			i := indexOf(codes, code)
			if i < 0 {
				return ErrBackupCode
			}
			sealed, err := t.sealCodes(slices.Delete(codes, i, i+1))
			if err != nil {
				return err
			}
			changed, err := t.recode.Do(ctx, row.ID, row.BackupCodes, sealed)
			if err != nil || changed != nil {
				return err
			}
			if row, err = t.row(ctx, userID); err != nil {
				return err
			}
		}
		return errContended
	})
}

// indexOf finds the code in a time that does not depend on where it is.
func indexOf(codes []string, code string) int {
	at := -1
	for i := range codes {
		if subtle.ConstantTimeCompare([]byte(codes[i]), []byte(code)) == 1 {
			at = i
		}
	}
	return at
}

// viewInput names a user.
type viewInput struct {
	UserID string `json:"userId"`
}

// ViewBackupCodes returns the backup codes that the user has left. No route does: ask for the user's consent first.
// Errors: ErrNoBackupCode where there are none.
func ViewBackupCodes(ctx context.Context, auth *kernia.Auth, userID string) ([]string, error) {
	out, err := kernia.Invoke[BackupCodesOutput](ctx, auth, viewCodes, viewInput{UserID: userID})
	return out.BackupCodes, err
}

func (t *feature) viewBackupCodes(ctx context.Context, _ *kernia.Call, in viewInput) (BackupCodesOutput, error) {
	row, err := t.ofUser.One(ctx, in.UserID)
	if err != nil {
		return BackupCodesOutput{}, err
	}
	if row == nil {
		return BackupCodesOutput{}, ErrNoBackupCode
	}
	codes, err := t.openCodes(row.BackupCodes)
	if err == nil && len(codes) == 0 {
		err = ErrNoBackupCode
	}
	return BackupCodesOutput{Status: true, BackupCodes: codes}, err
}
