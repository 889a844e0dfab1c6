package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// A Field is one field of the application's own.
type Field struct {
	// `string`, `boolean`, `number` (whole), `date`, `json` or `string[]`.
	Type string `key:"type" unset:"needed"`
	// A new record fails without it, and the column cannot be null.
	Required bool `key:"required" default:"true"`
	// What a new record, and one from before the field, has. A date is written as `2026-01-02T03:04:05Z`.
	DefaultValue any `key:"defaultValue"`
	// Clients may set it.
	Input bool `key:"input" default:"true"`
	// Answers show it.
	Returned bool `key:"returned" default:"true"`
	// No two records have the same value.
	Unique bool `key:"unique"`
	// The column.
	FieldName string `key:"fieldName" unset:"the name"`
}

func (f *Field) check(c *checker) {
	if _, err := f.extra(""); err != nil {
		c.wrong("", "%w", err)
	}
}

// extras returns the added fields in their order; they have been checked.
func extras(fields Named[Field]) []kernia.Extra {
	var all []kernia.Extra
	for _, f := range fields {
		e, _ := f.Value.extra(f.Name)
		all = append(all, e)
	}
	return all
}

// extra returns the field as the core has it.
func (f *Field) extra(name string) (kernia.Extra, error) {
	if f.Required && !f.Input && f.DefaultValue == nil {
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

// typed returns a field of T, or of *T where it may be null; null is the identity, which tells the compiler that *T
// is a type of fields as well.
func typed[T, P kernia.FieldType](f *Field, name string, as func(v any) (T, bool), null func(*T) P) (kernia.Extra, error) {
	var fallback *T
	if f.DefaultValue != nil {
		v, ok := as(f.DefaultValue)
		if !ok {
			return nil, fmt.Errorf("defaultValue: want a %s", f.Type)
		}
		fallback = &v
	}
	if f.Required {
		x := kernia.Field[T]{Name: name, Column: f.FieldName, Input: f.Input, Hidden: !f.Returned, Unique: f.Unique, Required: true}
		if fallback != nil {
			x.Default = kernia.Some(*fallback)
		}
		return x, nil
	}
	x := kernia.Field[P]{Name: name, Column: f.FieldName, Input: f.Input, Hidden: !f.Returned, Unique: f.Unique}
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
