// Package output writes the JSON of answers: as encoding/json does without HTML escaping, but times everywhere in
// [ports.TimeFormat].
package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// appender is what writes its own JSON; it comes before MarshalJSON.
type appender interface{ AppendJSON(dst []byte) []byte }

// maxDepth bounds how deeply a value may nest, so that one that holds itself is an error.
const maxDepth = 1000

var (
	errDeep = errors.New("kernia: an output nests too deeply")
	errYear = errors.New("kernia: a time of an output lies outside of the years 0 to 9999")
)

// JSON returns the JSON form of v. A type decides about its own form by AppendJSON or MarshalJSON, and one that does
// by MarshalJSON about the form of its times.
func JSON(v any) ([]byte, error) { return dynamic(nil, reflect.ValueOf(v), 0) }

// An encode appends the JSON form of v, a value of its type.
type encode func(dst []byte, v reflect.Value, depth int) ([]byte, error)

// dynamic appends a value whose type is only now known.
func dynamic(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if !v.IsValid() {
		return append(dst, "null"...), nil
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	return encoderOf(v.Type())(dst, v, depth+1)
}

// standard appends what encoding/json makes of v.
func standard(dst []byte, v reflect.Value, _ int) ([]byte, error) {
	if v.CanAddr() {
		v = v.Addr() // methods of the pointer count, as in encoding/json
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Interface()); err != nil {
		return nil, err
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...), nil
}

func appendTime(dst []byte, v reflect.Value, _ int) ([]byte, error) {
	t, _ := v.Interface().(time.Time)
	text, err := timeText(t)
	return append(append(append(dst, '"'), text...), '"'), err
}

func timeText(t time.Time) (string, error) {
	t = t.UTC()
	if year := t.Year(); year < 0 || year > 9999 {
		return "", errYear
	}
	return t.Format(ports.TimeFormat), nil
}

// appended appends a value that writes itself, by a method of the type or of its pointer.
func appended(dst []byte, v reflect.Value, _ int) ([]byte, error) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return append(dst, "null"...), nil
	}
	if a, ok := v.Interface().(appender); ok {
		return a.AppendJSON(dst), nil
	}
	p := v
	if v.CanAddr() {
		p = v.Addr()
	} else {
		p = reflect.New(v.Type())
		p.Elem().Set(v)
	}
	a, _ := p.Interface().(appender)
	return a.AppendJSON(dst), nil
}

func appendPointer(elem encode) encode {
	return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if depth > maxDepth {
			return nil, errDeep
		}
		return elem(dst, v.Elem(), depth+1)
	}
}

func appendInterface(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	return dynamic(dst, v.Elem(), depth)
}

// appendList appends slices and arrays.
func appendList(elem encode) encode {
	return func(dst []byte, v reflect.Value, depth int) (_ []byte, err error) {
		if v.Kind() == reflect.Slice && v.IsNil() {
			return append(dst, "null"...), nil
		}
		if depth > maxDepth {
			return nil, errDeep
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = elem(dst, v.Index(i), depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}
}

func unsupported(t reflect.Type) encode {
	return func([]byte, reflect.Value, int) ([]byte, error) {
		return nil, fmt.Errorf("kernia: an output holds %s, which has no JSON form", t)
	}
}
