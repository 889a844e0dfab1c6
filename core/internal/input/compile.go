package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// maxNested bounds how deeply the structs of an input nest, which a struct that holds itself would not.
const maxNested = 8

type compiler struct {
	types Types
	rest  int
}

func (c *compiler) object(t reflect.Type, depth int) (*object, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("input %s is no struct", t)
	}
	if depth > maxNested {
		return nil, fmt.Errorf("input %s nests too deeply", t)
	}
	o := &object{}
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Name == "_" {
			if o.strict = sf.Tag.Get("in") == "strict"; !o.strict {
				return nil, fmt.Errorf("the blank field of input %s has another tag than in:\"strict\"", t)
			}
			continue
		}
		if sf.Tag.Get("json") == "-" && sf.IsExported() { // for calls from Go alone
			continue
		}
		if sf.Type == c.types.Rest {
			if depth > 0 || c.rest >= 0 {
				return nil, fmt.Errorf("field %s of input %s: further members are taken once, at the top", sf.Name, t)
			}
			c.rest = i
			continue
		}
		f, err := c.field(sf, depth)
		if err != nil {
			return nil, fmt.Errorf("field %s of input %s: %w", sf.Name, t, err)
		}
		f.index = i
		o.fields = append(o.fields, f)
	}
	return o, nil
}

var errType = errors.New("has a type that inputs cannot have")

func (c *compiler) field(sf reflect.StructField, depth int) (field, error) {
	f := field{name: sf.Tag.Get("json")}
	if f.name == "" || f.name == "-" || strings.Contains(f.name, ",") || !sf.IsExported() {
		return f, errors.New("needs a json tag that is a plain name")
	}
	w, err := wordsOf(sf.Tag.Get("in"))
	if err != nil {
		return f, err
	}
	t := sf.Type
	if f.optional = c.types.Optional(t); f.optional {
		t = t.Field(0).Type
	}
	if f.shape, err = c.shape(t, w, depth); err != nil {
		return f, err
	}
	f.from, f.null, f.coerce, f.either = w.from, w.null, w.coerce, w.either
	f.absent = f.optional || f.coerce
	return f, f.fits(t, depth)
}

// fits refuses what a tag says and the type of the field cannot do.
func (f *field) fits(t reflect.Type, depth int) error {
	simple := f.kind == text || f.kind == integer || f.kind == number || f.kind == boolean && f.coerce
	switch {
	case f.from != fromBody && depth > 0:
		return errors.New("a nested struct comes from the body alone")
	case f.from == fromPath && (f.kind != text || f.optional):
		return errors.New("a path parameter is a string")
	case f.from == fromQuery && !simple:
		return fmt.Errorf("a query holds strings, numbers and, with the word coerce, booleans, not %s", t)
	case f.coerce && (f.kind != boolean || f.from != fromQuery):
		return errors.New("the word coerce is for booleans of the query")
	case f.either && (f.kind != text || !f.optional || f.from != fromBody || depth > 0):
		return errors.New("the word either is for an Optional string of the body")
	case f.null && !f.optional:
		return errors.New("the word null is for an Optional")
	}
	return nil
}

// words are what the tag of one field says.
type words struct {
	from                     origin
	coerce, email, null, any bool
	either                   bool
	oneof                    []string
	min, max                 *int
}

func wordsOf(tag string) (w words, err error) {
	for word := range strings.SplitSeq(tag, ",") {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "":
		case "query":
			w.from = fromQuery
		case "path":
			w.from = fromPath
		case "either":
			w.either = true
		case "coerce":
			w.coerce = true
		case "email":
			w.email = true
		case "null":
			w.null = true
		case "any":
			w.any = true
		case "oneof":
			w.oneof = strings.Split(value, "|")
		case "min":
			w.min, err = numberOf(value)
		case "max":
			w.max, err = numberOf(value)
		default:
			return w, fmt.Errorf("unknown word %q in its tag", word)
		}
		if err != nil {
			return w, fmt.Errorf("%q in its tag is no number", word)
		}
	}
	return w, nil
}

func numberOf(s string) (*int, error) {
	n, err := strconv.Atoi(s)
	return &n, err
}

func (c *compiler) shape(t reflect.Type, w words, depth int) (s shape, err error) {
	s = shape{max: unbounded, email: w.email, oneof: w.oneof, any: w.any}
	switch {
	case t == reflect.TypeFor[string]():
		s.kind, s.max = text, maxText
	case t == reflect.TypeFor[bool]():
		s.kind = boolean
	case t == reflect.TypeFor[int64]():
		s.kind, s.min = integer, -unbounded
	case t == reflect.TypeFor[float64]():
		s.kind, s.min = number, -unbounded
	case t == reflect.TypeFor[json.RawMessage]():
		s.kind, s.max = raw, maxText
	case t == c.types.Strings:
		s.kind, s.max = oneOrMany, maxItems
	case t.Kind() == reflect.Slice:
		s.kind, s.max = list, maxItems
	case t.Kind() == reflect.Struct && !c.types.Optional(t):
		s.kind = structure
		s.object, err = c.object(t, depth+1)
	default:
		return s, errType
	}
	if s.kind == list || s.kind == oneOrMany { // the words about strings are about its own
		elem, err := c.shape(t.Elem(), words{email: w.email, oneof: w.oneof, any: w.any}, depth)
		if err != nil || elem.kind == list {
			return s, errors.Join(err, errType)
		}
		s.elem, s.email, s.oneof, s.any = &elem, false, nil, false
	}
	if w.min != nil {
		s.min = *w.min
	}
	if w.max != nil {
		s.max = *w.max
	}
	if err == nil {
		err = s.takes(w)
	}
	return s, err
}

// takes refuses checks that the type does not have.
func (s *shape) takes(w words) error {
	if s.elem != nil {
		return nil // its own shape has said so
	}
	counted := s.kind != boolean && s.kind != structure
	if (w.email || len(w.oneof) > 0) && s.kind != text || w.any && s.kind != raw || (w.min != nil || w.max != nil) && !counted {
		return errors.New("its tag has a check that is not for its type")
	}
	return nil
}
