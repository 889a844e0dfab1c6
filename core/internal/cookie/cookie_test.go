package cookie_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/cookie"
)

type vectors struct {
	Secret  string `json:"secret"`
	Vectors []struct {
		Value     string `json:"value"`
		Signature string `json:"signature"`
		SetCookie string `json:"set_cookie"`
	} `json:"vectors"`
}

func load(t testing.TB) vectors {
	t.Helper()
	var v vectors
	b, err := os.ReadFile("testdata/signed.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVectors(t *testing.T) {
	v := load(t)
	key := []byte(v.Secret)
	for _, c := range v.Vectors {
		signed := cookie.Sign(key, c.Value)
		if want := c.Value + "." + c.Signature; signed != want {
			t.Errorf("Sign(%q) = %q, want %q", c.Value, signed, want)
		}
		got := string(cookie.Append(nil, "better-auth.x", signed, 604800, cookie.Attributes{HTTPOnly: true}))
		if got != c.SetCookie {
			t.Errorf("Append = %q, want %q", got, c.SetCookie)
		}
		pair, _, _ := strings.Cut(c.SetCookie, ";")
		read, ok := cookie.Find([]string{"a=b; " + pair}, "better-auth.x")
		if !ok || read != signed {
			t.Errorf("Find(%q) = %q, %v, want %q", pair, read, ok, signed)
		}
		if value, ok := cookie.Open(read, []byte("other"), key); !ok || value != c.Value {
			t.Errorf("Open(%q) = %q, %v, want %q", read, value, ok, c.Value)
		}
	}
}

func TestOpen(t *testing.T) {
	key := []byte("a key of the test")
	good := cookie.Sign(key, "to.ken")
	sig := good[len("to.ken."):]
	if v, ok := cookie.Open(good, key); !ok || v != "to.ken" {
		t.Fatalf("Open(good) = %q, %v", v, ok)
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := strings.IndexByte(letters, sig[42]) // its last two bits are padding
	for name, signed := range map[string]string{
		"Empty":         "",
		"NoDot":         "token",
		"NoValue":       "." + sig,
		"SignedNothing": cookie.Sign(key, ""),
		"NoSignature":   "to.ken.",
		"OtherValue":    "to.kem." + sig,
		"CaseOfValue":   "TO.ken." + sig,
		"SplitEarlier":  "to." + "ken" + sig,
		"NoPadding":     "to.ken." + sig[:43],
		"TwoPaddings":   "to.ken." + sig + "=",
		"SpaceAfter":    good + " ",
		"LineInside":    "to.ken." + sig[:20] + "\n" + sig[20:],
		"URLAlphabet":   "to.ken." + base64.URLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 32))),
		"TrailingBits":  "to.ken." + sig[:42] + letters[at^1:at^1+1] + "=",
		"Escaped":       cookie.Escape(good),
		"NULInside":     "to.ken\x00." + sig,
	} {
		if v, ok := cookie.Open(signed, key); ok || v != "" {
			t.Errorf("%s: Open(%q) = %q, %v, want none", name, signed, v, ok)
		}
	}
	t.Run("NeedsAKey", func(t *testing.T) {
		if _, ok := cookie.Open(good); ok {
			t.Error("opened without keys")
		}
		if _, ok := cookie.Open(good, nil, []byte("x")); ok {
			t.Error("opened with other keys")
		}
		// What an empty key signs, anybody signs.
		forged := "x.TLyWCZpkZ84AJGHxBUm0iYJl6+YYi0XvrMRCk1FuYsQ="
		if _, ok := cookie.Open(forged, []byte{}, nil); ok {
			t.Error("opened with an empty key")
		}
	})
	t.Run("SignPanicsWithoutAKey", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("signed without a key")
			}
		}()
		cookie.Sign(nil, "x")
	})
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"AZaz09-_.!~*'()":     "AZaz09-_.!~*'()",
		"a b+c/d=e":           "a%20b%2Bc%2Fd%3De",
		"\";,\\%\r\n\x00é😀[]": "%22%3B%2C%5C%25%0D%0A%00%C3%A9%F0%9F%98%80%5B%5D",
		"{\"a\":\"<b>&`^|#?@": "%7B%22a%22%3A%22%3Cb%3E%26%60%5E%7C%23%3F%40",
	} {
		if got := cookie.Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
		if got := cookie.Unescape(want); got != in {
			t.Errorf("Unescape(%q) = %q, want %q", want, got, in)
		}
	}
	for in, want := range map[string]string{
		"a+b": "a+b", "%2f%2F": "//", "100%": "100%", "%": "%", "%2": "%2", "%zz%41": "%zz%41", "%ff": "%ff",
		"%C3%28": "%C3%28", "%ED%A0%80": "%ED%A0%80", "x%20y": "x y",
	} {
		if got := cookie.Unescape(in); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name   string
		header []string
		want   string
		ok     bool
	}{
		{"TakesTheOnlyOne", []string{"s=1"}, "1", true},
		{"TakesTheFirst", []string{"s=1; s=2"}, "1", true},
		{"TakesTheFirstLine", []string{"a=b", "s=1", "s=2"}, "1", true},
		{"TakesAnEmptyFirst", []string{"s=; s=2"}, "", true},
		{"TrimsSpace", []string{"a=b ;\t s = 1 \t;c=d"}, "1", true},
		{"NeedsNoSpace", []string{"a=b;s=1;c=d"}, "1", true},
		{"StripsQuotes", []string{`s="1 2"`}, "1 2", true},
		{"KeepsALoneQuote", []string{`s="`}, `"`, true},
		{"KeepsFurtherEquals", []string{"s=a=b=="}, "a=b==", true},
		{"Unescapes", []string{"s=a%2Bb"}, "a+b", true},
		{"KeepsPlus", []string{"s=a+b"}, "a+b", true},
		{"KeepsBadEscapes", []string{"s=%zz"}, "%zz", true},
		{"SkipsJunk", []string{";;; =x; junk; s=1"}, "1", true},
		{"IgnoresCaseVariants", []string{"S=1"}, "", false},
		{"IgnoresSuffixes", []string{"xs=1; s2=3"}, "", false},
		{"IgnoresThePrefixed", []string{"__Secure-s=1"}, "", false},
		{"IgnoresNamesInValues", []string{"a=b, s=1"}, "", false},
		{"FindsNothingInNothing", nil, "", false},
		{"IgnoresTheOverlong", []string{"s=1; a=" + strings.Repeat("x", cookie.MaxHeader)}, "", false},
		{"IgnoresTheOverlongInParts", []string{"s=1", strings.Repeat("x", cookie.MaxHeader)}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := cookie.Find(c.header, "s"); got != c.want || ok != c.ok {
				t.Errorf("Find = %q, %v, want %q, %v", got, ok, c.want, c.ok)
			}
		})
	}
	if _, ok := cookie.Find([]string{"=x"}, ""); ok {
		t.Error("found a cookie without a name")
	}
	t.Run("AllocatesNothing", func(t *testing.T) {
		header := []string{"a=b; c=d", "better-auth.session_token=abc.def"}
		n := testing.AllocsPerRun(100, func() { cookie.Find(header, "better-auth.session_token") })
		if n != 0 {
			t.Errorf("Find allocates %v times, want 0", n)
		}
	})
}

