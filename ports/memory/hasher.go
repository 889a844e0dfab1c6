package memory

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/kernia-go/kernia/ports"
)

// hashPrefix begins every hash of a Hasher, so that one in a real database is seen for what it is.
const hashPrefix = "insecure$"

// A Hasher is a [ports.PasswordHasher] that costs nothing, so that a test need not wait for a real one. For the
// same reason its hashes protect nothing: a single SHA-256 with a counted salt. Use it in tests alone. The zero
// Hasher is ready to use.
type Hasher struct{ salts atomic.Int64 }

var _ ports.PasswordHasher = (*Hasher)(nil)

// Hash returns a new hash of password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	salt := strconv.FormatInt(h.salts.Add(1), 10)
	return hashPrefix + salt + "$" + sum(salt, password), nil
}

// Verify reports whether password gave hash. No hash of this kind is stale; a hash of another is an error.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, false, err
	}
	rest, known := strings.CutPrefix(hash, hashPrefix)
	salt, want, whole := strings.Cut(rest, "$")
	if !known || !whole {
		return false, false, errors.New("memory: verifying a password: not a hash of this hasher")
	}
	return subtle.ConstantTimeCompare([]byte(sum(salt, password)), []byte(want)) == 1, false, nil
}

func sum(salt, password string) string {
	b := sha256.Sum256([]byte(salt + "$" + password))
	return hex.EncodeToString(b[:])
}
