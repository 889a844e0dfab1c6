package secret

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// rounds bounds how often Random32 asks again for bytes it could use; a sound source needs one or two.
const rounds = 64

var errStuck = errors.New("secret: random source gives no usable bytes")

// Generate returns a new secret: 32 bytes of r as 43 characters of base64url. A short read or an error of r is an
// error; there is no other source to fall back on.
func Generate(r io.Reader) (string, error) {
	var b [32]byte
	if err := fill(r, b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// Random32 returns n characters of alphabet, each drawn from r with equal chance. The alphabet holds 2 to 256 distinct
// bytes. A short read or an error of r is an error, and so is a source that never gives a byte in range.
func Random32(r io.Reader, alphabet string, n int) (string, error) {
	if n < 1 || len(alphabet) < 2 || len(alphabet) > 256 {
		return "", fmt.Errorf("secret: drawing %d characters of %d: out of range", n, len(alphabet))
	}
	limit := 256 - 256%len(alphabet) // bytes from here on would favour the front of the alphabet
	out := make([]byte, 0, n)
	buf := make([]byte, n+n/2+8)
	for range rounds {
		if err := fill(r, buf); err != nil {
			return "", err
		}
		for _, b := range buf {
			if int(b) >= limit {
				continue
			}
			out = append(out, alphabet[int(b)%len(alphabet)])
			if len(out) == n {
				return string(out), nil
			}
		}
	}
	return "", errStuck
}

// fill reads once: a source that gives less than was asked for is not trusted to give the rest.
func fill(r io.Reader, p []byte) error {
	if r == nil {
		return errors.New("secret: no random source")
	}
	n, err := r.Read(p)
	if err != nil {
		return fmt.Errorf("secret: reading random bytes: %w", err)
	}
	if n != len(p) {
		return fmt.Errorf("secret: reading random bytes: %w", io.ErrUnexpectedEOF)
	}
	return nil
}
