package schema

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

// Encode returns a record as a JSON array in the order of its fields.
func Encode(r ports.Record) json.RawMessage {
	b := []byte{'['}
	for i, v := range r {
		if i > 0 {
			b = append(b, ',')
		}
		if v.Type() == ports.TypeJSON {
			b = ports.AppendString(b, v.AsJSON())
			continue
		}
		b = v.AppendJSON(b)
	}
	return append(b, ']')
}

// ErrForm says that a text is no record of the model.
var ErrForm = errors.New("kernia: a session snapshot does not fit the schema")

// Decode reads a record whose fields from own on are those called extras: whatever the model's own are now.
func Decode(m *ports.Model, raw json.RawMessage, own int, extras []string) (ports.Record, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != own+len(extras) {
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
		return decodeInto(raw, to, ports.String)
	case ports.TypeBool:
		return decodeInto(raw, to, ports.Bool)
	case ports.TypeInt:
		return decodeInto(raw, to, ports.Int)
	case ports.TypeTime:
		return decodeInto(raw, to, ports.Time)
	case ports.TypeList:
		return decodeInto(raw, to, ports.List)
	}
	return decodeInto(raw, to, ports.JSON)
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
