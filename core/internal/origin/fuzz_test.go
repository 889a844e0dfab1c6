package origin_test

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/origin"
)

// browse resolves target against the base https://api.example.com/p/q as a browser would, repairs and all, and returns
// the authority and the normalised path. It is written after the URL standard's state machine, apart from what it
// tests: strip controls at the ends, drop tabs and newlines, take backslashes for slashes.
func browse(target string) (authority, path string) {
	target = strings.TrimFunc(target, func(r rune) bool { return r <= ' ' })
	target = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(target)
	target, _, _ = strings.Cut(target, "#")
	target, query, asked := strings.Cut(target, "?")
	target = strings.ReplaceAll(target, `\`, "/")
	for _, scheme := range []string{"https:", "http:"} {
		if len(target) >= len(scheme) && strings.EqualFold(target[:len(scheme)], scheme) {
			rest := strings.TrimLeft(target[len(scheme):], "/")
			authority, path, _ = strings.Cut(rest, "/")
			return scheme + "//" + authority[strings.LastIndexByte(authority, '@')+1:], "/" + path
		}
	}
	authority = "https://api.example.com"
	if rest, ok := strings.CutPrefix(target, "//"); ok {
		authority, target, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		target = "/" + target
	}
	if !strings.HasPrefix(target, "/") {
		target = "/p/" + target
	}
	var out []string
	segs := strings.Split(target[1:], "/")
	for i, seg := range segs {
		last := i == len(segs)-1
		switch strings.ReplaceAll(strings.ToLower(seg), "%2e", ".") {
		case ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, seg)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	path = "/" + strings.Join(out, "/")
	if asked {
		path += "?" + query
	}
	return authority, path
}

// stays resolves an allowed target twice, by both readers; the second time what the first one made of the path.
func stays(t *testing.T, target string) {
	t.Helper()
	once, path := browse(target)
	twice, _ := browse(path)
	if once != self || twice != self {
		t.Errorf("a browser resolves %q to %q, then %q", target, once, twice)
	}
	base, err := url.Parse(self + "/p/q")
	if err != nil {
		t.Fatal(err)
	}
	ref, err := url.Parse(target)
	if err != nil {
		return // no Go program can follow it
	}
	first := base.ResolveReference(ref)
	second := base.ResolveReference(&url.URL{Path: first.Path, RawPath: first.RawPath})
	if again, err := base.Parse(first.EscapedPath()); err == nil {
		second = again
	}
	for _, u := range []*url.URL{first, second} {
		if u.Scheme+"://"+u.Host != self {
			t.Errorf("Go resolves %q to %v", target, u)
		}
	}
}

func TestA05_ResolvesTwiceToTheSameOrigin(t *testing.T) {
	parts := []string{
		"/", "/", "/", ".", "..", "%2e", "%2E", "%2f", "%5c", `\`, "evil.com", "a", "@", ":", "?", "#", "\t", "\n", " ", "\x00", "https:", "//", "é", ";", "%09", "+",
	}
	r := rand.New(rand.NewPCG(1, 2))
	allowed := 0
	for range 60_000 {
		var b strings.Builder
		b.WriteByte('/')
		for range r.IntN(9) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		target := b.String()[r.IntN(8)/7:]
		if (*origin.Set)(nil).Allows(target, self) {
			allowed++
			stays(t, target)
			stays(t, origin.Append(target, "error", "x"))
			stays(t, origin.Replace(target, "error", "x"))
		}
		if t.Failed() {
			return
		}
	}
	if allowed < 4_000 {
		t.Errorf("only %d of the targets were allowed: the test says little", allowed)
	}
}

func FuzzF12_Allows(f *testing.F) {
	for _, s := range []string{
		"/dashboard", "//evil.com", "/..//evil.com", `/\evil`, "/%2e%2e//evil", "/a/../b?c#d", "https:evil", "https://good.com@evil", "javascript:alert(1)",
		"myapp://cb.evil", "https://api.example.com:443/x", "/\t/evil", "https://a.good.com/x", "myapp://cb/x",
	} {
		f.Add(s)
	}
	s := parse(f, "https://good.com", "*.good.com", "myapp://cb")
	f.Fuzz(func(t *testing.T, target string) {
		if origin.Normal(target) {
			stays(t, target)
		}
		if !s.Allows(target, self) {
			return
		}
		if strings.ContainsFunc(target, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
			t.Errorf("Allows(%q), a control character", target)
		}
		if !s.Allows(origin.Append(target, "k", "v"), self) && len(target) < origin.MaxTarget-8 {
			t.Errorf("Allows(%q), but not with a parameter", target)
		}
		lower := strings.ToLower(target)
		if !slices.ContainsFunc([]string{"/", "http://", "https://", "myapp://cb"}, func(p string) bool { return strings.HasPrefix(lower, p) }) {
			t.Errorf("Allows(%q), an unknown scheme", target)
		}
		if u, err := url.Parse(target); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			h := strings.ToLower(u.Hostname())
			if h != "good.com" && !strings.HasSuffix(h, ".good.com") && h != "api.example.com" {
				t.Errorf("Allows(%q), whose host is %q", target, h)
			}
		}
	})
}

func FuzzF12_Trusts(f *testing.F) {
	for _, c := range [][2]string{
		{"https://good.com", "https://good.com"},
		{"*.good.com", "https://a.good.com"},
		{"https://*.good.com", "https://evil.com"},
		{"myapp://", "myapp:/"},
		{"http://localhost:*", "http://localhost:3000"},
		{"192.168.*.*", "http://192.168.1.1"},
		{"exp://**", "exp://x/y"},
	} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, pattern, o string) {
		s, err := origin.Parse([]string{pattern})
		if err != nil {
			if s != nil {
				t.Errorf("Parse(%q) gave a set and %v", pattern, err)
			}
			return
		}
		if s.Trusts("null") || s.Trusts("") || s.Trusts("https://an.unrelated.example") && !strings.Contains(pattern, "example") &&
			!strings.ContainsAny(pattern, "*?") {
			t.Errorf("%q trusts what it must not", pattern)
		}
		if !strings.ContainsAny(pattern, "*?") && !s.Trusts(pattern) {
			t.Errorf("%q does not trust itself", pattern)
		}
		if normal, ok := origin.Of(o); ok {
			if again, ok := origin.Of(normal); !ok || again != normal {
				t.Errorf("Of(%q) = %q, whose origin is %q", o, normal, again)
			}
			if s.Trusts(o) != s.Trusts(normal) {
				t.Errorf("%q trusts only one of %q and %q", pattern, o, normal)
			}
		}
	})
}

func BenchmarkTrusts(b *testing.B) {
	s := parse(b, "https://good.com", "*.good.com", "myapp://")
	for b.Loop() {
		s.Trusts("https://a.good.com")
	}
}

func BenchmarkAllows(b *testing.B) {
	s := parse(b, "https://good.com", "*.good.com", "myapp://")
	for b.Loop() {
		s.Allows("/a/../dashboard?x=1", self)
	}
}
