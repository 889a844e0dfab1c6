package cookiecache

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

var secret = []byte("compat-test-only-key-not-real-minimum-32chars")

func codec(t testing.TB, form Form, secrets ...[]byte) *Codec {
	t.Helper()
	if secrets == nil {
		secrets = [][]byte{secret}
	}
	c, err := New(form, secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var names = map[Form]string{Compact: "compact", JWT: "jwt", JWE: "jwe"}

// TestVectors reads what Better Auth wrote, and writes the compact form byte for byte.
func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Compact struct {
			Signed string `json:"signed_string"`
			Value  string `json:"cookie_value"`
		} `json:"cookie_cache_compact"`
		JWT struct{ Sample string } `json:"cookie_cache_jwt"`
		JWE struct {
			Sample string
			Kid    string
		} `json:"cookie_cache_jwe"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	written := time.Unix(1795339154, 0)
	for form, text := range map[Form]string{Compact: v.Compact.Value, JWT: v.JWT.Sample, JWE: v.JWE.Sample} {
		at := written
		if form == Compact {
			at = now
		}
		object, ok := codec(t, form).Open(text, at)
		if !ok || !bytes.Contains(object, []byte(`"token":"TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"`)) {
			t.Errorf("%s: %s, %v", names[form], object, ok)
		}
		if _, ok := codec(t, form).Open(text, at.Add(5*time.Minute)); ok {
			t.Errorf("%s is valid at its end", names[form])
		}
	}
	object, _, _ := strings.Cut(v.Compact.Signed, `,"expiresAt":1893456300000`)
	if got, err := codec(t, Compact).Seal([]byte(object+"}"), now, now.Add(5*time.Minute)); err != nil || got != v.Compact.Value {
		t.Errorf("Seal = %s, %v, want %s", got, err, v.Compact.Value)
	}
	if kid := codec(t, JWE).sealed[0].KeyID; kid != v.JWE.Kid {
		t.Errorf("the key is %q, want %q", kid, v.JWE.Kid)
	}
}

func TestOpensWhatItSealed(t *testing.T) {
	object := []byte(`{"session":{"id":"1"},"version":"1"}`)
	for form, name := range names {
		t.Run(name, func(t *testing.T) {
			c := codec(t, form)
			text, err := c.Seal(object, now, now.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Session struct{ ID string }
				Version string
			}
			opened, ok := c.Open(text, now)
			if !ok || json.Unmarshal(opened, &got) != nil || got.Session.ID != "1" || got.Version != "1" {
				t.Fatalf("Open = %s, %v", opened, ok)
			}
			if _, ok := codec(t, form, []byte(strings.Repeat("n", 32)), secret).Open(text, now); !ok {
				t.Error("an old secret does not open it")
			}
			if _, ok := codec(t, form, []byte(strings.Repeat("n", 32))).Open(text, now); ok {
				t.Error("another secret opens it")
			}
			if _, ok := c.Open(text, now.Add(time.Minute)); ok {
				t.Error("it is valid at its end")
			}
			for other := range names {
				if _, ok := codec(t, other).Open(text, now); ok && other != form {
					t.Errorf("it opens as %s", names[other])
				}
			}
			for i := range text { // every byte counts, but for bits at the end of a part that encode nothing
				changed := text[:i] + string(text[i]^1) + text[i+1:]
				if opened2, ok := c.Open(changed, now); ok && !bytes.Equal(opened2, opened) {
					t.Fatalf("with byte %d changed it opens as %s", i, opened2)
				}
				if _, ok := c.Open(text[:i], now); ok {
					t.Fatalf("its first %d bytes open", i)
				}
			}
		})
	}
}

// TestF05_RefusesBombs: what expands, nests or is too long costs little and opens nothing.
func TestF05_RefusesBombs(t *testing.T) {
	key := codec(t, JWE).sealed[0]
	e, err := jose.NewEncrypter(jose.A256CBC_HS512, jose.Recipient{Algorithm: jose.DIRECT, Key: key.Key}, &jose.EncrypterOptions{Compression: jose.DEFLATE})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := e.Encrypt([]byte(`{"exp":1900000000,"x":"` + strings.Repeat("x", 1<<17) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := sealed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	for form, name := range names {
		for _, text := range []string{bomb, strings.Repeat(".", 1e6), strings.Repeat("A", Max+1), "", ".", "....", "e30", "bnVsbA", "W10"} {
			if _, ok := codec(t, form).Open(text, now); ok {
				t.Errorf("%s opens %.20q", name, text)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	codecs := map[Form]*Codec{}
	for form := range names {
		codecs[form] = codec(f, form)
		text, err := codecs[form].Seal([]byte(`{"a":1}`), now, now.Add(time.Minute))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range codecs {
			if object, ok := c.Open(text, now); ok && !bytes.HasPrefix(object, []byte(`{"a":1`)) {
				t.Errorf("%q opens as %s", text, object)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	for form, name := range names {
		b.Run(name, func(b *testing.B) {
			c := codec(b, form)
			text, err := c.Seal([]byte(`{"session":{"id":"`+strings.Repeat("x", 300)+`"},"version":"1"}`), now, now.Add(time.Minute))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.Open(text, now); !ok {
					b.Fatal("does not open")
				}
			}
		})
	}
}
