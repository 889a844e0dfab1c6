package cookie

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxAge is the longest life of a cookie in seconds, 400 days; browsers shorten what lives longer.
const MaxAge = 400 * 24 * 60 * 60

// Attributes are what a cookie carries besides name, value and age. The zero value is a cookie of the host for all
// paths, with SameSite=Lax, that scripts can read and that plain HTTP carries.
type Attributes struct {
	Domain      string // empty: the host alone
	Path        string // empty: "/"
	HTTPOnly    bool   // hidden from scripts
	Secure      bool   // sent over TLS only; forced by SameSite None, Partitioned, and the prefixes __Secure- and __Host-
	Partitioned bool   // kept apart per top-level site
	SameSite    string // Lax, Strict or None, in any case; empty: Lax
}

// Check reports why a cookie called name cannot be set with a, nil when it can. It belongs to the start of a program.
func (a Attributes) Check(name string) error {
	if !token(name) {
		return fmt.Errorf("cookie: name %q: not a token", name)
	}
	if !domain(a.Domain) {
		return fmt.Errorf("cookie: %s: domain %q: not a host name", name, a.Domain)
	}
	if !path(a.Path) {
		return fmt.Errorf("cookie: %s: path %q: must begin with / and hold neither ; nor control characters", name, a.Path)
	}
	if sameSite(a.SameSite) == "" {
		return fmt.Errorf("cookie: %s: SameSite %q: not Lax, Strict or None", name, a.SameSite)
	}
	if prefixed(name, "__Host-") && (a.Domain != "" || a.Path != "" && a.Path != "/") {
		return fmt.Errorf("cookie: %s: the prefix __Host- allows no domain and no path but /", name)
	}
	return nil
}

// Append appends to dst the value of a Set-Cookie header: value escaped, maxAge in seconds (below zero: none, so that
// the browser's session bounds it; zero: delete it; no more than MaxAge), and a. What Check refuses is not written at
// all, lest a name or an attribute end the header early.
func Append(dst []byte, name, value string, maxAge int, a Attributes) []byte {
	if a.Check(name) != nil {
		return dst
	}
	dst = append(dst, name...)
	dst = append(dst, '=')
	dst = appendEscaped(dst, value)
	if maxAge >= 0 {
		dst = append(dst, "; Max-Age="...)
		dst = strconv.AppendInt(dst, int64(min(maxAge, MaxAge)), 10)
	}
	if a.Domain != "" {
		dst = append(dst, "; Domain="...)
		dst = append(dst, a.Domain...)
	}
	dst = append(dst, "; Path="...)
	if a.Path == "" {
		dst = append(dst, '/')
	}
	dst = append(dst, a.Path...)
	if a.HTTPOnly {
		dst = append(dst, "; HttpOnly"...)
	}
	site := sameSite(a.SameSite)
	if a.Secure || a.Partitioned || site == "None" || prefixed(name, "__Secure-") || prefixed(name, "__Host-") {
		dst = append(dst, "; Secure"...)
	}
	dst = append(dst, "; SameSite="...)
	dst = append(dst, site...)
	if a.Partitioned {
		dst = append(dst, "; Partitioned"...)
	}
	return dst
}

// prefixed ignores case, as browsers do with these prefixes.
func prefixed(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

func sameSite(s string) string {
	switch {
	case s == "":
		return "Lax"
	case strings.EqualFold(s, "Lax"):
		return "Lax"
	case strings.EqualFold(s, "Strict"):
		return "Strict"
	case strings.EqualFold(s, "None"):
		return "None"
	}
	return ""
}

// token is RFC 9110, section 5.6.2.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

func domain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || c != '.' && c != '-' && (!plain(c) || strings.IndexByte("_!~*'()", c) >= 0) {
			return false
		}
	}
	return true
}

func path(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == ';' {
			return false
		}
	}
	return s == "" || s[0] == '/'
}
