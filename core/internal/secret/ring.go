package secret

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Subkey derives n bytes from secret for one purpose by HKDF-SHA256. Two purposes share no key, and a key tells
// nothing about the secret. It panics when n is not between 1 and 8160: purposes are constants of the program.
func Subkey(secret, purpose string, n int) []byte {
	if n < 1 {
		panic(fmt.Sprintf("secret: deriving a key of %d bytes", n))
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte("kernia"), "kernia:"+purpose+":v1", n)
	if err != nil {
		panic("secret: deriving a key: " + err.Error())
	}
	return key
}

// A Ring is the secret in use and those it replaced. What is new is made with the current one, what is old still
// opens with the others. It is safe for concurrent use and prints as "[redacted]". The zero value holds no secret.
type Ring struct{ keys [][]byte }

// New returns a ring of current and the secrets before it, newest first. Empty old ones are dropped.
func New(current string, old ...string) *Ring {
	keys := [][]byte{[]byte(current)}
	for _, s := range old {
		if s != "" && s != current {
			keys = append(keys, []byte(s))
		}
	}
	return &Ring{keys: keys}
}

// Current returns the secret in use, nil for the zero value. The caller must not change it.
func (r *Ring) Current() []byte {
	if len(r.keys) == 0 {
		return nil
	}
	return r.keys[0]
}

// All returns the current secret and then the old ones, newest first. The caller must not change them.
func (r *Ring) All() [][]byte { return r.keys }

// Subkeys returns the subkey of every secret for one purpose, in the order of All.
func (r *Ring) Subkeys(purpose string, n int) [][]byte {
	out := make([][]byte, len(r.keys))
	for i, k := range r.keys {
		out[i] = Subkey(string(k), purpose, n)
	}
	return out
}

// String hides the secrets.
func (r Ring) String() string { return redacted }

// GoString hides the secrets from %#v.
func (r Ring) GoString() string { return redacted }

// Format hides the secrets from every other verb.
func (r Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue hides the secrets from slog.
func (r Ring) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the secrets from encoding/json and its like.
func (r Ring) MarshalText() ([]byte, error) { return []byte(redacted), nil }
