package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Load returns the settings of a JSON file, "" for none, with those of the environment over them. Errors name the
// file and the key, or the variable, and never repeat a value. Without any setting at all the settings are those to
// try the server out; without a file, development alone makes them so. Load does not check what [Settings.Check] checks.
func Load(file string, env map[string]string) (*Settings, error) {
	if file == "" {
		return decode("", nil, env)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the file that the user named
	if err != nil {
		return nil, err
	}
	return decode(file, text, env)
}

// Decode is as [Load] with the text of a file, nil for none.
func Decode(text []byte, env map[string]string) (*Settings, error) { return decode("", text, env) }

func decode(file string, text []byte, env map[string]string) (*Settings, error) {
	s := &Settings{file: file}
	d := decoder{settings: s}
	o := newObject()
	var err error
	if text != nil {
		if o, err = parse(text); err != nil {
			return nil, s.inFile(err)
		}
	}
	s.from, d.problems = overlay(o, env)
	if text == nil && len(s.from) == 0 {
		o.set("development", true)
	}
	if _, said := o.values["emailAndPassword"]; text == nil && !said && o.values["development"] == true {
		_ = o.put("emailAndPassword.enabled", true) // nothing is in the way
	}
	d.object("", o, reflect.ValueOf(s).Elem())
	if err := errors.Join(d.problems...); err != nil {
		return nil, err
	}
	if s.Store.Driver == "sqlite" && s.Store.DSN == "" {
		s.Store.DSN = "kernia.db"
	}
	if s.Development && !s.Mail.on() {
		s.Mail.Outbox = devOutbox
	}
	return s, nil
}

// A decoder fills settings from an object and notes everything that is wrong, so that one run shows it all.
type decoder struct {
	settings *Settings
	problems []error
}

// wrong notes that the value at path is not as it should be. It never repeats the value, which may be a secret.
func (d *decoder) wrong(path, want string) {
	d.problems = append(d.problems, fmt.Errorf("%s: want %s", d.settings.name(path), want))
}

func (d *decoder) unknown(path, name string, known []string) {
	err := fmt.Errorf("unknown key %q", join(path, name))
	if near := nearest(name, known); near != "" {
		err = fmt.Errorf("%w; did you mean %q?", err, join(path, near))
	}
	d.problems = append(d.problems, d.settings.inFile(err))
}

// keyOf returns the name of a field in JSON, "" for none, and whether Better Auth does not have it.
func keyOf(f reflect.StructField) (name string, own bool) {
	name, rest, _ := strings.Cut(f.Tag.Get("key"), ",")
	return name, rest == "own"
}

// setDefaults puts into out, a struct, and the structs in it, what their tags say.
func setDefaults(out reflect.Value) {
	for f := range out.Type().Fields() {
		to, text := out.FieldByIndex(f.Index), f.Tag.Get("default")
		switch {
		case f.Type.Kind() == reflect.Struct:
			setDefaults(to)
		case text == "":
		case f.Type.Kind() == reflect.String:
			to.SetString(text)
		case f.Type.Kind() == reflect.Bool:
			to.SetBool(text == "true")
		default:
			n, _ := strconv.ParseInt(text, 10, 64) // a test reads every tag
			to.SetInt(n)
		}
	}
}

func (d *decoder) object(path string, v any, out reflect.Value) {
	o, ok := v.(*object)
	if !ok {
		d.wrong(path, "an object")
		return
	}
	setDefaults(out)
	var known []string
	for f := range out.Type().Fields() {
		name, _ := keyOf(f)
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
		if isNamed(out.Type()) {
			d.named(path, v, out)
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

// Named has values under names of the user's own choice, in the order of the file.
type Named[T any] []struct {
	Name  string
	Value T
}

func (Named[T]) isNamed() {}

func isNamed(t reflect.Type) bool { return t.Implements(reflect.TypeFor[interface{ isNamed() }]()) }

func (d *decoder) named(path string, v any, out reflect.Value) {
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
