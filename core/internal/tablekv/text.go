package tablekv

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// binary marks a value that no text column holds as it is.
const binary = "base64:"

// plainText returns s where every text column holds it, else its hash.
func plainText(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	return hashKey(s)
}

func encodeValue(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.HasPrefix(s, binary) {
		return s
	}
	return binary + base64.RawStdEncoding.EncodeToString([]byte(s))
}

func decodeValue(s string) string {
	if rest, ok := strings.CutPrefix(s, binary); ok {
		if raw, err := base64.RawStdEncoding.DecodeString(rest); err == nil {
			return string(raw)
		}
	}
	return s
}

// hashKey is how Better Auth hashes identifiers: base64url(SHA-256(identifier)).
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func forms(key string) []ports.Value {
	return []ports.Value{ports.String(hashKey(key)), ports.String(plainText(key))}
}
