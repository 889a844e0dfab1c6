package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"strings"
	"testing"
	"time"
)

var (
	key = []byte("compat-test-only-key-not-real-minimum-32chars")
	now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
)

type claims struct {
	Email string `json:"email"`
}

// long is a key of the length that HMAC-SHA512 wants.
var long = []byte(strings.Repeat("0123456789abcdef", 5))

func sign(t *testing.T, header, payload string, h func() hash.Hash) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	if h == nil {
		return text + "."
	}
	secret := key
	if h().Size() > sha256.Size {
		secret = long
	}
	mac := hmac.New(h, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestOpen(t *testing.T) {
	token, err := Sign(key, claims{"ann@example.com"}, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		keys  [][]byte
		token string
		at    time.Time
		want  error
	}{
		{"valid", [][]byte{key}, token, now, nil},
		{"of an old secret", [][]byte{[]byte(strings.Repeat("k", 32)), key}, token, now, nil},
		{"in its last second", [][]byte{key}, token, now.Add(time.Hour - time.Second), nil},
		{"at its end", [][]byte{key}, token, now.Add(time.Hour), ErrExpired},
		{"of another secret", [][]byte{[]byte(strings.Repeat("k", 32))}, token, now, ErrInvalid},
		{"recorded from Better Auth", [][]byte{key}, "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6Imdob3N0QGV4YW1wbGUuY29tIiwiaWF0IjoxNzk1MzM4NjQ2LCJleHAiOjE3OTUzNDIyNDZ9.4czeljr4-sSQ0Zfymcn6Tgtdb3yIob8KAiEf4TCeyC4", time.Unix(1795338700, 0), nil},
		{"without an end", [][]byte{key}, sign(t, `{"alg":"HS256"}`, `{"email":"x"}`, sha256.New), now, ErrInvalid},
		{"without a signature", [][]byte{key}, sign(t, `{"alg":"none"}`, `{"email":"x","exp":1895338700}`, nil), now, ErrInvalid},
		{"of another algorithm", [][]byte{long}, sign(t, `{"alg":"HS512"}`, `{"email":"x","exp":1895338700}`, sha512.New), now, ErrInvalid},
		{"of wrong types", [][]byte{key}, sign(t, `{"alg":"HS256"}`, `{"email":7,"exp":1895338700}`, sha256.New), now, ErrInvalid},
		{"of no object", [][]byte{key}, sign(t, `{"alg":"HS256"}`, `[1]`, sha256.New), now, ErrInvalid},
		{"empty", [][]byte{key}, "", now, ErrInvalid},
		{"of dots (F05)", [][]byte{key}, strings.Repeat(".", 1e6), now, ErrInvalid},
		{"too long", [][]byte{key}, token + strings.Repeat("A", MaxToken), now, ErrInvalid},
	} {
		var c claims
		if err := Open(test.keys, test.token, test.at, &c); !errors.Is(err, test.want) || test.want == nil && c.Email == "" {
			t.Errorf("a token %s: %+v, %v, want %v", test.name, c, err, test.want)
		}
	}
	for i := range token { // every byte counts, but for the two last bits of a part, which encode nothing
		for _, c := range []byte{'A', 'x', '.', '='} {
			changed := token[:i] + string(c) + token[i+1:]
			if changed != token && Open([][]byte{key}, changed, now, &claims{}) == nil && i != len(token)-1 {
				t.Fatalf("with byte %d changed to %q it is still valid", i, c)
			}
		}
		if Open([][]byte{key}, token[:i], now, &claims{}) == nil {
			t.Fatalf("its first %d bytes are still valid", i)
		}
	}
}

// TestF05_BoundsAllocations: a hostile token costs no more memory than a valid one.
func TestF05_BoundsAllocations(t *testing.T) {
	dots := strings.Repeat(".", 1e6)
	if n := testing.AllocsPerRun(10, func() { _ = Open([][]byte{key}, dots, now, &claims{}) }); n > 1 { // one for the claims
		t.Errorf("%v allocations for a token of dots", n)
	}
}

func FuzzOpen(f *testing.F) {
	token, err := Sign(key, claims{"ann@example.com"}, now, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("..")
	f.Add(strings.Replace(token, ".", ".e30.", 1))
	f.Fuzz(func(t *testing.T, s string) {
		if Open([][]byte{key}, s, now, &claims{}) == nil && strings.Split(s, ".")[1] != strings.Split(token, ".")[1] {
			t.Errorf("%q is valid", s)
		}
	})
}
