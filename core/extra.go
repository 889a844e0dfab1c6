package kernia

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/input"
	"github.com/kernia-go/kernia/ports"
)

// fieldError answers a client that sets a field it may not, or leaves out one it must give. Names of declared fields
// are no secret; nothing else of the input is repeated.
func fieldError(code, name, text string) *Error {
	return &Error{Kind: Invalid, Code: code, Message: name + text}
}

// SetFields fills the added fields of a new user from what a client sent: MISSING_FIELD for a required one that is
// missing, FIELD_NOT_ALLOWED for one that clients may not set and that has no default, VALIDATION_ERROR for a value
// of another type. FieldValues that are no added field are ignored.
func (users Users) SetFields(u *User, m FieldValues) error {
	for i, e := range users.auth.userExtras {
		given, issue := e.among(m)
		switch {
		case issue != nil:
			return issue
		case given != nil && e.input:
			v, issue := e.parse(given, m.form)
			if issue != nil {
				return issue
			}
			u.Put(e.name, v)
		case given != nil && !e.hasDefault():
			return fieldError("FIELD_NOT_ALLOWED", e.name, " is not allowed to be set")
		case given == nil && e.required && u.Values()[i].IsNull():
			return fieldError("MISSING_FIELD", e.name, " is required")
		}
	}
	return nil
}

// patchFields adds to change what a client sent for the added fields of a record that exists.
func patchFields(change *Patch, extras []extraField, m FieldValues) error {
	for _, e := range extras {
		given, issue := e.among(m)
		if issue != nil {
			return issue
		}
		if given == nil {
			continue
		}
		if !e.input {
			return fieldError("FIELD_NOT_ALLOWED", e.name, " is not allowed to be set")
		}
		v, issue := e.parse(given, m.form)
		if issue != nil {
			return issue
		}
		change.Put(e.name, v)
	}
	return nil
}

// among returns the member that gives the field, in either spelling, or nil; both are refused.
func (e extraField) among(m FieldValues) (*input.Member, error) {
	given, other := input.Find(m.list, e.name), (*input.Member)(nil)
	if snake := input.Snake(e.name); snake != e.name {
		other = input.Find(m.list, snake)
	}
	switch {
	case given == nil:
		return other, nil
	case other != nil:
		return nil, errDuplicate
	}
	return given, nil
}

// maxField bounds the value of one added field, in bytes.
const maxField = 64 << 10

// parse reads a member as the field's type.
func (e extraField) parse(m *input.Member, form bool) (ports.Value, error) {
	raw := m.Raw
	if form {
		raw = []byte(strings.TrimSpace(m.Text))
		if e.kind == ports.TypeString || e.kind == ports.TypeTime {
			raw, _ = json.Marshal(m.Text)
		} else if input.TooDeep(raw) || !json.Valid(raw) {
			return ports.Value{}, e.wrong(e.kind.String())
		}
	}
	if len(raw) > maxField {
		return ports.Value{}, e.wrong("a shorter value")
	}
	if input.HasZero(raw) { // databases keep no such text
		return ports.Value{}, e.wrong("text without a zero character")
	}
	if input.KindOf(raw) == "null" {
		if e.required {
			return ports.Value{}, e.wrong(e.kind.String())
		}
		return ports.Value{}, nil
	}
	switch e.kind {
	case ports.TypeString:
		return parseAs(raw, e, "string", ports.String)
	case ports.TypeBool:
		return parseAs(raw, e, "boolean", ports.Bool)
	case ports.TypeInt:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return ports.Value{}, e.wrong("int")
		}
		return ports.Int(n), nil
	case ports.TypeList:
		return parseList(raw, e)
	case ports.TypeTime:
		t, ok := parseTime(raw)
		if !ok {
			return ports.Value{}, e.wrong("date")
		}
		return ports.Time(t), nil
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return ports.Value{}, e.wrong("JSON")
	}
	return ports.JSON(compact.String()), nil
}

// timeForms are the forms of dates that JavaScript writes and reads; without a zone they are in UTC.
var timeForms = [...]string{time.RFC3339, "2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04"}

func parseTime(raw []byte) (time.Time, bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return time.Time{}, false
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			year := t.UTC().Year()
			return t, year >= 0 && year <= 9999
		}
	}
	return time.Time{}, false
}

func parseList(raw []byte, e extraField) (ports.Value, error) {
	var parts []*string // a null among them is no string
	if json.Unmarshal(raw, &parts) != nil || slices.Contains(parts, nil) {
		return ports.Value{}, e.wrong("array of strings")
	}
	list := make([]string, len(parts))
	for i, p := range parts {
		list[i] = *p
	}
	return ports.List(list), nil
}

func parseAs[T any](raw []byte, e extraField, want string, value func(T) ports.Value) (ports.Value, error) {
	var v T
	if json.Unmarshal(raw, &v) != nil {
		return ports.Value{}, e.wrong(want)
	}
	return value(v), nil
}

func (e extraField) wrong(want string) error {
	return &Error{Kind: Invalid, Code: ErrValidation.Code, Message: "[body." + e.name + "] Invalid input: expected " + want}
}
