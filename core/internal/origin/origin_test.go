package origin_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/origin"
)

const self = "https://api.example.com"

func parse(t testing.TB, patterns ...string) *origin.Set {
	t.Helper()
	s, err := origin.Parse(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func refuses(t *testing.T, s *origin.Set, targets ...string) {
	t.Helper()
	for _, target := range targets {
		if s.Allows(target, self) {
			t.Errorf("Allows(%q) = true, want false", target)
		}
	}
}

func allows(t *testing.T, s *origin.Set, targets ...string) {
	t.Helper()
	for _, target := range targets {
		if !s.Allows(target, self) {
			t.Errorf("Allows(%q) = false, want true", target)
		}
	}
}

func trusts(t *testing.T, s *origin.Set, want bool, origins ...string) {
	t.Helper()
	for _, o := range origins {
		if got := s.Trusts(o); got != want {
			t.Errorf("Trusts(%q) = %v, want %v", o, got, want)
		}
	}
}

// TestRecorded replays what the reference server answered (exchanges 03 and 05).
func TestRecorded(t *testing.T) {
	var r struct {
		Self    string   `json:"self"`
		Trusted []string `json:"trusted"`
		Targets []struct {
			Name, Target string
			Allowed      bool
		} `json:"targets"`
		Origins []struct {
			Name, Origin string
			Trusted      bool
		} `json:"origins"`
	}
	b, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	s := parse(t, append(r.Trusted, r.Self)...)
	for _, c := range r.Targets {
		if got := s.Allows(c.Target, r.Self); got != c.Allowed {
			t.Errorf("%s: Allows(%q) = %v, want %v", c.Name, c.Target, got, c.Allowed)
		}
	}
	for _, c := range r.Origins {
		if got := s.Trusts(c.Origin); got != c.Trusted {
			t.Errorf("%s: Trusts(%q) = %v, want %v", c.Name, c.Origin, got, c.Trusted)
		}
	}
	if len(r.Targets) != 23 || len(r.Origins) != 15 {
		t.Errorf("%d targets and %d origins, want 23 and 15", len(r.Targets), len(r.Origins))
	}
}

func TestOf(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.com":                      "https://a.com",
		"HTTPS://A.Com:443/x?y#z":            "https://a.com",
		"http://a.com:80":                    "http://a.com",
		"http://a.com:443":                   "http://a.com:443",
		"http://a.com:08080/":                "http://a.com:8080",
		"http://a.com:":                      "http://a.com",
		"http://user:pw@a.com":               "http://a.com",
		"http://a@good.com@evil.com":         "http://evil.com",
		"http://good.com@evil.com":           "http://evil.com",
		"http://good.com:80@evil.com:81?x@y": "http://evil.com:81",
		"https://evil.com?x=good.com":        "https://evil.com",
		"https://evil.com#@good.com":         "https://evil.com",
		"http://127.0.0.1:4101/a":            "http://127.0.0.1:4101",
		"http://[::1]:3000/":                 "http://[::1]:3000",
		"http://[0:0:0:0:0:0:0:1]":           "http://[::1]",
		"http://localhost":                   "http://localhost",
		"https://xn--bcher-kva.example/ü":    "https://xn--bcher-kva.example",
		"https://my_host.internal/a b":       "https://my_host.internal",
	} {
		if got, ok := origin.Of(in); !ok || got != want {
			t.Errorf("Of(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{
		"", "null", "a.com", "/a", "//a.com", "https:", "https:a.com", "https:/a.com", "https://", "https:///a.com", "https://?x",
		"https://a.com\\@b.com", "https:\\\\a.com", "ht\ttps://a.com", " https://a.com", "https://a .com", "https://a.com\n",
		"https://a.com:65536", "https://a.com:-1", "https://a.com:8o", "https://a.com:80:80", "https://a.com.", "https://.a.com",
		"https://a..com", "https://bücher.example", "https://a%2ecom", "https://0x7f.1", "https://127.1", "https://2130706433",
		"https://127.0.0.01", "https://1.2.3.4.5", "https://a.0x10", "https://[::1", "https://[::1]x", "https://[fe80::1%25eth0]", "https://[127.0.0.1]",
		"https://[]", "https://*.a.com", "https://a.com\x00", "ftp://a.com", "ws://a.com", "javascript://a.com", "myapp://a", "data:,x",
		"https://" + strings.Repeat("a.", 130) + "com", "https://a.com/\xff", "https://a.com/\u0085", "-https://a.com",
	} {
		if got, ok := origin.Of(in); ok || got != "" {
			t.Errorf("Of(%q) = %q, %v, want none", in, got, ok)
		}
	}
}

func TestA02_SchemelessTargets(t *testing.T) {
	for _, s := range []*origin.Set{nil, parse(t, "https://good.com", "*.good.com", "myapp://")} {
		refuses(t, s, "//evil", "///evil", "////evil", "https:evil", "https:/evil", "http:evil", "http:/evil", "https:///evil",
			"//evil.com", "//good.com", "///good.com", "https:good.com", "https:/good.com", "HTTPS:/good.com", ":evil", "evil",
			"dashboard", "./x", "../x", "?x=1", "#x", "", " ", " /x", "good.com", "www.good.com")
	}
}

func TestA03_AbsoluteAndWildcard(t *testing.T) {
	s := parse(t, "https://good.com", "*.good.com", "https://*.scheme.com", "http://good.com:8080", "https://app-*.preview.example.com")
	allows(t, s, "https://good.com", "https://good.com/", "https://good.com/a?b#c", "https://GOOD.com/x", "https://good.com:443/",
		"https://user@good.com/", "https://a.good.com", "http://a.b.good.com/x", "https://a.scheme.com", "http://good.com:8080/x",
		"https://app-pr-7.preview.example.com", self, self+"/x", "https://API.example.com:443/x")
	refuses(t, s, "https://good.com.evil", "https://good.com@evil", "https://good.com:443@evil", "https://evil?x=good.com",
		"https://evil#good.com", "https://evil/good.com", "https://evil?.good.com", "https://evil#.good.com", "https://evil/.good.com",
		"https://notgood.com", "http://notgood.com", "https://good.com:8443", "http://good.com", "http://good.com:8081",
		"https://good.com.", "https://a.good.com.", "https://a.good.com:8443", "https://.good.com", "https://a..good.com",
		"https://*.good.com", "https://%2egood.com", "https://good%2ecom", "https://good.com%00.evil", "https://good.com%2f.evil",
		"https://evil.com\\.good.com", "https://evil.com\\@good.com", "https://good.com\\.evil", "https://gооd.com", "https://ｇood.com",
		"https://good。com", "https://xn--gd-jmca.com", "https://evil.com&.good.com", "https://evil.com;.good.com", "https://[good.com]",
		"https://scheme.com", "http://a.scheme.com", "https://a.scheme.com.evil", "https://app-x.evil.preview.example.com.evil",
		"https://apppreview.example.com", "https://good.com:@evil.com", "https://evil.com:.good.com", "https://evil.com:80.good.com",
		"javascript://a.good.com/%0aalert(1)", "ftp://a.good.com", "ws://a.good.com", "data://a.good.com", "myapp://a.good.com")
	trusts(t, s, true, "https://good.com", "https://a.good.com", "http://a.good.com", "https://a.scheme.com", "http://good.com:8080")
	trusts(t, s, false, "", "null", "https://good.com.evil", "https://good.com@evil", "http://good.com", "https://notgood.com",
		"https://good.com:8443", "https://good.com.", "good.com", "a.good.com", "//good.com", "javascript://a.good.com",
		"https://evil?x=good.com", "https://evil#good.com", "https://gооd.com", "https://good.com https://evil", "https://good.com,https://evil")
	t.Run("NumericHostsAreAddresses", func(t *testing.T) {
		s := parse(t, "192.168.*.*:3000", "http://10.0.*", "1.*")
		trusts(t, s, true, "http://192.168.1.20:3000", "https://192.168.0.1:3000", "http://10.0.0.1", "http://1.2.3.4")
		trusts(t, s, false, "http://192.168.1.20", "http://192.168.evil.com:3000", "http://192.168.1.1.evil.com:3000",
			"http://10.0.evil.com", "https://10.0.0.1", "http://1.evil.com", "http://11.2.3.4", "http://[::1]:3000")
	})
	t.Run("PortsMayBeWild", func(t *testing.T) {
		s := parse(t, "http://localhost:*", "http://127.0.0.1:30??")
		trusts(t, s, true, "http://localhost:1", "http://localhost:65535", "http://127.0.0.1:3001")
		trusts(t, s, false, "http://localhost", "https://localhost:1", "http://localhost.evil:1", "http://127.0.0.1:300", "http://localhost:1@evil")
	})
}

func TestA04_BackslashEncodedControl(t *testing.T) {
	s := parse(t, "https://good.com", "myapp://")
	refuses(t, s, `/\evil`, `/\/evil`, `\evil`, `\\evil`, `/x\y`, `/x?y=\`, `/x#\`, "/%5cevil", "/%5Cevil", "/%2f%2fevil", "/%2Fevil", "/a%2fb",
		"/a%5cb?x", "/\t/evil", "/\n/evil", "/\r/evil", "/x\r\nSet-Cookie: a=b", "/x\r\n\r\n<html>", "/x\x00", "/\x00/evil", "/x\x7f",
		"/x\u0080", "/x\u009f", "/x?y=\x01", "/x#\t", "\t/x", "\x00/x", "/%00", "/%0d%0aSet-Cookie:%20a=b", "/%09/evil", "/\xff",
		"/\xc0\xaf/evil", "https://good.com/\r\nx: y", "https://good.com/\\x", "https://good.com/\x00", "myapp://a\r\nb", "myapp://a\\b",
		"https\t://good.com", "/%7f")
	allows(t, s, "/x?y=%2f%5c%0a", "/x#%2f", "/x?next=//evil.com", "/ü/é", "/a b", "/100%25", "/x%20y", "/@user", "/a:b", "/~me/(x)!*'")
}

func TestA05_DotSegmentRedirect(t *testing.T) {
	refuses(t, nil, "/..//evil", "/.//evil", "/a/../..//evil", "/%2e%2e//evil", "/%2E//evil", "/.%2e//evil", "/%2e.//evil", "/a/..//evil",
		"/a/b/../..//evil", "/a/./..//evil", "/../..//evil.com/x?y#z", "/a/%2e%2e//evil", "/././/evil", "/..//", "/.//", "//", "//..", "///",
		"/..///evil", "/a/..////evil", "//../evil", "/..//evil?x", "/..//#")
	allows(t, nil, "/", "/.", "/..", "/./", "/../", "/a", "/a/../b", "/a//b", "/a/..", "/a/../", "/a//", "/a/b/..//c", "/a//..", "/.../x", "/..a//b",
		"/a/.//b", "/x?a=/..//evil", "/x#/..//evil", "/a/../?//", "/%2e%2e%2e/x")
}

func TestA06_SchemesOfApps(t *testing.T) {
	bad := []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "javascript://x/%0aalert(1)", "javascript:/x", "data:text/html,x", "data:/x", "data://x",
		"vbscript:x", "vbscript://x", "file:///etc/passwd", "blob:https://good.com/x", "about:blank", "view-source:https://good.com",
		"filesystem:https://good.com/x", "intent://x#Intent;end", "ftp://good.com", "mailto:a@b.co",
	}
	t.Run("NeverWithoutConfiguration", func(t *testing.T) {
		for _, s := range []*origin.Set{nil, {}, parse(t, "https://good.com", "*.good.com")} {
			refuses(t, s, append(bad, "myapp://", "myapp://home", "myapp:/home", "myapp:home", "exp://1.2.3.4")...)
		}
	})
	t.Run("NeverTheDangerous", func(t *testing.T) {
		refuses(t, parse(t, "myapp://", "*.good.com", "http*://a.good.com"), bad...)
		for _, p := range []string{"javascript://", "data://x", "file:///", "vbscript:/", "blob://x", "JAVASCRIPT://", "view-source://x"} {
			if _, err := origin.Parse([]string{p}); err == nil {
				t.Errorf("Parse(%q) = nil error", p)
			}
		}
	})
	t.Run("PinsTheAuthority", func(t *testing.T) {
		s := parse(t, "myapp://cb", "other://cb/path", "com.example.app:/oauth")
		allows(t, s, "myapp://cb", "myapp://cb/", "myapp://cb/x?y#z", "myapp://cb?x", "MYAPP://cb", "other://cb/path", "other://cb/path/x",
			"other://cb/path?x=..", "com.example.app:/oauth", "com.example.app:/oauth/x", "com.example.app:///oauth?code=1")
		refuses(t, s, "myapp://cb.evil", "myapp://cb@evil", "myapp://evil@cb", "myapp://cb:80", "myapp://CB", "myapp://", "myapp:/", "myapp:/cb", "myapp:cb",
			"myapp:///cb", "myappx://cb", "my://cb", "other://cb", "other://cb/", "other://cb/pathology", "other://cb/path/../x", "other://cb/path/%2e%2e/x",
			"other://cb/path%2f..", "other://evil/path", "com.example.app://evil/oauth", "com.example.app:/other", "com.example.app:oauth")
	})
	t.Run("SchemeAloneLeavesTheAuthorityOpen", func(t *testing.T) {
		for _, p := range []string{"myapp://", "myapp:/"} {
			s := parse(t, p)
			allows(t, s, "myapp://", "myapp:/", "myapp:///", "myapp://home", "myapp:///home", "myapp://a/b?c#d", "myapp:/home")
			refuses(t, s, "myapp:", "myapp:home", "myapp://a@b", "myapps://x", "//x", "xmyapp://x", "my app://x")
			trusts(t, s, true, "myapp://", "myapp:/", "myapp://x")
			trusts(t, s, false, "myapp", "myapp:", "yourapp://", "yourapp:/")
		}
	})
	t.Run("TakesExpoPatterns", func(t *testing.T) {
		s := parse(t, "exp://192.168.*.*:*/**")
		allows(t, s, "exp://192.168.1.5:8081", "exp://192.168.1.5:8081/", "exp://192.168.1.5:8081/--/home")
		refuses(t, s, "exp://192.168.1.5", "exp://192.168.evil.com:80/x", "exp://192.169.1.5:8081/x", "exp://192.168.1.5:80@evil:1/x")
	})
}

func TestA09_SchemeExact(t *testing.T) {
	s := parse(t, "https://good.com", "http://plain.com")
	trusts(t, s, true, "https://good.com", "http://plain.com", "https://good.com/page?x", "https://good.com:443")
	trusts(t, s, false, "http://good.com", "http://good.com:443", "https://plain.com", "https://good.com:80", "//good.com", "good.com", "://good.com",
		"https//good.com", "httpss://good.com", "http://good.com/https://good.com")
	t.Run("TLSEndsInFront", func(t *testing.T) {
		// The server sees plain HTTP; what counts is the public origin it was configured with.
		if s.Allows("http://api.example.com/x", self) {
			t.Error("http origin allowed where https is configured")
		}
	})
}

func TestA15_Path(t *testing.T) {
	patterns := []string{"/public/data", "/sign-up/", "", "/"}
	for path, want := range map[string]bool{
		"/public/data": true, "/public/data/": true, "/public/data/x": true, "/public/database": false, "/public/data-x": false,
		"/public": false, "/public/dat": false, "/PUBLIC/data": false, "/x/public/data": false, "/sign-up": true, "/sign-up/email": true,
		"/sign-upx": false, "/": true, "": false, "/other": false, "//": false,
	} {
		if got := origin.Path(patterns, path); got != want {
			t.Errorf("Path(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, p := range []string{
		"", " ", "https://a.com/", "https://a.com/x", "https://A.com", "HTTPS://a.com", "https://a.com:443", "http://a.com:80", "https://u@a.com",
		"a.com", "localhost:3000", "//a.com", "/x", "https://", "https:a.com", "https://bücher.de", "https://a.com\n", "https://a. com", "null", "*",
		"**", "https://*", "*://*", "*:3000", "*.*", "https://*:*", "good.com*", "https://good.*", "https://example.c?m", "*.com.", "*.A.com",
		"https://*.a.com/", "https://*.a.com/x", "https://u@*.a.com", "https://*.a.com:443", "my*://x", "*app://x", "MyApp://", "myapp://a b",
		"myapp://a@b", "myapp://x?y", "myapp://x#y", "myapp://x/../y", "myapp://x//y/..", "myapp:x", "https://[::1", "https://[*]:80", "myapp://é",
		"myapp:////x", "ws://a.com", "ftp://*.a.com",
	} {
		s, err := origin.Parse([]string{"https://ok.com", p})
		if err == nil || s != nil {
			t.Errorf("Parse(%q) = %v, nil, want an error", p, s)
			continue
		}
		if !strings.Contains(err.Error(), strings.Trim(strings.ToLower(p), " \n")[:min(len(strings.Trim(p, " \n")), 4)]) &&
			!strings.Contains(err.Error(), p) {
			t.Errorf("Parse(%q) = %v, which does not name the entry", p, err)
		}
	}
	var zero origin.Set
	trusts(t, &zero, false, "https://a.com", "myapp://")
	trusts(t, nil, false, "https://a.com", "myapp://")
	trusts(t, parse(t), false, "https://a.com", "null", "")
	trusts(t, parse(t, "https://a.com"), false, "https://a.com/"+strings.Repeat("x", origin.MaxTarget))
}

func TestAppend(t *testing.T) {
	for _, c := range []struct{ target, key, value, appended, replaced string }{
		{"/x", "error", "e", "/x?error=e", "/x?error=e"},
		{"/x?", "error", "e", "/x?error=e", "/x?error=e"},
		{"/x?a=1", "error", "e", "/x?a=1&error=e", "/x?a=1&error=e"},
		{"/x?a=1&", "error", "e", "/x?a=1&error=e", "/x?a=1&error=e"},
		{"/x?a=%20b#f?g", "error", "e", "/x?a=%20b&error=e#f?g", "/x?a=%20b&error=e#f?g"},
		{"/x#f", "k 1", "a b&c=d*~", "/x?k+1=a+b%26c%3Dd*%7E#f", "/x?k+1=a+b%26c%3Dd*%7E#f"},
		{"/x?token=evil&b=2&%74oken=3&token#f", "token", "t", "/x?token=evil&b=2&%74oken=3&token&token=t#f", "/x?b=2&token=t#f"},
		{"/a/../b//c", "t", "\r\n/é", "/a/../b//c?t=%0D%0A%2F%C3%A9", "/a/../b//c?t=%0D%0A%2F%C3%A9"},
		{"myapp://cb", "code", "1", "myapp://cb?code=1", "myapp://cb?code=1"},
		{"https://a.com", "x", "", "https://a.com?x=", "https://a.com?x="},
	} {
		if got := origin.Append(c.target, c.key, c.value); got != c.appended {
			t.Errorf("Append(%q, %q, %q) = %q, want %q", c.target, c.key, c.value, got, c.appended)
		}
		if got := origin.Replace(c.target, c.key, c.value); got != c.replaced {
			t.Errorf("Replace(%q, %q, %q) = %q, want %q", c.target, c.key, c.value, got, c.replaced)
		}
	}
	for in, want := range map[string]string{"/x": "/x", "/é x?😀": "/%C3%A9%20x?%F0%9F%98%80", "/%20": "/%20", "": ""} {
		if got := origin.ASCII(in); got != want {
			t.Errorf("ASCII(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestWildcardsOfDomainsThatAnybodyCanOwn refuses patterns that look as if they named one owner.
func TestWildcardsOfDomainsThatAnybodyCanOwn(t *testing.T) {
	for _, entry := range []string{
		"*.com", "https://*.com", "https://*example.com", "https://*.example-*.com", "https://example.*.com", "https://*.com:8443",
		"https://*.co.uk", "*.com.au", "https://*.co.jp:8443", "https://app-*.co.uk", "https://*.www.*.co.uk",
	} {
		if _, err := origin.Parse([]string{entry}); err == nil {
			t.Errorf("%q is accepted", entry)
		}
	}
	for _, entry := range []string{"*.example.com", "https://*.example.co.uk", "*.me.github.io", "*.localhost", "*.com.example", "https://*.t.co", "https://*.shop.test", "http://10.0.0.*"} {
		if _, err := origin.Parse([]string{entry}); err != nil {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

// TestHostsThatBrowsersReadAsAddresses: a last label that is a number, hexadecimal too, is no name.
func TestHostsThatBrowsersReadAsAddresses(t *testing.T) {
	for _, host := range []string{"0x7f", "0x7f.1", "127.0.0.0xa", "0x", "127.1", "2130706433"} {
		if got, ok := origin.Of("http://" + host); ok {
			t.Errorf("%s is the origin %q", host, got)
		}
	}
	for _, host := range []string{"example.cafe", "abc", "0xg.example", "127.0.0.1"} {
		if _, ok := origin.Of("http://" + host); !ok {
			t.Errorf("%s has no origin", host)
		}
	}
}
