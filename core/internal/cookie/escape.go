package cookie

import (
	"strings"
	"unicode/utf8"
)

const hex = "0123456789ABCDEF"

// Escape percent-encodes s as encodeURIComponent does: all but letters, digits and -_.!~*'() of its UTF-8 bytes.
func Escape(s string) string {
	for i := range len(s) {
		if !plain(s[i]) {
			return string(appendEscaped(make([]byte, 0, len(s)+16), s))
		}
	}
	return s
}

// Unescape decodes the percent-encoding of s. A malformed one, or one that decodes to no UTF-8, leaves s as it is.
func Unescape(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	out := make([]byte, i, len(s))
	copy(out, s)
	for ; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return s
		}
		hi, lo := unhex(s[i+1]), unhex(s[i+2])
		if hi < 0 || lo < 0 {
			return s
		}
		out = append(out, byte(hi<<4|lo)) //nolint:gosec // two hexadecimal digits are a byte
		i += 2
	}
	if !utf8.Valid(out) {
		return s
	}
	return string(out)
}

func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if plain(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	case c == '-', c == '_', c == '.', c == '!', c == '~', c == '*', c == '\'', c == '(', c == ')':
		return true
	}
	return false
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