func TestNames(t *testing.T) {
	got := cookie.Names([]string{"d.0=a; x=y; d.1=b; d.0=again; d.9 9=bad; d.<=bad", "d.2=c; d=e; e.d.3=x"}, "d.")
	if want := "d.0 d.1 d.2"; strings.Join(got, " ") != want {
		t.Errorf("Names = %q, want %q", got, want)
	}
	many := make([]string, 0, 1000)
	for i := range 1000 {
		many = append(many, "d."+strings.Repeat("x", i+1)+"=1")
	}
	if got := len(cookie.Names([]string{strings.Join(many[:400], ";")}, "d.")); got != cookie.MaxNames {
		t.Errorf("Names gave %d names, want %d", got, cookie.MaxNames)
	}
}

func TestAppend(t *testing.T) {
	full := cookie.Attributes{
		Domain: "example.com", Path: "/", HTTPOnly: true, Secure: true, SameSite: "Lax", Partitioned: true,
	}
	for _, c := range []struct {
		name, cookie, value string
		age                 int
		a                   cookie.Attributes
		want                string
	}{
		{"WritesInOrder", "n", "v+", 60, full, "n=v%2B; Max-Age=60; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax; Partitioned"},
		{"OmitsWhatIsUnset", "n", "v", -1, cookie.Attributes{}, "n=v; Path=/; SameSite=Lax"},
		{"Deletes", "n", "", 0, cookie.Attributes{HTTPOnly: true}, "n=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"},
		{"ShortensTheAge", "n", "v", 1 << 40, cookie.Attributes{}, "n=v; Max-Age=34560000; Path=/; SameSite=Lax"},
		{"ForcesSecureForNone", "n", "v", -1, cookie.Attributes{SameSite: "none"}, "n=v; Path=/; Secure; SameSite=None"},
		{"ForcesSecureForPartitioned", "n", "v", -1, cookie.Attributes{Partitioned: true}, "n=v; Path=/; Secure; SameSite=Lax; Partitioned"},
		{"ForcesSecureForThePrefix", "__Secure-n", "v", -1, cookie.Attributes{}, "__Secure-n=v; Path=/; Secure; SameSite=Lax"},
		{"EscapesTheValue", "n", "a\r\nSet-Cookie: x=y; Path=/", -1, cookie.Attributes{}, "n=a%0D%0ASet-Cookie%3A%20x%3Dy%3B%20Path%3D%2F; Path=/; SameSite=Lax"},
		{"WritesNoBadName", "a\r\nb", "v", -1, cookie.Attributes{}, ""},
		{"WritesNoBadDomain", "n", "v", -1, cookie.Attributes{Domain: "x\r\ny"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(cookie.Append([]byte("#"), c.cookie, c.value, c.age, c.a)); got != "#"+c.want {
				t.Errorf("Append = %q, want %q", got, "#"+c.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		a    cookie.Attributes
	}{
		{"", cookie.Attributes{}},
		{"a b", cookie.Attributes{}},
		{"a;b", cookie.Attributes{}},
		{"a=b", cookie.Attributes{}},
		{"a\r\nb", cookie.Attributes{}},
		{"é", cookie.Attributes{}},
		{"n", cookie.Attributes{Domain: "a;b"}},
		{"n", cookie.Attributes{Domain: "a\nb"}},
		{"n", cookie.Attributes{Domain: "a.com:80"}},
		{"n", cookie.Attributes{Domain: "é.com"}},
		{"n", cookie.Attributes{Path: "x"}},
		{"n", cookie.Attributes{Path: "/;x"}},
		{"n", cookie.Attributes{Path: "/\r\n"}},
		{"n", cookie.Attributes{SameSite: "Lax; Secure"}},
		{"__Host-n", cookie.Attributes{Domain: "a.com"}},
		{"__Host-n", cookie.Attributes{Path: "/x"}},
	} {
		if err := c.a.Check(c.name); err == nil {
			t.Errorf("%+v.Check(%q) = nil, want an error", c.a, c.name)
		}
	}
	for _, name := range []string{"better-auth.session_token", "__Secure-x", "__Host-x", "session_token_multi-abc"} {
		if err := (cookie.Attributes{}).Check(name); err != nil {
			t.Errorf("Check(%q) = %v, want nil", name, err)
		}
	}
}
