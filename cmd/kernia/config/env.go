package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// prefix begins the name of every variable that is read.
const prefix = "KERNIA_"

// A Key is one name in the configuration.
type Key struct {
	Path string // as "session.expiresIn"; a name of the user's own choice is "*"

	kind reflect.Type // of its value
}

// Variable returns the name of the environment variable for the key, "" where it has none of its own because it is
// part of a list, or a name of the user's own choice is in its path.
func (k Key) Variable() string {
	if strings.ContainsAny(k.Path, "*[") {
		return ""
	}
	return prefix + upperSnake(k.Path)
}

// upperSnake turns "onAPIError.errorURL" into ON_API_ERROR_ERROR_URL: a word begins at an upper-case letter after
// a lower-case one, and at the last of several upper-case letters before a lower-case one.
func upperSnake(path string) string {
	var b strings.Builder
	runes := []rune(path)
	for i, r := range runes {
		upper := func(j int) bool { return j >= 0 && j < len(runes) && unicode.IsUpper(runes[j]) }
		lower := func(j int) bool { return j >= 0 && j < len(runes) && unicode.IsLower(runes[j]) }
		if upper(i) && (lower(i-1) || upper(i-1) && lower(i+1)) {
			b.WriteByte('_')
		}
		if r == '.' {
			r = '_'
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// Keys returns every key of the settings, outer ones before those in them.
func Keys() []Key { return keysOf("", reflect.TypeFor[Settings]()) }

func keysOf(path string, t reflect.Type) []Key {
	switch t.Kind() {
	case reflect.Pointer:
		return keysOf(path, t.Elem())
	case reflect.Map:
		return keysOf(join(path, "*"), t.Elem())
	case reflect.Slice:
		if isNamed(t) {
			return keysOf(join(path, "*"), t.Elem().Field(1).Type)
		}
		return keysOf(path+"[]", t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	var all []Key
	for f := range t.Fields() {
		if name, _ := keyOf(f); name != "" {
			at := join(path, name)
			all = append(append(all, Key{at, f.Type}), keysOf(at, f.Type)...)
		}
	}
	return all
}

// overlay puts what the environment says into o, over what is there, and returns which path came from which
// variable, and what is wrong. A variable that is empty counts as not set.
func overlay(o *object, env map[string]string) (from map[string]string, problems []error) {
	from = map[string]string{}
	var known []string
	for _, k := range Keys() { // outer keys come first
		name := k.Variable()
		if name == "" {
			continue
		}
		known = append(known, name)
		text := env[name]
		if text == "" {
			continue
		}
		v, err := read(k.kind, text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s (%s): %w", name, k.Path, err))
			continue
		}
		if err := o.put(k.Path, v); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
		from[k.Path] = name
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !strings.HasPrefix(name, prefix) || env[name] == "" || slices.Contains(known, name) || foreign(name) {
			continue
		}
		err := fmt.Errorf("unknown variable %s", name)
		if near := nearest(name, known); near != "" {
			err = fmt.Errorf("%w; did you mean %s?", err, near)
		}
		problems = append(problems, err)
	}
	return from, problems
}

// foreign reports whether a variable is not meant for the configuration: those of the tests, and those that
// Kubernetes adds to every pod where a service is called kernia.
func foreign(name string) bool {
	rest := strings.TrimPrefix(name, prefix)
	return strings.HasPrefix(rest, "TEST_") || strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_")
}

// read turns the text of a variable into a value as a file would have it: a text as it is, a list of texts by
// commas or as JSON, everything else as JSON.
func read(kind reflect.Type, text string) (any, error) {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch {
	case kind.Kind() == reflect.String:
		return text, nil
	case kind == reflect.TypeFor[[]string]() && !strings.HasPrefix(strings.TrimSpace(text), "["):
		var list []any
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		return list, nil
	}
	// The value stands in an object, so that parse has one door.
	o, err := parse([]byte(`{"value":` + text + `}`))
	if err != nil || len(o.names) != 1 {
		return nil, fmt.Errorf("want JSON, as in a file")
	}
	return o.values["value"], nil
}

// put sets the value at path and makes the objects on the way.
func (o *object) put(path string, v any) error {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		o.set(name, v)
		return nil
	}
	if _, there := o.values[name]; !there {
		o.set(name, newObject())
	}
	inner, ok := o.values[name].(*object)
	if !ok {
		return fmt.Errorf("%q is no object", name)
	}
	return inner.put(rest, v)
}
