package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// Encode returns the values of a record as JSON, in the order of its fields.
func Encode(r ports.Record) []json.RawMessage {
	parts := make([]json.RawMessage, len(r))
	for i, v := range r {
		if v.Type() == ports.TypeJSON {
			parts[i] = ports.AppendString(nil, v.AsJSON())
			continue
		}
		parts[i] = v.AppendJSON(nil)
	}
	return parts
}

// ErrForm says that a text is no record of the model.
var ErrForm = errors.New("kernia: a session snapshot does not fit the schema")

// Decode makes a record of what Encode wrote, whose fields from own on are those called extras: whatever the model's own
// are now.
func Decode(m *ports.Model, parts []json.RawMessage, own int, extras []string) (ports.Record, error) {
	if len(parts) != own+len(extras) {
		return nil, ErrForm
	}
	r := make(ports.Record, len(m.Fields))
	for i := range m.Fields {
		f, at := &m.Fields[i], i
		if i >= own && (i-own >= len(extras) || extras[i-own] != f.Name) {
			at = own + slices.Index(extras, f.Name)
			if at < own { // a field added since the snapshot was taken
				r[i] = f.Default
				continue
			}
		}
		if err := DecodeValue(f.Type, parts[at], &r[i]); err != nil {
			return nil, ErrForm
		}
	}
	return r, nil
}

// DecodeValue reads one value of the type.
func DecodeValue(t ports.Type, raw json.RawMessage, to *ports.Value) error {
	if string(raw) == "null" {
		return nil
	}
	switch t {
	case ports.TypeString:
		if text, ok := plain(raw); ok {
			*to = ports.String(text)
			return nil
		}
		return decodeInto(raw, to, ports.String)
	case ports.TypeBool:
		return decodeInto(raw, to, ports.Bool)
	case ports.TypeInt:
		return decodeInto(raw, to, ports.Int)
	case ports.TypeTime:
		var t time.Time
		if err := t.UnmarshalJSON(raw); err != nil {
			return err
		}
		*to = ports.Time(t)
		return nil
	case ports.TypeList:
		return decodeInto(raw, to, ports.List)
	}
	return decodeInto(raw, to, ports.JSON)
}

// plain returns the text of a JSON string that is written as it is: most are, and need no decoder.
func plain(raw json.RawMessage) (string, bool) {
	if n := len(raw); n >= 2 && raw[0] == '"' && raw[n-1] == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw[1 : n-1]), true
	}
	return "", false
}

func decodeInto[T any](raw json.RawMessage, to *ports.Value, value func(T) ports.Value) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*to = value(v)
	return nil
}

// Names returns the names of fields.
func Names(fields []ports.Field) []string {
	out := make([]string, len(fields))
	for i := range fields {
		out[i] = fields[i].Name
	}
	return out
}
