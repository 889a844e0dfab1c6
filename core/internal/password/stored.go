package password

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// maxHash is the most bytes of a stored hash that are parsed.
const maxHash = 512

// stored is a hash as it was read from a store, its parameters within bounds.
type stored interface {
	// verify compares in constant time.
	verify(password string) bool

	// current reports whether a Hasher that writes a would write this form with these parameters.
	current(a Algorithm) bool

	// work returns what verify takes.
	work() (kind, int64)
}

// parse takes no memory that depends on the numbers in hash.
func parse(hash string) (stored, error) {
	if len(hash) > maxHash {
		return nil, ErrForm
	}
	switch {
	case strings.HasPrefix(hash, "$argon2id$"):
		return parseArgon(hash)
	case strings.HasPrefix(hash, "$2"):
		return parseBcrypt(hash)
	case strings.HasPrefix(hash, "$pbkdf2-"):
		return parsePBKDF2(hash)
	case strings.HasPrefix(hash, "pbkdf2_"):
		return parseDjango(hash)
	case strings.HasPrefix(hash, "$"):
		return nil, ErrForm
	}
	return parseScrypt(hash)
}

// number reads a decimal as PHC strings spell it: no sign, no leading zero.
func number(s string, least, most int) (int, error) {
	if s == "" || len(s) > 10 || s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return 0, ErrForm
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, ErrForm
	}
	if n < int64(least) || n > int64(most) {
		return 0, ErrBounds
	}
	return int(n), nil
}

// named is number for name=decimal.
func named(s, name string, least, most int) (int, error) {
	value, ok := strings.CutPrefix(s, name+"=")
	if !ok {
		return 0, ErrForm
	}
	return number(value, least, most)
}

// binary reads canonical unpadded base64 of least to most bytes.
func binary(s string, least, most int) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder would skip them
		return nil, ErrForm
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, ErrForm
	}
	if len(b) < least || len(b) > most {
		return nil, ErrBounds
	}
	return b, nil
}
