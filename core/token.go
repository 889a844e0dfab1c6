package kernia

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/kernia-go/kernia/core/internal/secret"
)

// tokenLength is how many letters and digits a session token has.
const tokenLength = 32

// storedPrefix begins the stored form of a token. It has a character that no token has, so that a stored form
// never authenticates.
const storedPrefix = "sha256:"

// handleOf returns the stored form of a token; a handle is one already.
func handleOf(token string) string {
	if isToken(token) {
		return hashToken(token)
	}
	return token
}

// hashToken returns the stored form of a token.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	var buf [len(storedPrefix) + 43]byte
	return string(base64.RawURLEncoding.AppendEncode(append(buf[:0], storedPrefix...), sum[:]))
}

// Alphabets for [Auth.RandomText].
const (
	Digits       = "0123456789"
	Alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// RandomText returns n characters of an alphabet of 2 to 256 ASCII characters, each with equal chance: a code, a token,
// a secret. It fails where Config.Random does.
func (a *Auth) RandomText(alphabet string, n int) (string, error) {
	return secret.Random32(a.config.Random, alphabet, n)
}

// isToken reports whether s can be a session token at all.
func isToken(s string) bool {
	if len(s) != tokenLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}

// stored returns the form in which a token goes into the store.
func (a *Auth) stored(token string) string {
	if a.config.Session.StoreTokens == Plain {
		return token
	}
	return hashToken(token)
}

// isHandle reports whether s has the stored form of a token.
func isHandle(s string) bool {
	return strings.HasPrefix(s, storedPrefix) && len(s) == len(storedPrefix)+43
}

// digest returns base64url(SHA-256(s)), the form in which keys are stored that must not be read.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
