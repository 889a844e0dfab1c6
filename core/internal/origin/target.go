package origin

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTarget is the most bytes a redirect target or an origin may have.
const MaxTarget = 8 << 10

// Allows reports whether a redirect may lead to target: a path on this origin (see Normal), an http or https URL on
// self, the serialised origin of this server, or on a trusted one, or a custom scheme that the set names. Nothing
// else does, whatever a browser would make of it; empty neither.
func (s *Set) Allows(target, self string) bool {
	if target == "" || len(target) > MaxTarget || !clean(target) {
		return false
	}
	if target[0] == '/' {
		return Normal(target)
	}
	if origin, ok := Of(target); ok {
		return origin == self || s != nil && s.trustsWeb(origin)
	}
	return s != nil && s.trustsApp(target)
}

// Normal reports whether target is a path with optional query and fragment that stays on the origin it is resolved
// against, however often: it begins with one slash, holds no backslash, control character or invalid UTF-8 anywhere,
// no encoded slash, backslash or control character in the path, and the path without its dot segments begins with one slash, too.
func Normal(target string) bool {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || !clean(target) {
		return false
	}
	path, _ := cutAny(target, "?#")
	for i := 0; i+2 < len(path); i++ {
		if path[i] == '%' && (path[i+1] < '2' || forbidden(path[i:i+3])) {
			return false // %00 to %1F as well: some servers decode before they redirect
		}
	}
	depth, empty := 0, false // of the path without its dot segments: how many segments, and whether the first is empty
	rest := path[1:]
	for more := true; more; {
		var seg string
		seg, rest, more = strings.Cut(rest, "/")
		n := dots(seg)
		if n == 2 && depth > 0 {
			depth--
		}
		if n > 0 && more {
			continue
		}
		if depth == 0 {
			empty = seg == "" || n > 0
		}
		depth++
	}
	return depth < 2 || !empty
}

// dots returns 1 for a segment that is a dot, 2 for two, in any of their spellings, else 0.
func dots(seg string) int {
	n := 0
	for seg != "" {
		switch {
		case seg[0] == '.':
			seg = seg[1:]
		case len(seg) >= 3 && strings.EqualFold(seg[:3], "%2e"):
			seg = seg[3:]
		default:
			return 0
		}
		if n++; n > 2 {
			return 0
		}
	}
	return n
}

func forbidden(escape string) bool {
	return strings.EqualFold(escape, "%2f") || strings.EqualFold(escape, "%5c") || strings.EqualFold(escape, "%7f")
}

// clean reports that s is UTF-8 without backslash and control character: browsers turn the one into a slash and drop
// the others.
func clean(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || c == '\\' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) {
			return false
		}
		i += size
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Append adds a query parameter to target, before its fragment, and leaves every other byte as it is: a target that
// was allowed stays where it was. Key and value are encoded as forms are, a space as a plus.
func Append(target, key, value string) string {
	target, fragment := cutAny(target, "#")
	sep := "?"
	if i := strings.IndexByte(target, '?'); i >= 0 {
		sep = "&"
		if last := target[len(target)-1]; last == '?' || last == '&' {
			sep = ""
		}
	}
	return target + sep + form(key) + "=" + form(value) + fragment
}

// Replace is Append after it took away the parameters called key that target already has.
func Replace(target, key, value string) string {
	rest, fragment := cutAny(target, "#")
	base, query, ok := strings.Cut(rest, "?")
	if !ok {
		return Append(target, key, value)
	}
	kept := make([]string, 0, 8)
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		if name != key && pair != "" {
			kept = append(kept, pair)
		}
	}
	if len(kept) > 0 {
		base += "?" + strings.Join(kept, "&")
	}
	return Append(base+fragment, key, value)
}

// ASCII percent-encodes what a Location header cannot hold: space and all that is not ASCII, as UTF-8.
func ASCII(target string) string {
	const hex = "0123456789ABCDEF"
	var out []byte
	for i := range len(target) {
		c := target[i]
		if c > ' ' && c < 0x7f {
			if out != nil {
				out = append(out, c)
			}
			continue
		}
		if out == nil {
			out = append(make([]byte, 0, len(target)+32), target[:i]...)
		}
		out = append(out, '%', hex[c>>4], hex[c&15])
	}
	if out == nil {
		return target
	}
	return string(out)
}

// form encodes like URLSearchParams, which differs from url.QueryEscape in two characters.
func form(s string) string {
	s = url.QueryEscape(s)
	if strings.Contains(s, "%2A") {
		s = strings.ReplaceAll(s, "%2A", "*")
	}
	if strings.Contains(s, "~") {
		s = strings.ReplaceAll(s, "~", "%7E")
	}
	return s
}
