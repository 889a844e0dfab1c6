package ports

import (
	"slices"
	"strconv"
	"time"
)

// Type says what a field holds, or what one [Value] carries. The zero Type is [TypeNull].
type Type uint8

// The types of values.
const (
	TypeNull   Type = iota // no value; never the type of a field
	TypeString             // UTF-8 text
	TypeBool               // true or false
	TypeInt                // a signed 64-bit integer
	TypeTime               // an instant in UTC, in whole milliseconds
	TypeJSON               // one JSON text
	TypeList               // a list of strings
)

var typeNames = [...]string{"null", "string", "bool", "int", "time", "json", "list"}

// String returns the lower-case name of the type.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

// A Value is one immutable field value: null, or of one of the six types. The zero Value is null. A Value copies what it
// is made from and returns copies, so a store and its caller never share memory. Compare two Values with [Value.Equal].
type Value struct {
	_    [0]func() // not comparable with ==: lists would compare by address
	kind Type
	num  int64
	str  string
	list *[]string
}

// String returns a string value.
func String(s string) Value { return Value{kind: TypeString, str: s} }

// Bool returns a boolean value.
func Bool(b bool) Value {
	v := Value{kind: TypeBool}
	if b {
		v.num = 1
	}
	return v
}

// Int returns an integer value.
func Int(n int64) Value { return Value{kind: TypeInt, num: n} }

// Time returns a time value: t in UTC, truncated to milliseconds.
func Time(t time.Time) Value { return Value{kind: TypeTime, num: t.UnixMilli()} }

// JSON returns a value with the JSON text raw, which must be valid. A store keeps its meaning, but perhaps not its spacing
// or the order of its members.
func JSON(raw string) Value { return Value{kind: TypeJSON, str: raw} }

// List returns a value with a copy of list. A nil list is the empty list, not null.
func List(list []string) Value {
	c := slices.Clone(list)
	if c == nil {
		c = []string{}
	}
	return Value{kind: TypeList, list: &c}
}

// Nullable returns null if s is empty, and String(s) otherwise.
func Nullable(s string) Value {
	if s == "" {
		return Value{}
	}
	return String(s)
}

// NullableTime returns null if t is zero, and Time(t) otherwise.
func NullableTime(t time.Time) Value {
	if t.IsZero() {
		return Value{}
	}
	return Time(t)
}

// Type returns the type of the value: TypeNull for null.
func (v Value) Type() Type { return v.kind }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.kind == TypeNull }

// AsString returns the text of a string value, and "" for any other value.
func (v Value) AsString() string {
	if v.kind == TypeString {
		return v.str
	}
	return ""
}

// AsBool returns a boolean value, and false for any other value.
func (v Value) AsBool() bool { return v.kind == TypeBool && v.num != 0 }

// AsInt returns an integer value, and 0 for any other value.
func (v Value) AsInt() int64 {
	if v.kind == TypeInt {
		return v.num
	}
	return 0
}

// AsTime returns a time value in UTC, and the zero time for any other value.
func (v Value) AsTime() time.Time {
	if v.kind == TypeTime {
		return time.UnixMilli(v.num).UTC()
	}
	return time.Time{}
}

// AsJSON returns the text of a JSON value, and "" for any other value.
func (v Value) AsJSON() string {
	if v.kind == TypeJSON {
		return v.str
	}
	return ""
}

// AsList returns a copy of a list value, and nil for any other value.
func (v Value) AsList() []string {
	if v.kind == TypeList {
		return slices.Clone(*v.list)
	}
	return nil
}

// Equal reports whether v and w have the same type and content. JSON texts are compared as text.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.num != w.num || v.str != w.str {
		return false
	}
	return v.kind != TypeList || slices.Equal(*v.list, *w.list)
}

// Compare orders two values of one type: strings by bytes, false before true, numbers and times by size. Null comes first.
// JSON texts and lists have no order and compare as equal.
func (v Value) Compare(w Value) int {
	if v.kind != w.kind {
		return int(v.kind) - int(w.kind)
	}
	switch v.kind {
	case TypeString:
		switch {
		case v.str < w.str:
			return -1
		case v.str > w.str:
			return 1
		}
	case TypeBool, TypeInt, TypeTime:
		switch {
		case v.num < w.num:
			return -1
		case v.num > w.num:
			return 1
		}
	}
	return 0
}

// A Record is one row: the values of its model's fields, in the order of [Model.Fields]. If a query follows a reference,
// the values of the target's fields come after them. A caller may change a Record that a store returned; a store keeps
// no Record that it was given.
type Record []Value
