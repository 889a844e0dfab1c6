package kernia

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// FieldType lists what an added field can hold. A pointer may be null.
type FieldType interface {
	string | bool | int64 | time.Time | json.RawMessage | []string |
		*string | *bool | *int64 | *time.Time | *json.RawMessage | *[]string
}

// A Field adds a column to users or sessions: list it in Config.UserFields or Config.SessionFields, or let a
// feature declare it, and read and write it with Of and Set. The zero value of each option is the safe one:
// clients cannot write the field, JSON shows it, it may be null, it has no default and is not unique.
type Field[T FieldType] struct {
	Name     string      // as JSON and the store name it
	Column   string      // the column; "" means Name
	Input    bool        // clients may set it at sign-up and by update-user or update-session
	Hidden   bool        // never part of JSON
	Required bool        // a new user is not made without it; the column cannot be null
	Unique   bool        // no two users (or sessions) have the same value
	Default  Optional[T] // what a new record gets when nothing else was given
	Taken    *Error      // answers where another record has the value of a Unique field; nil means ErrFieldTaken

	// DefaultFunc makes the default of each new record, in place of Default: from the request, say, which
	// [CallFrom] finds in ctx.
	DefaultFunc func(ctx context.Context) T
}

// An Extra is a [Field] of any type.
type Extra interface{ extra() extraField }

// extraField is a Field without its type parameter.
type extraField struct {
	name, column                    string
	input, hidden, required, unique bool
	kind                            ports.Type
	fallback                        ports.Value // null: none
	makes                           func(ctx context.Context) ports.Value
	taken                           *Error
}

// hasDefault reports whether a new record has a value without being given one.
func (e extraField) hasDefault() bool { return e.makes != nil || !e.fallback.IsNull() }

// initial returns the value of the field in a new record.
func (e extraField) initial(ctx context.Context) ports.Value {
	if e.makes != nil {
		return e.makes(ctx)
	}
	return e.fallback
}

func (f Field[T]) extra() extraField {
	var zero T
	e := extraField{name: f.Name, column: f.Column, input: f.Input, hidden: f.Hidden, required: f.Required, unique: f.Unique, kind: typeOf(zero), taken: f.Taken}
	if f.DefaultFunc != nil {
		e.makes = func(ctx context.Context) ports.Value { return toValue(f.DefaultFunc(ctx)) }
	}
	if f.Default.Set {
		e.fallback = toValue(f.Default.Value)
	}
	return e
}

// Of returns the field's value in a user or session: the zero T where it is null or the record lacks the field.
func (f Field[T]) Of(r interface {
	Lookup(name string) (ports.Value, bool)
},
) T {
	v, _ := r.Lookup(f.Name)
	var out T
	fromValue(v, &out)
	return out
}

// Set changes the field's value in a user, a session or a [Patch], and reports whether it has the field. It
// changes the copy at hand: only creating or updating the record stores it.
func (f Field[T]) Set(r interface {
	Put(name string, v ports.Value) bool
}, value T,
) bool {
	return r.Put(f.Name, toValue(value))
}

// Optional is a value that may be absent: the difference between a member that was left out, one that was null
// and one that has a value. The zero Optional is absent.
type Optional[T any] struct {
	Value T
	Set   bool // a value was given
	Null  bool // null was given
}

// Some returns an Optional that has a value.
func Some[T any](v T) Optional[T] { return Optional[T]{Value: v, Set: true} }

// Or returns the value, or fallback where there is none.
func (o Optional[T]) Or(fallback T) T {
	if o.Set {
		return o.Value
	}
	return fallback
}

func typeOf(zero any) ports.Type {
	switch zero.(type) {
	case string, *string:
		return ports.TypeString
	case bool, *bool:
		return ports.TypeBool
	case int64, *int64:
		return ports.TypeInt
	case time.Time, *time.Time:
		return ports.TypeTime
	case json.RawMessage, *json.RawMessage:
		return ports.TypeJSON
	case []string, *[]string:
		return ports.TypeList
	}
	return ports.TypeNull
}

func toValue(v any) ports.Value {
	switch v := v.(type) {
	case string:
		return ports.String(v)
	case bool:
		return ports.Bool(v)
	case int64:
		return ports.Int(v)
	case time.Time:
		return ports.Time(v)
	case json.RawMessage:
		if v == nil {
			return ports.Value{}
		}
		return ports.JSON(string(v))
	case []string:
		return ports.List(v)
	case *string:
		return fromPointer(v)
	case *bool:
		return fromPointer(v)
	case *int64:
		return fromPointer(v)
	case *time.Time:
		return fromPointer(v)
	case *json.RawMessage:
		return fromPointer(v)
	case *[]string:
		return fromPointer(v)
	}
	return ports.Value{}
}

func fromPointer[T any](p *T) ports.Value {
	if p == nil {
		return ports.Value{}
	}
	return toValue(*p)
}

func fromValue(v ports.Value, out any) {
	switch out := out.(type) {
	case *string:
		*out = v.AsString()
	case *bool:
		*out = v.AsBool()
	case *int64:
		*out = v.AsInt()
	case *time.Time:
		*out = v.AsTime()
	case *json.RawMessage:
		if !v.IsNull() {
			*out = json.RawMessage(v.AsJSON())
		}
	case *[]string:
		*out = v.AsList()
	case **string:
		toPointer(v, out)
	case **bool:
		toPointer(v, out)
	case **int64:
		toPointer(v, out)
	case **time.Time:
		toPointer(v, out)
	case **json.RawMessage:
		toPointer(v, out)
	case **[]string:
		toPointer(v, out)
	}
}

func toPointer[T any](v ports.Value, out **T) {
	if v.IsNull() {
		*out = nil
		return
	}
	*out = new(T)
	fromValue(v, *out)
}
