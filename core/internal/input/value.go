package input

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/kernia-go/kernia/core/internal/email"
)

// Bounds of values whose tag names none.
const (
	maxText  = 64 << 10 // bytes of a string or a JSON value
	maxItems = 1000     // of a list

	unbounded = math.MaxInt // of a number
)

const invalidInput = "Invalid input"

// origin is where a field comes from.
type origin uint8

const (
	fromBody origin = iota
	fromQuery
	fromPath
)

// A field is one field of an input struct.
type field struct {
	shape
	name     string
	index    int
	from     origin
	optional bool // its type is an Optional
	absent   bool // it may be left out
	null     bool // it may be null
	coerce   bool // any text that is not empty is true
	either   bool // the query has it where the body does not
}

// kind is what a value is.
type kind uint8

const (
	text kind = iota
	boolean
	integer
	number
	raw // JSON that is kept as it came: an object, or anything where the tag says any
	list
	oneOrMany
	structure
)

// wanted names the kinds as messages do.
var wanted = [...]string{"string", "boolean", "number", "number", "object", "array", "", "object"}

// A shape is the form of one value and its checks.
type shape struct {
	kind     kind
	min, max int // characters and bytes of a string, a number's bounds, items of a list
	email    bool
	any      bool
	oneof    []string
	elem     *shape  // of a list
	object   *object // of a structure
}

// value returns where the value itself goes: inside an Optional.
func (f *field) value(dst reflect.Value) reflect.Value {
	if f.optional {
		return dst.Field(0)
	}
	return dst
}

func (f *field) given(dst reflect.Value) {
	if f.optional {
		dst.Field(1).SetBool(true)
	}
}

// decode fills the field from a member of a JSON object; nil is a member that was left out.
func (f *field) decode(m *Member, dst reflect.Value) []issue {
	switch {
	case m == nil && f.absent:
		return nil
	case m == nil:
		return under(f.name, f.mismatch("undefined"))
	case f.null && KindOf(m.Raw) == "null":
		dst.Field(2).SetBool(true)
		return nil
	}
	issues := f.shape.decode(m.Raw, f.value(dst))
	f.given(dst)
	return under(f.name, issues)
}

// decodeText fills the field from text: of a form, where text is text, or of the query, where a number is read from
// it.
func (f *field) decodeText(m *Member, dst reflect.Value) (issues []issue) {
	v := f.value(dst)
	switch {
	case f.coerce && (m != nil || !f.optional):
		v.SetBool(m != nil && (m.Many || m.Text != ""))
	case m == nil && f.absent:
		return nil
	case m == nil:
		issues = f.mismatch("undefined")
	case m.Many:
		issues = f.mismatch("array")
	case f.kind == text:
		v.SetString(m.Text)
		issues = f.shape.check(v)
	case f.from == fromQuery:
		issues = f.setNumber(numberText(m.Text), v)
	default:
		issues = f.mismatch("string")
	}
	f.given(dst)
	return under(f.name, issues)
}

// numberText returns the JSON form of a number in a query, "" for what is none.
func numberText(s string) string {
	if s == "" {
		return "0" // as JavaScript reads it
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return ""
	}
	return s
}

// mismatch says that a value of another type came.
func (s *shape) mismatch(got string) []issue {
	switch {
	case s.kind == oneOrMany:
		return []issue{{text: invalidInput}}
	case len(s.oneof) > 0:
		return []issue{{text: s.options()}}
	}
	return []issue{{text: invalidInput + ": expected " + wanted[s.kind] + ", received " + got}}
}

func (s *shape) options() string {
	if len(s.oneof) == 1 {
		return invalidInput + `: expected "` + s.oneof[0] + `"`
	}
	return `Invalid option: expected one of "` + strings.Join(s.oneof, `"|"`) + `"`
}

// decode fills v from a JSON text.
func (s *shape) decode(text json.RawMessage, v reflect.Value) []issue {
	got := KindOf(text)
	switch {
	case s.kind == oneOrMany:
		return s.decodeStrings(text, got, v)
	case s.kind == raw && s.any:
	case got != wanted[s.kind]:
		return s.mismatch(got)
	}
	switch s.kind {
	case structure:
		return s.object.decode(text, v)
	case list:
		return s.decodeList(text, v)
	case integer, number:
		return s.setNumber(string(text), v)
	}
	if json.Unmarshal(text, v.Addr().Interface()) != nil {
		return []issue{{text: invalidInput}}
	}
	return s.check(v)
}

