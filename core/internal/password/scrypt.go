package password

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Better Auth's parameters, which its hashes do not name: 128·N·r = 32 MiB.
const (
	scryptN   = 16384
	scryptR   = 16
	scryptP   = 1
	scryptKey = 64
)

type scrypted struct {
	salt string // hexadecimal; scrypt gets the text, not what it spells
	key  []byte
	own  bool // spelled as newScrypt spells it
}

func newScrypt(password string, salt []byte) (string, error) {
	text := hex.EncodeToString(salt)
	key, err := scrypt.Key([]byte(password), []byte(text), scryptN, scryptR, scryptP, scryptKey)
	if err != nil {
		return "", fmt.Errorf("password: scrypt: %w", err)
	}
	return text + ":" + hex.EncodeToString(key), nil
}

// parseScrypt reads salt:key, both hexadecimal.
func parseScrypt(hash string) (stored, error) {
	salt, text, ok := strings.Cut(hash, ":")
	if !ok || strings.Trim(salt, "0123456789abcdefABCDEF") != "" {
		return nil, ErrForm
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil, ErrForm
	}
	if len(salt) < 16 || len(salt) > 128 || len(key) != scryptKey {
		return nil, ErrBounds
	}
	own := len(salt) == 2*saltSize && hash == strings.ToLower(hash)
	return scrypted{salt: salt, key: key, own: own}, nil
}

func (s scrypted) verify(password string) bool {
	got, err := scrypt.Key([]byte(password), []byte(s.salt), scryptN, scryptR, scryptP, scryptKey)
	return err == nil && subtle.ConstantTimeCompare(got, s.key) == 1
}

func (s scrypted) current(w Algorithm) bool { return w == Scrypt && s.own }

func (s scrypted) work() (kind, int64) { return scryptKind, 1 }
