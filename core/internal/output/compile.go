package output

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
	"time"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	appenderType = reflect.TypeFor[appender]()
	jsonType     = reflect.TypeFor[json.Marshaler]()
	textType     = reflect.TypeFor[encoding.TextMarshaler]()
)

var encoders sync.Map // of reflect.Type to encode

// encoderOf returns the encoder of a type, compiled at first use.
func encoderOf(t reflect.Type) encode {
	if e, ok := encoders.Load(t); ok {
		return e.(encode)
	}
	e := (&compiler{made: map[reflect.Type]*encode{}}).of(t)
	encoders.Store(t, e)
	return e
}

// A compiler makes the encoders of one type and of what it holds.
type compiler struct {
	made map[reflect.Type]*encode // the inner ones may still be nil: a type can hold itself
	all  bool                     // leave no struct, list or map to encoding/json: for the comparison with it
}

func (c *compiler) of(t reflect.Type) encode {
	if made := c.made[t]; made != nil {
		return func(dst []byte, v reflect.Value, depth int) ([]byte, error) { return (*made)(dst, v, depth) }
	}
	var e encode
	c.made[t] = &e
	e = c.make(t)
	return e
}

func (c *compiler) make(t reflect.Type) encode {
	switch {
	case t == timeType:
		return appendTime
	case t.Kind() == reflect.Interface:
		return appendInterface
	case appends(t):
		return appended
	case marshals(t) && (t.Kind() != reflect.Pointer || own(t)), !c.all && plain(t, map[reflect.Type]bool{}):
		return standard
	}
	switch t.Kind() {
	case reflect.Pointer:
		return appendPointer(c.of(t.Elem()))
	case reflect.Struct:
		return c.structure(t)
	case reflect.Map:
		return c.mapping(t)
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return standard // base64
		}
		return appendList(c.of(t.Elem()))
	}
	return standard
}

// appends reports whether values of t write themselves, by a method of the type or of its pointer.
func appends(t reflect.Type) bool {
	return t.Implements(appenderType) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(appenderType)
}

// marshals reports whether encoding/json asks the value, or its pointer where it has one, for its form.
func marshals(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t.Implements(jsonType) || t.Implements(textType) || p.Implements(jsonType) || p.Implements(textType)
}

// own reports whether the methods of the pointer type t are not those of its element.
func own(t reflect.Type) bool {
	elem := t.Elem()
	return elem != timeType && !elem.Implements(jsonType) && !elem.Implements(textType)
}

// plain reports whether no value of t can hold a time, or something that writes itself: encoding/json is right for
// it, and faster. seen holds the types on the way, which may hold themselves.
func plain(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return true
	}
	seen[t] = true
	if t == timeType || t.Kind() == reflect.Interface || appends(t) {
		return false
	}
	if marshals(t) && (t.Kind() != reflect.Pointer || own(t)) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return plain(t.Elem(), seen)
	case reflect.Map:
		return t.Key() != timeType && plain(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if !plain(f.Type, seen) {
				return false
			}
		}
	}
	return true
}
