package schema_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"
	"github.com/kernia-go/kernia/ports"
)

// TestDecodeReadsWhatEncodeWrote: every type, and texts that JSON writes in another form than their own.
func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	for _, text := range []string{"", "Ann", `a"b\c`, "line\nbreak", "\x00\u2028", "é 🔑 \ufffd", `null`, `"`} {
		r := ports.Record{
			ports.String(text), ports.Bool(true), ports.Int(-7), ports.Time(time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)),
			ports.JSON(`{"a":"` + "x" + `"}`), ports.List([]string{text, "b"}), {},
		}
		m := &ports.Model{}
		for _, v := range r {
			m.Fields = append(m.Fields, ports.Field{Type: v.Type()})
		}
		got, err := schema.Decode(m, through(t, schema.Encode(r)), len(r), nil)
		if err != nil || !slices.EqualFunc(got, r, ports.Value.Equal) {
			t.Errorf("Decode of %q = %v, %v, want %v", text, got, err, r)
		}
	}
}

// TestDecodeRefusesOtherTypes: a text where a number was is an error, and not zero.
func TestDecodeRefusesOtherTypes(t *testing.T) {
	for what, raw := range map[ports.Type]string{
		ports.TypeString: `7`, ports.TypeBool: `"true"`, ports.TypeInt: `"7"`, ports.TypeTime: `"yesterday"`, ports.TypeList: `"a"`, ports.TypeJSON: `{}`,
	} {
		m := &ports.Model{Fields: []ports.Field{{Type: what}}}
		if got, err := schema.Decode(m, []json.RawMessage{json.RawMessage(raw)}, 1, nil); err == nil {
			t.Errorf("Decode of %s = %v, want an error", raw, got)
		}
	}
}

// through returns what is read of parts that were written as one JSON text.
func through(tb testing.TB, parts []json.RawMessage) (read []json.RawMessage) {
	tb.Helper()
	text, err := json.Marshal(parts)
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return read
}

// BenchmarkDecode reads the record of a user: plain is a common one, escaped has texts that need a decoder.
func BenchmarkDecode(b *testing.B) {
	s, err := schema.New(ports.IDText, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"plain": "Ann", "escaped": `A"nn`} {
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		u := ports.User{ID: "QwE1", Name: text, Email: "ann@example.com", Image: &text, CreatedAt: now, UpdatedAt: now}
		parts := through(b, schema.Encode(s.UserRecord(&u)))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := schema.Decode(s.User, parts, schema.UserFields, nil)
				if err != nil || s.UserOf(r).Name != text {
					b.Fatal(r, err)
				}
			}
		})
	}
}
