package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// checkFields returns what is wrong with the added fields of user or session.
func checkFields(of string, fields table[fieldSettings]) []error {
	var all []error
	for _, f := range fields {
		if _, err := f.Value.extra(f.Name); err != nil {
			all = append(all, fmt.Errorf("%s.additionalFields.%s: %w", of, f.Name, err))
		}
	}
	return all
}

// extras returns the added fields in their order; they have been checked.
func extras(fields table[fieldSettings]) []kernia.Extra {
	var all []kernia.Extra
	for _, f := range fields {
		e, _ := f.Value.extra(f.Name)
		all = append(all, e)
	}
	return all
}

// extra returns the field as the core has it.
func (f fieldSettings) extra(name string) (kernia.Extra, error) {
	if isTrue(f.Required) && !isTrue(f.Input) && f.DefaultValue == nil {
		return nil, errors.New("is required, has no defaultValue, and input is false: nothing can ever set it")
	}
	switch f.Type {
	case "string":
		return typed(f, name, asString, same[string])
	case "boolean":
		return typed(f, name, asBool, same[bool])
	case "number":
		return typed(f, name, asNumber, same[int64])
	case "date":
		return typed(f, name, asDate, same[time.Time])
	case "json":
		return typed(f, name, asJSON, same[json.RawMessage])
	case "string[]":
		return typed(f, name, asList, same[[]string])
	}
	return nil, errors.New("type: want one of string, boolean, number, date, json, string[]")
}

// isTrue reads an option that is true where it is not given.
func isTrue(b *bool) bool { return b == nil || *b }

// typed returns a field of T, or of *T where it may be null; null is the identity, which tells the compiler that *T
// is a type of fields as well.
func typed[T, P kernia.FieldType](f fieldSettings, name string, as func(v any) (T, bool), null func(*T) P) (kernia.Extra, error) {
	var fallback *T
	if f.DefaultValue != nil {
		v, ok := as(f.DefaultValue)
		if !ok {
			return nil, fmt.Errorf("defaultValue: want a %s", f.Type)
		}
		fallback = &v
	}
	if isTrue(f.Required) {
		x := kernia.Field[T]{Name: name, Column: f.FieldName, Input: isTrue(f.Input), Hidden: !isTrue(f.Returned), Unique: f.Unique, Required: true}
		if fallback != nil {
			x.Default = kernia.Some(*fallback)
		}
		return x, nil
	}
	x := kernia.Field[P]{Name: name, Column: f.FieldName, Input: isTrue(f.Input), Hidden: !isTrue(f.Returned), Unique: f.Unique}
	if fallback != nil {
		x.Default = kernia.Some(null(fallback))
	}
	return x, nil
}

func same[T any](p *T) *T { return p }

func asString(v any) (string, bool) { s, ok := v.(string); return s, ok }
func asBool(v any) (bool, bool)     { b, ok := v.(bool); return b, ok }

func asNumber(v any) (int64, bool) {
	n, _ := v.(json.Number)
	i, err := n.Int64()
	return i, err == nil
}

func asDate(v any) (time.Time, bool) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

func asJSON(v any) (json.RawMessage, bool) {
	raw, err := json.Marshal(v)
	return raw, err == nil
}

func asList(v any) ([]string, bool) {
	items, ok := v.([]any)
	list := make([]string, len(items))
	for i, item := range items {
		if list[i], ok = item.(string); !ok {
			return nil, false
		}
	}
	return list, ok
}
