package cookie_test

import (
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/cookie"
)

func FuzzF12_Find(f *testing.F) {
	for _, s := range []string{"s=1", "s=\"a%20b\"; s=2", ";;=;s", "a=b;s = %zz ", "s=%C3%28", "s==;", "\"s\"=1"} {
		f.Add(s, "s")
	}
	f.Fuzz(func(t *testing.T, header, name string) {
		value, ok := cookie.Find([]string{header}, name)
		if !ok && value != "" {
			t.Errorf("Find(%q, %q) gave %q and none", header, name, value)
		}
		if ok && !strings.Contains(header, name) {
			t.Errorf("Find(%q, %q) found what is not there", header, name)
		}
		for _, n := range cookie.Names([]string{header}, "") {
			if _, ok := cookie.Find([]string{header}, n); !ok {
				t.Errorf("Names(%q) has %q, Find has not", header, n)
			}
			if (cookie.Attributes{}).Check(n) != nil {
				t.Errorf("Names(%q) has %q, which cannot be set", header, n)
			}
		}
		// What Append writes, Find reads back, whatever the value; and it is one line of ASCII.
		line := string(cookie.Append(nil, "n", header, -1, cookie.Attributes{}))
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Count(line, ";") != 2 {
			t.Errorf("Append(%q) = %q", header, line)
		}
		if got, ok := cookie.Find([]string{line}, "n"); !ok || got != header && got != cookie.Escape(header) {
			t.Errorf("Find(Append(%q)) = %q, %v", header, got, ok)
		}
	})
}

func FuzzF12_Open(f *testing.F) {
	v := load(f)
	key := []byte(v.Secret)
	for _, c := range v.Vectors {
		f.Add(c.Value + "." + c.Signature)
		f.Add(c.Value + "." + c.Signature[:43])
	}
	f.Add("..=")
	f.Fuzz(func(t *testing.T, s string) {
		if value, ok := cookie.Open(s, key); ok && cookie.Sign(key, value) != s {
			t.Errorf("Open(%q) = %q, which signs to something else", s, value)
		} else if !ok && value != "" {
			t.Errorf("Open(%q) gave %q without a signature", s, value)
		}
		if s == "" {
			return
		}
		if value, ok := cookie.Open(cookie.Sign(key, s), key); !ok || value != s {
			t.Errorf("Open(Sign(%q)) = %q, %v", s, value, ok)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	header := []string{"theme=dark; lang=en; better-auth.session_token=abcdefghijklmnopqrstuvwxyzABCDEF.Siq00g4PcPJyqPkZAkCt38BvXhiNl0nIUHbi9hISJ9k%3D"}
	for b.Loop() {
		cookie.Find(header, "better-auth.session_token")
	}
}

func BenchmarkOpen(b *testing.B) {
	key := []byte("compat-test-only-key-not-real-minimum-32chars")
	signed := cookie.Sign(key, "abcdefghijklmnopqrstuvwxyzABCDEF")
	for b.Loop() {
		cookie.Open(signed, key)
	}
}
