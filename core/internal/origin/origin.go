package origin

import (
	"net/netip"
	"strconv"
	"strings"
)

// Of returns the serialised origin of an absolute http or https URL: scheme and host in lower case, a port only when
// it is not the scheme's own, no user. Other schemes have no origin. It refuses what a browser would have to repair:
// anything but "://" after the scheme, a backslash or control character anywhere, a host that is no plain
// ASCII name, canonical IPv4 or bracketed IPv6 address.
func Of(rawURL string) (origin string, ok bool) {
	scheme, rest, ok := cutScheme(rawURL)
	if !ok || !strings.HasPrefix(rest, "//") || !clean(rawURL) {
		return "", false
	}
	scheme = strings.ToLower(scheme)
	if scheme != "http" && scheme != "https" {
		return "", false
	}
	authority, _ := cutAny(rest[2:], "/?#")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	host, port, ok := splitHost(authority)
	if !ok {
		return "", false
	}
	if host, ok = hostName(host); !ok {
		return "", false
	}
	if port, ok = portOf(scheme, port); !ok {
		return "", false
	}
	if port != "" {
		host += ":" + port
	}
	return scheme + "://" + host, true
}

// cutScheme splits s after a scheme of RFC 3986, without the colon.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return s[:i], s[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// cutAny splits s before the first of chars.
func cutAny(s, chars string) (before, after string) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// splitHost parts host and port; only the colon outside brackets does.
func splitHost(authority string) (host, port string, ok bool) {
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end < 0 {
			return "", "", false
		}
		host, port = authority[:end+1], authority[end+1:]
		if port != "" && port[0] != ':' {
			return "", "", false
		}
		return host, strings.TrimPrefix(port, ":"), true
	}
	host, port, _ = strings.Cut(authority, ":")
	return host, port, true
}

// hostName returns host in its one spelling.
func hostName(host string) (string, bool) {
	if strings.HasPrefix(host, "[") {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", false
		}
		return "[" + addr.String() + "]", true
	}
	host = strings.ToLower(host)
	if len(host) > 253 {
		return "", false
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || !ldh(label) {
			return "", false // a trailing dot too: the same name in a second spelling
		}
		last = label
	}
	if numeric(last) {
		// Browsers read 0x7f.1, 127.1 and 2130706433 as addresses; only the canonical form passes here.
		addr, err := netip.ParseAddr(host)
		if err != nil || !addr.Is4() {
			return "", false
		}
	}
	return host, true
}

// ldh allows the underscore, which browsers allow and some internal names hold.
func ldh(label string) bool {
	for i := range len(label) {
		c := label[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// numeric is the URL standard's "ends in a number" for one label.
func numeric(label string) bool {
	digits := strings.TrimPrefix(label, "0x")
	set := "0123456789"
	if digits != label {
		set += "abcdef"
	}
	return strings.Trim(digits, set) == ""
}

func portOf(scheme, port string) (string, bool) {
	if port == "" {
		return "", true
	}
	if strings.Trim(port, "0123456789") != "" {
		return "", false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", false
	}
	if scheme == "http" && n == 80 || scheme == "https" && n == 443 {
		return "", true
	}
	return strconv.FormatUint(n, 10), true
}
