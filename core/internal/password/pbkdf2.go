package password

import (
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // only verifies; HMAC-SHA1 is sound here
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"hash"
	"strings"
)

// maxRounds is about two seconds of one CPU.
const maxRounds = 2_000_000

type derived struct {
	digest func() hash.Hash
	rounds int
	salt   []byte
	key    []byte
}

// parsePBKDF2 reads the PHC form $pbkdf2-sha256$i=600000$salt$key, also with ",l=32" after the rounds, and passlib's,
// which leaves out "i=" and writes a dot for a plus. The digest may be sha1, sha256 or sha512.
func parsePBKDF2(text string) (stored, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 {
		return nil, ErrForm
	}
	d := derived{digest: digest(strings.TrimPrefix(parts[1], "pbkdf2-"))}
	if d.digest == nil {
		return nil, ErrForm
	}
	rounds, length, sized := strings.Cut(strings.TrimPrefix(parts[2], "i="), ",")
	var err error
	if d.rounds, err = number(rounds, 1, maxRounds); err != nil {
		return nil, err
	}
	if d.salt, err = binary(strings.ReplaceAll(parts[3], ".", "+"), 8, 128); err != nil {
		return nil, err
	}
	if d.key, err = binary(strings.ReplaceAll(parts[4], ".", "+"), 16, 64); err != nil {
		return nil, err
	}
	if sized {
		if _, err = named(length, "l", len(d.key), len(d.key)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// parseDjango reads pbkdf2_sha256$rounds$salt$key: the salt is text, the key padded base64.
func parseDjango(text string) (stored, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 4 {
		return nil, ErrForm
	}
	d := derived{digest: digest(strings.TrimPrefix(parts[0], "pbkdf2_")), salt: []byte(parts[2])}
	if d.digest == nil {
		return nil, ErrForm
	}
	if len(d.salt) < 8 || len(d.salt) > 128 {
		return nil, ErrBounds
	}
	var err error
	if d.rounds, err = number(parts[1], 1, maxRounds); err != nil {
		return nil, err
	}
	if d.key, err = binary(strings.TrimRight(parts[3], "="), 16, 64); err != nil {
		return nil, err
	}
	return d, nil
}

func digest(name string) func() hash.Hash {
	switch name {
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	}
	return nil
}

func (d derived) verify(password string) bool {
	got, err := pbkdf2.Key(d.digest, password, d.salt, d.rounds, len(d.key))
	return err == nil && subtle.ConstantTimeCompare(got, d.key) == 1
}

func (d derived) current(Algorithm) bool { return false }

func (d derived) work() (kind, int64) {
	size := d.digest().Size()
	blocks := (len(d.key) + size - 1) / size
	k := sha256Kind
	switch size {
	case sha1.Size:
		k = sha1Kind
	case sha512.Size:
		k = sha512Kind
	}
	return k, int64(d.rounds) * int64(blocks)
}
