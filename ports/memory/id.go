package memory

import (
	"cmp"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

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
		ok = kind.Valid(v.AsString())
	case v.Type() == ports.TypeList:
		for _, s := range v.AsList() {
			ok = ok && utf8.ValidString(s)
		}
	default:
		ok = utf8.ValidString(v.AsString()) && utf8.ValidString(v.AsJSON())
	}
	if !ok {
		return &ports.RefusedError{Model: m.Name, Field: m.Fields[i].Name}
	}
	return nil
}
