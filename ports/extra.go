package ports

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"time"
)

// TimeFormat is how times are written in JSON: exactly three fractional digits, always UTC. The official
// JavaScript client reads more or fewer digits wrongly.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// An ExtraField describes one added field of a user or a session.
type ExtraField struct {
	Name   string
	Hidden bool // never part of JSON
}

// Extra holds the values of the fields that were added to a user or session, and is embedded in both. It copies on
// write, so that a change to a copied user does not change the original. The zero Extra has no fields. Read and write
// the values by the core's Field, or by name here.
type Extra struct {
	fields []ExtraField
	values []Value
}

// NewExtra returns an Extra with the fields and, in the same order, their values. It copies values, which may be longer
// than needed.
func NewExtra(fields []ExtraField, values []Value) Extra {
	if len(fields) == 0 {
		return Extra{}
	}
	return Extra{fields: fields, values: slices.Clone(values[:len(fields)])}
}

// Lookup returns the value of the named field; ok is false if there is no such field.
func (e Extra) Lookup(name string) (v Value, ok bool) {
	for i := range e.fields {
		if e.fields[i].Name == name {
			return e.values[i], true
		}
	}
	return Value{}, false
}

// Put sets the value of the named field, and reports whether there is such a field.
func (e *Extra) Put(name string, v Value) bool {
	for i := range e.fields {
		if e.fields[i].Name == name {
			e.values = slices.Clone(e.values)
			e.values[i] = v
			return true
		}
	}
	return false
}

// Shown yields the names and values of the fields that are not hidden, in their order.
func (e Extra) Shown() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i, f := range e.fields {
			if !f.Hidden && !yield(f.Name, e.values[i]) {
				return
			}
		}
	}
}

// Values returns the values in the order of their fields. The caller must not change them.
func (e Extra) Values() []Value { return e.values }

// MarshalJSON returns the user's JSON as clients get it: with the added fields, without the hidden ones.
func (u User) MarshalJSON() ([]byte, error) { return u.AppendJSON(nil), nil }

// AppendJSON appends the JSON form of the user to dst.
func (u *User) AppendJSON(dst []byte) []byte {
	dst = appendMember(append(dst, '{'), "name", u.Name)
	dst = appendMember(append(dst, ','), "email", u.Email)
	dst = append(dst, `,"emailVerified":`...)
	dst = appendBool(dst, u.EmailVerified)
	dst = append(dst, `,"image":`...)
	if u.Image == nil {
		dst = append(dst, "null"...)
	} else {
		dst = AppendString(dst, *u.Image)
	}
	dst = appendTime(append(dst, `,"createdAt":`...), u.CreatedAt)
	dst = appendTime(append(dst, `,"updatedAt":`...), u.UpdatedAt)
	dst = u.appendJSON(dst)
	return append(appendMember(append(dst, ','), "id", u.ID), '}')
}

// MarshalJSON returns the session's JSON as clients get it: with the added fields, without the hidden ones.
func (s Session) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil), nil }

// AppendJSON appends the JSON form of the session to dst.
func (s *Session) AppendJSON(dst []byte) []byte {
	dst = appendTime(append(dst, `{"expiresAt":`...), s.ExpiresAt)
	dst = appendMember(append(dst, ','), "token", s.Token)
	dst = appendTime(append(dst, `,"createdAt":`...), s.CreatedAt)
	dst = appendTime(append(dst, `,"updatedAt":`...), s.UpdatedAt)
	dst = appendMember(append(dst, ','), "ipAddress", s.IPAddress)
	dst = appendMember(append(dst, ','), "userAgent", s.UserAgent)
	dst = appendMember(append(dst, ','), "userId", s.UserID)
	dst = s.appendJSON(dst)
	return append(appendMember(append(dst, ','), "id", s.ID), '}')
}

func (e Extra) appendJSON(dst []byte) []byte {
	for i, f := range e.fields {
		if f.Hidden {
			continue
		}
		dst = append(AppendString(append(dst, ','), f.Name), ':')
		dst = e.values[i].AppendJSON(dst)
	}
	return dst
}

// AppendJSON appends the JSON form of the value to dst: times in [TimeFormat], null for null.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case TypeString:
		return AppendString(dst, v.str)
	case TypeBool:
		return appendBool(dst, v.num != 0)
	case TypeInt:
		b, _ := json.Marshal(v.num)
		return append(dst, b...)
	case TypeTime:
		return appendTime(dst, v.AsTime())
	case TypeJSON:
		return append(dst, v.str...)
	case TypeList:
		dst = append(dst, '[')
		for i, s := range *v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendString(dst, s)
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

// AppendString appends s to dst as a JSON string. Like JavaScript, it escapes only what JSON requires.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x80 {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(s) // a string always encodes
			return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendMember(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, '"'), name...), '"', ':')
	return AppendString(dst, value)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

func appendTime(dst []byte, t time.Time) []byte {
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, TimeFormat)
	return append(dst, '"')
}
