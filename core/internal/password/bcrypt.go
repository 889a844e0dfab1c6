package password

import (
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	maxCost  = 14
	maxBytes = 72 // bcrypt reads no further
)

type bcrypted struct{ hash []byte }

// parseBcrypt reads $2a$, $2b$ and $2y$, which name the same computation. The long-obsolete $2$ and $2x$ do not.
func parseBcrypt(hash string) (stored, error) {
	if len(hash) != 60 || strings.IndexByte("aby", hash[2]) < 0 || hash[3] != '$' || hash[6] != '$' {
		return nil, ErrForm
	}
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if strings.Trim(hash[7:], alphabet) != "" {
		return nil, ErrForm
	}
	if _, err := number(strings.TrimPrefix(hash[4:6], "0"), bcrypt.MinCost, maxCost); err != nil {
		return nil, err
	}
	return bcrypted{hash: []byte(hash)}, nil
}

// verify refuses what bcrypt would cut off, since any two passwords with the same 72 bytes would be one; it does the
// work nevertheless, so that time does not tell.
func (b bcrypted) verify(password string) bool {
	whole := len(password) <= maxBytes
	if !whole {
		password = password[:maxBytes]
	}
	err := bcrypt.CompareHashAndPassword(b.hash, []byte(password))
	return err == nil && whole
}

func (b bcrypted) current(Algorithm) bool { return false }

func (b bcrypted) work() (kind, int64) {
	cost, err := bcrypt.Cost(b.hash)
	if err != nil {
		return bcryptKind, 0
	}
	return bcryptKind, 1 << cost
}
