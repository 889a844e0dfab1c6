package email_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/email"
)

func TestValid(t *testing.T) {
	for _, s := range []string{
		"a@b.co", "alice@example.com", "A.B+tag@Sub.Example.COM", "o'neil@x.org", "_-+@1-a.com", "-a@b.co", "a-@b.co",
		"'a@b.co", "x@a--.co", "1@1.2.museum", "a@xn--bcher-kva.example", strings.Repeat("a", 248) + "@b.com",
	} {
		if !email.Valid(s) {
			t.Errorf("Valid(%q) = false, want true", s)
		}
	}
	for _, s := range []string{
		"", "@", "nope", "a@", "@b.co", "a@b", "a@b.c", "a@b.c1", "a@b.1c", ".a@b.co", "a.@b.co", "a..b@c.co", "a'@b.co",
		"a@.co", "a@b..co", "a@-b.co", "a@b.-co", "a@b.co-", "a@b.co.", "a b@c.co", " a@b.co", "a@b.co ", "a@b.co\n",
		"a@b@c.co", "a@b_c.co", "é@b.co", "a@é.co", "\"a\"@b.co", "a@[1.2.3.4]", "a%@b.co", "a@b.co\x00", "<a@b.co>",
		"a,b@c.co", "a@b.co,c@d.co", "a\r\nBcc: x@y.zz@b.co", "a@b.c@", strings.Repeat("a", 249) + "@b.com",
	} {
		if email.Valid(s) {
			t.Errorf("Valid(%q) = true, want false", s)
		}
	}
}

func TestNormal(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a@b.co": "a@b.co", "AliCE@Example.COM": "alice@example.com", "\u212a@B.co": "\u212a@b.co", "É@x": "É@x",
	} {
		if got := email.Normal(in); got != want {
			t.Errorf("Normal(%q) = %q, want %q", in, got, want)
		}
	}
}

// grammar says the same as the scanner in another language.
var grammar = regexp.MustCompile(
	`^[A-Za-z0-9_'+-]+(\.[A-Za-z0-9_'+-]+)*@([A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}$`)

func FuzzValid(f *testing.F) {
	for _, s := range []string{"a@b.co", "a'@b.co", "a.@b.co", "a@b-.co", "A@B.C", "@", "a@b.co.", "é@b.co"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := strings.IndexByte(s, '@')
		want := len(s) <= email.Max && grammar.MatchString(s) && s[at-1] != '\''
		if got := email.Valid(s); got != want {
			t.Errorf("Valid(%q) = %v, want %v", s, got, want)
		}
		if n := email.Normal(s); email.Normal(n) != n || email.Valid(n) != want {
			t.Errorf("Normal(%q) = %q is not stable", s, n)
		}
	})
}

func BenchmarkValid(b *testing.B) {
	for b.Loop() {
		email.Valid("alice.long-name+tag@mail.example.com")
	}
}
