package cookie

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// size is the length of a signature: 32 bytes in padded base64.
const size = 44

// Sign returns value, a dot and the signature of value, not escaped. It panics without a key: an unsigned value must
// never look signed.
func Sign(key []byte, value string) string {
	if len(key) == 0 {
		panic("cookie: signing without a key")
	}
	out := make([]byte, 0, len(value)+1+size)
	out = append(out, value...)
	out = append(out, '.')
	return string(appendMAC(out, key, value))
}

// Open returns the value in signed, an un-escaped cookie value, when one of keys signed it. Value and signature part
// at the last dot, so that a value may hold dots; only the canonical spelling of the signature counts. Empty keys and
// empty values never match.
func Open(signed string, keys ...[]byte) (value string, ok bool) {
	dot := strings.LastIndexByte(signed, '.')
	if dot < 1 || len(signed)-dot-1 != size || signed[len(signed)-1] != '=' {
		return "", false
	}
	value, given := signed[:dot], signed[dot+1:]
	var buf [size]byte
	for _, key := range keys {
		// Encoded forms are compared, not decoded ones: base64 decoders take several spellings of the same bytes.
		if len(key) > 0 && hmac.Equal(appendMAC(buf[:0], key, value), []byte(given)) {
			return value, true
		}
	}
	return "", false
}

func appendMAC(dst, key []byte, value string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(value)) // a hash never fails
	var sum [sha256.Size]byte
	return base64.StdEncoding.AppendEncode(dst, h.Sum(sum[:0]))
}
