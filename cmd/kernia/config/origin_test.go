package config

import (
	"strings"
	"testing"
)

// TestWildcardsOfPublicSuffixes: a trusted origin whose wildcard matches sites of many owners is refused.
func TestWildcardsOfPublicSuffixes(t *testing.T) {
	for entry, want := range map[string]string{
		"https://*.co.uk": "co.uk", "*.uk.com": "uk.com", "https://*.github.io": "github.io", "https://*.vercel.app:*": "vercel.app",
		"https://app-?.pages.dev": "pages.dev", "*://*.a.*.github.io": "github.io", "https://*.kawasaki.jp": "kawasaki.jp", "https://*.x.kawasaki.jp": "x.kawasaki.jp",

		"https://*.example.com": "", "https://*.example.co.uk": "", "*.me.github.io": "", "https://me.github.io": "", "https://*.city.kawasaki.jp": "",
		"https://*.corp.internal": "", "http://10.0.0.*": "", "http://localhost:*": "", "myapp://*.github.io": "", "*.localhost": "",
	} {
		_, _, err := mustDecode(t, "{"+minimal+`, "trustedOrigins": ["myapp://", "`+entry+`"]}`).Core()
		if want == "" && err != nil {
			t.Errorf("%q: %v", entry, err)
		}
		if text := "trustedOrigins[1]: anybody can own a name under " + want + ";"; want != "" && (err == nil || !strings.HasPrefix(err.Error(), text)) {
			t.Errorf("%q: %v, want %q", entry, err, text)
		}
	}
}
