// Package seal encrypts short texts for storage and for browsers: XChaCha20-Poly1305 with a random nonce.
package seal

import (
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is how many bytes a key has.
const KeySize = chacha20poly1305.KeySize

// maxSealed bounds what is decoded, in bytes.
const maxSealed = 4 << 20

// ErrForm says that a text is not sealed, or not by one of the keys.
var ErrForm = errors.New("seal: not a sealed text")

// prefix begins a text in our own form, so that another form is told apart and can follow.
const prefix = "k1."

// Seal encrypts text and binds it to context: it opens only with the same one. The result holds letters, digits, dots,
// hyphens and underscores.
func Seal(random io.Reader, key []byte, text, context string) (string, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return "", err
	}
	out, err := encrypt(random, aead, text, []byte(context))
	if err != nil {
		return "", err
	}
	return prefix + base64.RawURLEncoding.EncodeToString(out), nil
}

// Open returns the text that Seal encrypted with one of the keys and for the same context.
func Open(keys [][]byte, sealed, context string) (string, error) {
	rest, ok := strings.CutPrefix(sealed, prefix)
	if !ok || len(rest) > maxSealed {
		return "", ErrForm
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil {
		return "", ErrForm
	}
	return decrypt(keys, raw, []byte(context))
}

// SealHex encrypts text in the form in which Better Auth keeps secrets in its database: the nonce, the ciphertext and
// its tag in hexadecimal digits, bound to nothing.
func SealHex(random io.Reader, key []byte, text string) (string, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return "", err
	}
	out, err := encrypt(random, aead, text, nil)
	return hex.EncodeToString(out), err
}

// OpenHex returns the text that SealHex or Better Auth encrypted with one of the keys. The form that names the version
// of its secret, as in "$ba$2$…", is understood too.
func OpenHex(keys [][]byte, sealed string) (string, error) {
	if len(sealed) > maxSealed {
		return "", ErrForm
	}
	if rest, versioned := strings.CutPrefix(sealed, "$ba$"); versioned {
		var ok bool
		if _, sealed, ok = strings.Cut(rest, "$"); !ok {
			return "", ErrForm
		}
	}
	raw, err := hex.DecodeString(sealed)
	if err != nil {
		return "", ErrForm
	}
	return decrypt(keys, raw, nil)
}

func encrypt(random io.Reader, aead cipher.AEAD, text string, context []byte) ([]byte, error) {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	if n, err := random.Read(nonce); err != nil || n != len(nonce) {
		return nil, fmt.Errorf("seal: making a nonce: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	return aead.Seal(nonce, nonce, []byte(text), context), nil
}

func decrypt(keys [][]byte, raw, context []byte) (string, error) {
	for _, key := range keys {
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return "", err
		}
		if len(raw) < aead.NonceSize()+aead.Overhead() {
			return "", ErrForm
		}
		if text, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], context); err == nil {
			return string(text), nil
		}
	}
	return "", ErrForm
}
