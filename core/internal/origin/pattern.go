package origin

import (
	"fmt"
	"net/netip"
	"strings"
)

// never reports schemes that run, read or wrap what the page does not control; no configuration allows them.
func never(scheme string) bool {
	switch scheme {
	case "javascript", "data", "vbscript", "livescript", "mocha", "file", "blob", "about", "filesystem", "view-source",
		"jar", "mhtml", "mk", "ms-its", "res", "wyciwyg", "intent", "ws", "wss", "ftp", "mailto", "tel", "sms":
		return true
	}
	return false
}

// web is a wildcard pattern for http and https.
type web struct {
	scheme  string // a glob; empty: either
	host    string // a glob
	port    string // a glob; empty: none, or the scheme's own
	address bool   // host is digits, dots and wildcards: only IPv4 addresses match
}

// app is a pattern for a custom scheme, which needs no server to be owned: its authority is compared as it is written.
type app struct {
	scheme    string
	authority string // a glob
	path      string // a glob; empty: any
	any       bool   // whatever authority
	address   bool   // authority is digits, dots and wildcards: only IPv4 addresses match
}

// parseWeb reads a wildcard entry, with or without a scheme.
func parseWeb(entry string) (web, error) {
	var p web
	scheme, authority, ok := strings.Cut(entry, "://")
	if ok {
		p.scheme = scheme
		if !glob(scheme, "http") && !glob(scheme, "https") {
			return p, fault(entry, "no scheme but http and https may hold a wildcard")
		}
	} else {
		authority = entry
	}
	if strings.ContainsAny(authority, "/#@\\") {
		return p, fault(entry, "a path, a user or a trailing slash never matches an origin")
	}
	p.host, p.port, ok = splitHost(authority)
	if !ok || strings.Trim(p.port, "0123456789*?") != "" || strings.HasPrefix(p.host, "[") {
		return p, fault(entry, "no host with an optional port")
	}
	if p.port == "80" && p.scheme == "http" || p.port == "443" && p.scheme == "https" {
		return p, fault(entry, "a default port never matches an origin")
	}
	if strings.Trim(p.host, "*?.") == "" {
		return p, fault(entry, "trusts every site; name a domain")
	}
	if strings.Trim(p.host, "abcdefghijklmnopqrstuvwxyz0123456789-_.*?") != "" {
		return p, fault(entry, "no host name in lower-case ASCII (write international names in punycode)")
	}
	p.address = strings.Trim(p.host, "0123456789.*?") == ""
	last := p.host[strings.LastIndexByte(p.host, '.')+1:]
	if !p.address && (last == "" || strings.ContainsAny(last, "*?")) {
		return p, fault(entry, "anybody can own a name that matches its last label")
	}
	if !p.address && strings.ContainsAny(p.host, "*?") && !owned(p.host) {
		return p, fault(entry, "anybody can own a name that matches; name a whole domain after the wildcard, as *.example.com")
	}
	return p, nil
}

// owned reports whether the labels after the last wildcard of a host hold a whole domain, and not only a top-level one
// or one such as "co.uk". Below those that are reserved for private use, a single label will do: nobody can register a
// name there. The list of all public suffixes is not at hand here: its package needs net/http.
func owned(host string) bool {
	labels := strings.Split(host, ".")
	whole := 0
	for i := len(labels) - 1; i >= 0 && !strings.ContainsAny(labels[i], "*?"); i-- {
		whole++
	}
	last := labels[len(labels)-1]
	switch whole {
	case 0:
		return false
	case 1:
		return reserved(last)
	case 2:
		return len(last) != 2 || !shared(labels[len(labels)-2])
	}
	return true
}

// shared reports whether registries of countries give names to everybody below the label, as below "co" in "co.uk".
func shared(label string) bool {
	switch label {
	case "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "mil", "ne", "net", "nom", "or", "org":
		return true
	}
	return false
}

// Private reports whether no public site can have the URL: it is empty, its host is a loopback address, or its domain is
// reserved.
func Private(rawURL string) bool {
	own, ok := Of(rawURL)
	if !ok {
		return rawURL == ""
	}
	_, authority, _ := strings.Cut(own, "://")
	host, _, _ := splitHost(authority)
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback()
	}
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	if len(labels) > 1 && labels[len(labels)-2] == "example" && (last == "com" || last == "net" || last == "org") {
		return true
	}
	return reserved(last) && last != "local" && last != "internal"
}

// reserved reports whether a top-level domain is set aside for private use (RFC 6761, RFC 6762, and ICANN's "internal").
func reserved(top string) bool {
	switch top {
	case "localhost", "test", "example", "invalid", "local", "internal":
		return true
	}
	return false
}

func (p web) matches(scheme, host, port string) bool {
	if p.scheme != "" && !glob(p.scheme, scheme) {
		return false
	}
	if p.address && !numeric(host[strings.LastIndexByte(host, '.')+1:]) {
		return false
	}
	return glob(p.host, host) && (p.port == "") == (port == "") && glob(p.port, port)
}

// parseApp reads an entry with a scheme other than http and https.
func parseApp(entry, scheme, rest string) (app, error) {
	p := app{scheme: scheme}
	if scheme != strings.ToLower(scheme) {
		return p, fault(entry, "a scheme is written in lower case")
	}
	if never(scheme) {
		return p, fault(entry, "this scheme is never allowed")
	}
	if !strings.HasPrefix(rest, "/") || strings.ContainsAny(rest, "?#@") || !ascii(rest) || !plainPath(rest) {
		return p, fault(entry, "write scheme://, scheme://authority or scheme://authority/path")
	}
	p.authority, p.path = cutAuthority(rest)
	if strings.HasPrefix(p.path, "//") {
		return p, fault(entry, "write scheme://, scheme://authority or scheme://authority/path")
	}
	if p.path == "/" {
		p.path = ""
	}
	p.any = p.authority == "" && p.path == ""
	host, _, _ := splitHost(p.authority)
	p.address = strings.ContainsAny(host, "0123456789") && strings.Trim(host, "0123456789.*") == ""
	return p, nil
}

func (p app) matches(scheme, authority, path string) bool {
	if p.scheme != scheme {
		return false
	}
	if p.any {
		return true
	}
	if !glob(p.authority, authority) {
		return false
	}
	if host, _, _ := splitHost(authority); p.address {
		if _, err := netip.ParseAddr(host); err != nil {
			return false
		}
	}
	if p.path == "" {
		return true
	}
	if path == "" {
		path = "/"
	}
	if !plainPath(path) {
		return false
	}
	return glob(p.path, path) || glob(strings.TrimSuffix(p.path, "/")+"/*", path)
}

// cutAuthority splits what follows "scheme:" into authority and path, without query and fragment.
func cutAuthority(rest string) (authority, path string) {
	rest, _ = cutAny(rest, "?#")
	if !strings.HasPrefix(rest, "//") {
		return "", rest
	}
	return cutAny(rest[2:], "/")
}

// plainPath reports that no reader can take path for another one: no dot segment and no encoded slash, backslash or dot.
func plainPath(path string) bool {
	for seg := range strings.SplitSeq(path, "/") {
		if dots(seg) > 0 {
			return false
		}
	}
	lower := strings.ToLower(path)
	return !strings.Contains(lower, "%2f") && !strings.Contains(lower, "%5c") && !strings.Contains(lower, "%2e")
}

// glob matches the whole of s: * is any run of characters, dots too, ? is one character. It goes back to
// the last star only, so that no pattern makes it slow.
func glob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func fault(entry, why string) error {
	return fmt.Errorf("origin: trusted origin %q: %s", entry, why)
}
