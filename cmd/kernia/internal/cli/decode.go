package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A decoder fills settings from an object and notes everything that is wrong, so that one run shows it all.
type decoder struct {
	from     map[string]string // paths that come from the environment, with the name of the variable
	problems []error
}

// decode fills out, a pointer to a struct with key tags. Names count to the letter.
func (d *decoder) decode(o *object, out any) error {
	d.object("", o, reflect.ValueOf(out).Elem())
	return errors.Join(d.problems...)
}

// wrong notes that the value at path is not as it should be. It never repeats the value, which may be a secret.
func (d *decoder) wrong(path, want string) {
	if name := d.from[path]; name != "" {
		path = name + " (" + path + ")"
	}
	d.problems = append(d.problems, fmt.Errorf("%s: want %s", path, want))
}

func (d *decoder) unknown(path, name string, known []string) {
	err := fmt.Errorf("unknown key %q", join(path, name))
	for _, k := range known {
		if strings.EqualFold(k, name) {
			err = fmt.Errorf("unknown key %q: the name is %q", join(path, name), k)
		}
	}
	d.problems = append(d.problems, err)
}

func (d *decoder) object(path string, v any, out reflect.Value) {
	o, ok := v.(*object)
	if !ok {
		d.wrong(path, "an object")
		return
	}
	var known []string
	for f := range out.Type().Fields() {
		name := f.Tag.Get("key")
		if name == "" {
			continue
		}
		known = append(known, name)
		if v, ok := o.values[name]; ok {
			d.value(join(path, name), v, out.FieldByIndex(f.Index))
		}
	}
	for _, name := range o.names {
		if !slices.Contains(known, name) {
			d.unknown(path, name, known)
		}
	}
}

func (d *decoder) value(path string, v any, out reflect.Value) {
	switch out.Kind() {
	case reflect.Pointer:
		p := reflect.New(out.Type().Elem())
		d.value(path, v, p.Elem())
		out.Set(p)
	case reflect.Struct:
		if off, ok := reflect.TypeAssert[interface{ switchOff() }](out.Addr()); ok && v == false {
			off.switchOff()
			return
		}
		d.object(path, v, out)
	case reflect.Map:
		d.renames(path, v, out)
	case reflect.Slice:
		if isTable(out.Type()) {
			d.table(path, v, out)
			return
		}
		d.list(path, v, out)
	case reflect.Interface:
		out.Set(reflect.ValueOf(&v).Elem())
	case reflect.String:
		s, ok := v.(string)
		if !ok || s == "" {
			d.wrong(path, "a text that is not empty")
		}
		out.SetString(s)
	case reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			d.wrong(path, "true or false")
		}
		out.SetBool(b)
	default:
		n, _ := v.(json.Number)
		i, err := n.Int64()
		if err != nil || i < 0 {
			d.wrong(path, "a whole number, 0 or more")
		}
		out.SetInt(max(i, 0))
	}
}

func (d *decoder) list(path string, v any, out reflect.Value) {
	items, ok := v.([]any)
	if !ok {
		d.wrong(path, "a list")
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(items), len(items)))
	for i, item := range items {
		d.value(fmt.Sprintf("%s[%d]", path, i), item, out.Index(i))
	}
}

// A table has values under names of the user's own choice, in the order of the file.
type table[T any] []struct {
	Name  string
	Value T
}

func (table[T]) isTable() {}

func isTable(t reflect.Type) bool { return t.Implements(reflect.TypeFor[interface{ isTable() }]()) }

func (d *decoder) table(path string, v any, out reflect.Value) {
	o, ok := v.(*object)
	if !ok {
		d.wrong(path, "an object")
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(o.names), len(o.names)))
	for i, name := range o.names {
		out.Index(i).Field(0).SetString(name)
		d.value(join(path, name), o.values[name], out.Index(i).Field(1))
	}
}

// renames reads a map of texts, whose order does not matter.
func (d *decoder) renames(path string, v any, out reflect.Value) {
	o, ok := v.(*object)
	if !ok {
		d.wrong(path, "an object")
		return
	}
	out.Set(reflect.MakeMap(out.Type()))
	for _, name := range o.names {
		entry := reflect.New(out.Type().Elem()).Elem()
		d.value(join(path, name), o.values[name], entry)
		out.SetMapIndex(reflect.ValueOf(name), entry)
	}
}