// decodeStrings fills v from one string or a list of them. As of every union, what is wrong is not said.
func (s *shape) decodeStrings(text json.RawMessage, got string, v reflect.Value) (issues []issue) {
	switch got {
	case "string":
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		issues = s.elem.decode(text, v.Index(0))
	case "array":
		issues = s.decodeList(text, v)
	default:
		return s.mismatch(got)
	}
	if len(issues) > 0 {
		return []issue{{text: invalidInput}}
	}
	return nil
}

func (s *shape) decodeList(text json.RawMessage, v reflect.Value) (issues []issue) {
	var parts []json.RawMessage
	if json.Unmarshal(text, &parts) != nil {
		return []issue{{text: invalidInput}}
	}
	if issues = s.size(len(parts)); len(issues) > 0 {
		return issues
	}
	v.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
	for i, part := range parts {
		issues = append(issues, under(strconv.Itoa(i), s.elem.decode(part, v.Index(i)))...)
	}
	return issues
}

// setNumber reads a JSON number; "" is a text of the query that is none.
func (s *shape) setNumber(text string, v reflect.Value) []issue {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && s.kind == integer {
		v.SetInt(n)
		return s.check(v)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return s.mismatch("NaN")
	}
	if s.kind == number {
		v.SetFloat(x)
		return s.check(v)
	}
	if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
		return []issue{{text: invalidInput + ": expected int, received number"}}
	}
	v.SetInt(int64(x))
	return s.check(v)
}

// check applies the checks to the field of an input that Go code filled.
func (f *field) check(in reflect.Value) []issue {
	if f.optional {
		if in.Field(2).Bool() && !f.null {
			return under(f.name, f.mismatch("null"))
		}
		if !in.Field(1).Bool() {
			return nil
		}
	}
	return under(f.name, f.shape.check(f.value(in)))
}

// check applies the checks to a value.
func (s *shape) check(v reflect.Value) (issues []issue) {
	switch s.kind {
	case text:
		if wrong := s.checkText(v.String()); wrong != "" {
			return []issue{{text: wrong}}
		}
	case raw:
		b := bytes.TrimSpace(v.Bytes())
		if got := KindOf(b); !s.any && got != "object" {
			return s.mismatch(got)
		}
		if len(b) > s.max || HasZero(b) || !json.Valid(b) || TooDeep(b) {
			return []issue{{text: invalidInput}}
		}
	case integer:
		return s.bound(float64(v.Int()))
	case number:
		return s.bound(v.Float())
	case structure:
		return s.object.check(v)
	case list, oneOrMany:
		if issues = s.size(v.Len()); len(issues) > 0 {
			return issues
		}
		for i := range v.Len() {
			issues = append(issues, under(strconv.Itoa(i), s.elem.check(v.Index(i)))...)
		}
	}
	return issues
}

func (s *shape) checkText(v string) string {
	switch {
	case strings.Contains(v, "\x00"): // databases keep no such text
		return invalidInput
	case len(s.oneof) > 0 && !slices.Contains(s.oneof, v):
		return s.options()
	case s.email && !email.Valid(v):
		return "Invalid email address"
	case s.min > 0 && Characters(v) < s.min:
		return fmt.Sprintf("Too small: expected string to have >=%d characters", s.min)
	case len(v) > s.max:
		return fmt.Sprintf("Too big: expected string to have <=%d bytes", s.max)
	}
	return ""
}

func (s *shape) bound(x float64) []issue {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0): // from Go code: JSON has no such number
		return s.mismatch("NaN")
	case s.min != -unbounded && x < float64(s.min):
		return []issue{{text: fmt.Sprintf("Too small: expected number to be >=%d", s.min)}}
	case s.max != unbounded && x > float64(s.max):
		return []issue{{text: fmt.Sprintf("Too big: expected number to be <=%d", s.max)}}
	}
	return nil
}

func (s *shape) size(n int) []issue {
	switch {
	case n < s.min:
		return []issue{{text: fmt.Sprintf("Too small: expected array to have >=%d items", s.min)}}
	case n > s.max:
		return []issue{{text: fmt.Sprintf("Too big: expected array to have <=%d items", s.max)}}
	}
	return nil
}

// Characters counts a string as JavaScript does: in UTF-16 code units.
func Characters(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
