package memory

import (
	"cmp"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// validID reports whether s is the one spelling of an id of this kind.
func validID(kind ports.IDKind, s string) bool {
	switch kind {
	case ports.IDUUID:
		if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return false
		}
		return isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
	case ports.IDSerial:
		n, err := strconv.ParseInt(s, 10, 64)
		return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
	case ports.IDObjectID:
		return len(s) == 24 && isHex(s)
	}
	return utf8.ValidString(s)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// makeID returns the nth id of a table.
func makeID(kind ports.IDKind, n int64) string {
	if kind == ports.IDObjectID {
		return fmt.Sprintf("%024x", n)
	}
	return strconv.FormatInt(n, 10)
}

// compareIDs orders serial ids by size and all others by bytes.
func compareIDs(kind ports.IDKind, a, b string) int {
	if kind == ports.IDSerial && len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return cmp.Compare(a, b)
}

// checkValue returns an error wrapping ErrInvalid where field i of m cannot hold v for a reason that the checks of
// ports leave to the store: text that is not UTF-8, or an id in another form.
func checkValue(m *ports.Model, i int, v ports.Value) error {
	kind, isID := m.IDKind(i)
	ok := true
	switch {
	case v.IsNull():
	case isID:
		ok = validID(kind, v.AsString())
	case v.Type() == ports.TypeList:
		for _, s := range v.AsList() {
			ok = ok && utf8.ValidString(s)
		}
	default:
		ok = utf8.ValidString(v.AsString()) && utf8.ValidString(v.AsJSON())
	}
	if !ok {
		return fmt.Errorf("%w: %q.%q cannot hold such text", ports.ErrInvalid, m.Name, m.Fields[i].Name)
	}
	return nil
}
