package seal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/seal"
	"github.com/kernia-go/kernia/ports/memory"
)

// vectors are texts that Better Auth encrypted.
type vectors struct {
	Secret string `json:"secret"`
	Fixed  struct {
		Plaintext string `json:"plaintext"`
		Nonce     string `json:"nonce_hex"`
		Sealed    string `json:"ciphertext_hex"`
	} `json:"fixed_nonce_vector"`
	Random struct {
		Plaintext string `json:"plaintext"`
		Sealed    string `json:"ciphertext_hex"`
	} `json:"random_sample"`
	Versioned string `json:"versioned_sample"`
}

func read(t *testing.T) (v vectors, key []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(v.Secret))
	return v, sum[:]
}

func TestHexIsBetterAuthsForm(t *testing.T) {
	v, key := read(t)
	nonce, err := hex.DecodeString(v.Fixed.Nonce)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := seal.SealHex(bytes.NewReader(nonce), key, v.Fixed.Plaintext); err != nil || got != v.Fixed.Sealed {
		t.Errorf("SealHex = %q, %v, want %q", got, err, v.Fixed.Sealed)
	}
	other := bytes.Repeat([]byte{7}, seal.KeySize)
	for sealed, want := range map[string]string{v.Fixed.Sealed: v.Fixed.Plaintext, v.Random.Sealed: v.Random.Plaintext, v.Versioned: "hello world"} {
		if got, err := seal.OpenHex([][]byte{other, key}, sealed); err != nil || got != want {
			t.Errorf("OpenHex(%q) = %q, %v, want %q", sealed, got, err, want)
		}
		if got, err := seal.OpenHex([][]byte{other}, sealed); err == nil {
			t.Errorf("OpenHex(%q) with another key = %q", sealed, got)
		}
	}
}

func TestOpenHexRefusesWhatItCannotRead(t *testing.T) {
	v, key := read(t)
	last := len(v.Fixed.Sealed) - 1
	for _, sealed := range []string{
		"", "$ba$", "$ba$2", "$ba$2$", "xyz", v.Fixed.Sealed[:last], v.Fixed.Sealed[:last] + "0", v.Fixed.Sealed[2:],
		v.Fixed.Sealed[:60], "$ba$2" + v.Fixed.Sealed, strings.Repeat("00", 3<<20),
	} {
		if got, err := seal.OpenHex([][]byte{key}, sealed); err == nil || got != "" {
			t.Errorf("OpenHex(%.40q) = %q, %v, want an error", sealed, got, err)
		}
	}
}

func TestSeal(t *testing.T) {
	key, old := bytes.Repeat([]byte{1}, seal.KeySize), bytes.Repeat([]byte{2}, seal.KeySize)
	random := memory.NewPredictableRandom(1)
	for _, text := range []string{"", "secret", strings.Repeat("long ", 1000), "\x00ü"} {
		sealed, err := seal.Seal(random, key, text, "purpose")
		if err != nil || strings.ContainsAny(sealed, "$+/=; ") {
			t.Fatalf("Seal = %q, %v", sealed, err)
		}
		again, err := seal.Seal(random, key, text, "purpose")
		if err != nil || again == sealed {
			t.Errorf("sealed twice it is the same: %q, %v", again, err)
		}
		if got, err := seal.Open([][]byte{old, key}, sealed, "purpose"); err != nil || got != text {
			t.Errorf("Open = %q, %v, want %q", got, err, text)
		}
		for name, open := range map[string]func() (string, error){
			"another key":     func() (string, error) { return seal.Open([][]byte{old}, sealed, "purpose") },
			"no key":          func() (string, error) { return seal.Open(nil, sealed, "purpose") },
			"another context": func() (string, error) { return seal.Open([][]byte{key}, sealed, "purposes") },
			"another form":    func() (string, error) { return seal.Open([][]byte{key}, sealed[3:], "purpose") },
			"a changed text":  func() (string, error) { return seal.Open([][]byte{key}, sealed[:10]+"AAAA"+sealed[14:], "purpose") },
			"a short text":    func() (string, error) { return seal.Open([][]byte{key}, "k1.AAAA", "purpose") },
		} {
			if got, err := open(); err == nil {
				t.Errorf("Open with %s = %q", name, got)
			}
		}
	}
	if sealed, err := seal.Seal(bytes.NewReader([]byte("short")), key, "x", ""); err == nil {
		t.Errorf("Seal without enough randomness = %q", sealed)
	}
	if _, err := seal.Seal(random, key[1:], "x", ""); err == nil {
		t.Error("Seal takes a short key")
	}
}
