package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/secret"
)

const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func TestD12_Check(t *testing.T) {
	for _, c := range []struct {
		name, secret string
		want         error
	}{
		{"RefusesEmpty", "", secret.ErrShort},
		{"RefusesShort", "Qm8xv1kTz0pLr5wN7yB3dF6hJ9sG2aC", secret.ErrShort},
		{"RefusesOneCharacter", strings.Repeat("a", 40), secret.ErrWeak},
		{"RefusesAShortWordRepeated", strings.Repeat("Xk29-qLp", 5), secret.ErrWeak},
		{"RefusesFewCharacters", "abcabdabeabfabcabdabeabfabeabdabc", secret.ErrWeak},
		{"RefusesCountedDigits", "12345678901234567890123456789012", secret.ErrWeak},
		{"RefusesTheAlphabet", "abcdefghijklmnopqrstuvwxyz0123456789", secret.ErrWeak},
		{"RefusesTheAlphabetInBothCases", "AbCdEfGhIjKlMnOpQrStUvWxYz0918273645", secret.ErrWeak},
		{"RefusesRowsOfAKeyboard", "qwertyuiop-asdfghjkl-zxcvbnm-QWERTYUIOP", secret.ErrWeak},
		{"RefusesRowsBackwards", "poiuytrewq_lkjhgfdsa_mnbvcxz_poiuytrewq", secret.ErrWeak},
		{"RefusesALongTextRepeated", "my-company-name-2026my-company-name-2026", secret.ErrWeak},
		{"TakesWordsPutTogether", "our-production-signing-key-of-last-may", nil}, // which is not good either
		{"RefusesUpstreamsDefault", "better-auth-secret-12345678901234567890", secret.ErrKnown},
		{"RefusesItsShortForm", "better-auth-secret-123456789", secret.ErrKnown},
		{"RefusesTheWordSecret", "secret", secret.ErrKnown},
		{"RefusesChangeMe", "CHANGE_ME_to_something-9x8f7a6b5c4d3e2f", secret.ErrKnown},
		{"RefusesYourSecret", "your-secret-key-goes-here-0123456789ab", secret.ErrKnown},
		{"TakesAGeneratedOne", "Zk3v1kTz0pLr5wN7yB3dF6hJ9sG2aCQm8x-_uIeOtYq", nil},
		{"TakesHexadecimal", "9f86d081884c7d659a2feaa0c55ad015", nil},
		{"TakesAPhrase", "compat-test-only-key-not-real-minimum-32chars", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := secret.Check(c.secret); !errors.Is(got, c.want) {
				t.Errorf("Check(%q) = %v, want %v", c.secret, got, c.want)
			}
		})
	}
}

func TestD12_Published(t *testing.T) {
	for s, want := range map[string]bool{"keep-32-random-bytes-in-the-environment": true, "Zk3v1kTz0pLr5wN7yB3dF6hJ9sG2aCQm8x-_uIeOtYq": false} {
		if got := secret.Published(s); got != want {
			t.Errorf("Published(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestGenerate(t *testing.T) {
	for range 200 {
		s, err := secret.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if len(s) != 43 {
			t.Fatalf("Generate gave %d characters, want 43", len(s))
		}
		if err := secret.Check(s); err != nil {
			t.Fatalf("Check(generated) = %v, want nil", err)
		}
	}
}

// short gives one byte less than it was asked for.
type short struct{}

func (short) Read(p []byte) (int, error) { return len(p) - 1, nil }

// stuck gives the same byte for ever.
type stuck struct{}

func (stuck) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0xff
	}
	return len(p), nil
}

// broken fills the buffer and fails nevertheless.
type broken struct{}

func (broken) Read(p []byte) (int, error) { return len(p), errBroken }

var errBroken = errors.New("no entropy")

func TestD12_Random(t *testing.T) {
	for name, r := range map[string]io.Reader{"Short": short{}, "Broken": broken{}, "None": nil, "Empty": strings.NewReader("")} {
		t.Run(name, func(t *testing.T) {
			if s, err := secret.Generate(r); err == nil || s != "" {
				t.Errorf("Generate = %q, %v, want an error", s, err)
			}
			if s, err := secret.Random32(r, alnum, 32); err == nil || s != "" {
				t.Errorf("Random32 = %q, %v, want an error", s, err)
			}
		})
	}
	t.Run("EndsWithAStuckSource", func(t *testing.T) {
		if s, err := secret.Random32(stuck{}, alnum, 32); err == nil || s != "" {
			t.Errorf("Random32 = %q, %v, want an error", s, err)
		}
	})
	t.Run("RefusesBadArguments", func(t *testing.T) {
		for _, c := range []struct {
			alphabet string
			n        int
		}{{alnum, 0}, {alnum, -1}, {"", 4}, {"a", 4}, {strings.Repeat("x", 257), 4}} {
			if _, err := secret.Random32(rand.Reader, c.alphabet, c.n); err == nil {
				t.Errorf("Random32(%d characters, %d) = nil error", len(c.alphabet), c.n)
			}
		}
	})
	t.Run("FavoursNoCharacter", func(t *testing.T) {
		const n = 62 * 2000
		s, err := secret.Random32(rand.Reader, alnum, n)
		if err != nil || len(s) != n {
			t.Fatalf("Random32 = %d characters, %v", len(s), err)
		}
		// With modulo bias the first eight characters would come 25 % more often; 6 sigma of 2000 is 13 %.
		for i := range len(alnum) {
			if got := strings.Count(s, alnum[i:i+1]); got < 1730 || got > 2270 {
				t.Errorf("%q came %d times of %d, want about 2000", alnum[i], got, n)
			}
		}
	})
}

func TestSubkey(t *testing.T) {
	a, b := secret.Subkey("one", "p", 32), secret.Subkey("one", "q", 32)
	c, again := secret.Subkey("two", "p", 32), secret.Subkey("one", "p", 32)
	if bytes.Equal(a, b) || bytes.Equal(a, c) || len(a) != 32 {
		t.Error("two purposes or two secrets share a key")
	}
	if !bytes.Equal(a, again) {
		t.Error("the same purpose gave two keys")
	}
}

func TestRing(t *testing.T) {
	r := secret.New("new-secret-value", "old-secret-value", "", "new-secret-value")
	if got := string(r.Current()); got != "new-secret-value" {
		t.Errorf("Current = %q", got)
	}
	if got := len(r.All()); got != 2 {
		t.Errorf("All has %d secrets, want 2", got)
	}
	if got, want := r.Subkeys("p", 16)[1], secret.Subkey("old-secret-value", "p", 16); !bytes.Equal(got, want) {
		t.Errorf("Subkeys()[1] = %x, want %x", got, want)
	}
	t.Run("PrintsNothing", func(t *testing.T) {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "ring", r, "value", *r)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "ring", r, "in", struct{ R *secret.Ring }{r})
		text, err := json.Marshal(map[string]any{"a": r, "b": *r})
		if err != nil {
			t.Fatal(err)
		}
		out := log.String() + string(text)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out += fmt.Sprintf(verb, r) + fmt.Sprintf(verb, *r) + fmt.Sprintf(verb, struct{ R secret.Ring }{*r})
		}
		out += r.String() + r.GoString()
		for _, leak := range []string{"secret-value", "6e65772d", "110 101 119", "bmV3LX"} {
			if strings.Contains(out, leak) {
				t.Errorf("output holds %q: %s", leak, out)
			}
		}
	})
}
