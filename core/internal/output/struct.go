package output

import (
	"cmp"
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kernia-go/kernia/ports"
)

// A member is one field of a struct as JSON shows it.
type member struct {
	name   string
	label  []byte // the name as JSON, with its colon
	tagged bool
	index  []int
	typ    reflect.Type
	encode encode
	skips  func(v reflect.Value) bool // nil: never
	quotes bool
	byself bool // the pointer of the type marshals itself, and takes no quotes
}

func (c *compiler) structure(t reflect.Type) encode {
	members := visible(t)
	for i := range members {
		m := &members[i]
		m.label = append(ports.AppendString(nil, m.name), ':')
		m.encode = c.of(m.typ)
	}
	return func(dst []byte, v reflect.Value, depth int) (_ []byte, err error) {
		if depth > maxDepth {
			return nil, errDeep
		}
		dst, empty := append(dst, '{'), true
		for i := range members {
			m := &members[i]
			f, ok := reach(v, m.index)
			if !ok || m.skips != nil && m.skips(f) {
				continue
			}
			if !empty {
				dst = append(dst, ',')
			}
			empty = false
			if dst, err = m.append(append(dst, m.label...), f, depth); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
}

// append appends the value of the member, in quotes where its tag says "string".
func (m *member) append(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if !m.quotes || m.byself && (v.CanAddr() || v.Kind() == reflect.Pointer) {
		return m.encode(dst, v, depth+1)
	}
	value, err := m.encode(nil, v, depth+1)
	switch {
	case err != nil:
		return nil, err
	case string(value) == "null":
		return append(dst, value...), nil
	case value[0] == '"':
		return ports.AppendString(dst, string(value)), nil
	}
	return append(append(append(dst, '"'), value...), '"'), nil
}

// reach follows index through embedded structs; ok is false where one on the way is nil.
func reach(v reflect.Value, index []int) (_ reflect.Value, ok bool) {
	for i, n := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v, true
}

// visible returns the members of a struct in the order of their fields, those of embedded structs among them. Of
// several with one name the least embedded wins, among equals the only one that a tag names, else none.
func visible(t reflect.Type) []member {
	all := collect(t, nil, nil)
	slices.SortStableFunc(all, func(a, b member) int {
		tag := func(m member) int {
			if m.tagged {
				return 0
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), cmp.Compare(tag(a), tag(b)))
	})
	var kept []member
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].name == all[i].name {
			j++
		}
		if j == i+1 || len(all[i].index) < len(all[i+1].index) || all[i].tagged && !all[i+1].tagged {
			kept = append(kept, all[i])
		}
		i = j
	}
	slices.SortFunc(kept, func(a, b member) int { return slices.Compare(a.index, b.index) })
	return kept
}

// collect returns every field that could be a member; way holds the structs around t.
func collect(t reflect.Type, at []int, way []reflect.Type) (all []member) {
	if slices.Contains(way, t) {
		return nil
	}
	way = append(slices.Clip(way), t)
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := sf.Tag.Get("json")
		inner := sf.Type
		if sf.Anonymous && inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if tag == "-" || !sf.IsExported() && (!sf.Anonymous || inner.Kind() != reflect.Struct) {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !named(name) {
			name = ""
		}
		index := append(slices.Clip(at), i)
		if sf.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			all = append(all, collect(inner, index, way)...)
			continue
		}
		m := member{name: cmp.Or(name, sf.Name), tagged: name != "", index: index, typ: sf.Type}
		m.options(strings.Split(options, ","))
		all = append(all, m)
	}
	return all
}

// named reports whether encoding/json takes s for a name.
func named(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) {
			return false
		}
	}
	return s != ""
}

func (m *member) options(options []string) {
	basic := m.typ
	if basic.Kind() == reflect.Pointer && basic.Name() == "" {
		basic = basic.Elem()
	}
	if kind := basic.Kind(); kind >= reflect.Bool && kind <= reflect.Float64 || kind == reflect.String {
		itself := basic.Implements(jsonType) || basic.Implements(textType)
		m.quotes, m.byself = slices.Contains(options, "string") && !itself, marshals(basic)
	}
	omitempty, omitzero := slices.Contains(options, "omitempty"), slices.Contains(options, "omitzero")
	if omitempty || omitzero {
		zero := zeroOf(m.typ)
		m.skips = func(v reflect.Value) bool { return omitempty && empty(v) || omitzero && zero(v) }
	}
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return false
	}
	return v.IsZero()
}

type zeroer interface{ IsZero() bool }

// zeroOf returns what omitzero means for the type: its own IsZero where it has one.
func zeroOf(t reflect.Type) func(v reflect.Value) bool {
	wanted := reflect.TypeFor[zeroer]()
	switch {
	case t.Implements(wanted):
		return func(v reflect.Value) bool {
			if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
				return true
			}
			z, _ := v.Interface().(zeroer)
			if in := reflect.ValueOf(z); in.Kind() == reflect.Pointer && in.IsNil() {
				return true
			}
			return z.IsZero()
		}
	case reflect.PointerTo(t).Implements(wanted):
		return func(v reflect.Value) bool {
			p := reflect.New(t)
			p.Elem().Set(v)
			z, _ := p.Interface().(zeroer)
			return z.IsZero()
		}
	}
	return reflect.Value.IsZero
}

// mapping appends maps in the order of their keys.
func (c *compiler) mapping(t reflect.Type) encode {
	if k := t.Key(); k.Kind() != reflect.String && (k.Kind() < reflect.Int || k.Kind() > reflect.Uintptr) && !k.Implements(textType) {
		return unsupported(t)
	}
	elem := c.of(t.Elem())
	return func(dst []byte, v reflect.Value, depth int) (_ []byte, err error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if depth > maxDepth {
			return nil, errDeep
		}
		entries := make([]entry, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			name, err := keyOf(it.Key())
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry{name, it.Value()})
		}
		slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
		dst = append(dst, '{')
		for i, e := range entries {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = elem(append(ports.AppendString(dst, e.name), ':'), e.value, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
}

type entry struct {
	name  string
	value reflect.Value
}

func keyOf(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if t, ok := k.Interface().(time.Time); ok {
		return timeText(t)
	}
	if t, ok := k.Interface().(encoding.TextMarshaler); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := t.MarshalText()
		return string(text), err
	}
	if k.CanInt() {
		return strconv.FormatInt(k.Int(), 10), nil
	}
	return strconv.FormatUint(k.Uint(), 10), nil
}
