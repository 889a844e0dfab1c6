package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What is written: OWASP's recommendation with the least memory that needs two passes, 19 MiB.
const (
	argonMemory = 19456 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltSize    = 16
	argonKey    = 32
)

// What is verified at most: a stored string must not choose how much memory a sign-in takes.
const (
	maxMemory = 64 << 10 // KiB
	maxTime   = 10
	maxLanes  = 8
)

type argon struct {
	memory, time, lanes int
	salt, key           []byte
}

func newArgon(password string, salt []byte) string {
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// parseArgon reads the PHC form $argon2id$v=19$m=…,t=…,p=…$salt$key, in this order and canonical.
func parseArgon(hash string) (stored, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, ErrForm
	}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return nil, ErrForm
	}
	var a argon
	var err error
	if a.memory, err = named(params[0], "m", 8, maxMemory); err != nil {
		return nil, err
	}
	if a.time, err = named(params[1], "t", 1, maxTime); err != nil {
		return nil, err
	}
	if a.lanes, err = named(params[2], "p", 1, maxLanes); err != nil {
		return nil, err
	}
	if a.memory < 8*a.lanes {
		return nil, ErrBounds
	}
	if a.salt, err = binary(parts[4], 8, 64); err != nil {
		return nil, err
	}
	if a.key, err = binary(parts[5], 16, 64); err != nil {
		return nil, err
	}
	return a, nil
}

func (a argon) verify(password string) bool {
	//nolint:gosec // parseArgon bounded them
	got := argon2.IDKey([]byte(password), a.salt, uint32(a.time), uint32(a.memory), uint8(a.lanes), uint32(len(a.key)))
	return subtle.ConstantTimeCompare(got, a.key) == 1
}

func (a argon) current(w Algorithm) bool {
	return w == Argon2id && a.memory == argonMemory && a.time == argonTime && a.lanes == argonLanes &&
		len(a.salt) == saltSize && len(a.key) == argonKey
}

func (a argon) work() (kind, int64) { return argonKind, int64(a.memory) * int64(a.time) }
