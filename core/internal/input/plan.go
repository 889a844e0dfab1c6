package input

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Types are the types of package kernia that have a meaning of their own in inputs.
type Types struct {
	Rest     reflect.Type              // takes the members that no field takes
	Strings  reflect.Type              // takes a string or a list of strings
	Optional func(t reflect.Type) bool // reports a struct {Value T; Set, Null bool}
}

// A Plan fills and checks the input struct of one operation. Compile makes it, once.
type Plan struct {
	Names map[string]string // spellings to canonical names, of the body and the query

	object
	rest int  // the index of the Rest field, or -1
	body bool // some field comes from the body
}

// Need says what an operation asks of the body as a whole. The zero Need is [Required].
type Need uint8

// What can be asked of a body.
const (
	Required Need = iota // an object
	Optional             // an object or nothing
	Ignored              // anything
)

// Compile makes the plan for the struct t. The members called also are known by their other spelling even where t
// has no such field.
func Compile(t reflect.Type, types Types, also ...string) (*Plan, error) {
	p := &Plan{rest: -1, Names: map[string]string{}}
	for _, name := range also {
		p.Names[Snake(name)] = name
	}
	c := compiler{types: types, rest: -1}
	o, err := c.object(t, 0)
	if err != nil {
		return nil, err
	}
	if p.object, p.rest = *o, c.rest; p.rest >= 0 && p.strict {
		return nil, fmt.Errorf("input %s is strict and takes further members", t)
	}
	p.body = p.rest >= 0
	for i := range p.fields {
		f := &p.fields[i]
		p.body = p.body || f.from == fromBody
		if s := Snake(f.name); s != f.name {
			p.Names[s] = f.name
		}
	}
	return p, nil
}

// Takes reports whether the input has a field of that name.
func (p *Plan) Takes(name string) bool {
	return slices.ContainsFunc(p.fields, func(f field) bool { return f.name == name })
}

// Field returns the value of the named field of a filled input, without its Optional, and whether one was given; ok
// is false where the input has no such field.
func (p *Plan) Field(in reflect.Value, name string) (v any, given, ok bool) {
	for i := range p.fields {
		if f := &p.fields[i]; f.name == name {
			at := in.Field(f.index)
			return f.value(at).Interface(), !f.optional || at.Field(1).Bool(), true
		}
	}
	return nil, false, false
}

// Spread gives the members of a body to the query and path parameters of a call by name.
func (p *Plan) Spread(s *Source) {
	for i := range p.fields {
		f := &p.fields[i]
		m := Find(s.Body, f.name)
		if m == nil || f.from == fromBody {
			continue
		}
		text := string(m.Raw)
		_ = json.Unmarshal(m.Raw, &text) // a string without its quotes, anything else as it is written
		if f.from == fromPath {
			s.Path = text
			continue
		}
		s.Query = append(s.Query, Member{Name: f.name, Text: text})
	}
}

// Rest returns the index of the struct field that takes further members, or -1.
func (p *Plan) Rest() int { return p.rest }

// Further returns the members of the body that no field takes.
func (p *Plan) Further(s *Source) []Member {
	var list []Member
	for _, m := range s.Body {
		if !p.owns(fromBody, m.Name) {
			list = append(list, m)
		}
	}
	return list
}

// Decode fills the struct in and returns what is wrong, one text an issue.
func (p *Plan) Decode(s *Source, in reflect.Value, need Need) []string {
	if p.body && s.Kind != "object" && (need == Required || need == Optional && s.Kind != "undefined") {
		return p.wrongBody(s.Kind)
	}
	var issues []string
	add := func(where string, found []issue) {
		for _, i := range found {
			issues = append(issues, "["+where+i.path+"] "+i.text)
		}
	}
	for i := range p.fields {
		f, dst := &p.fields[i], in.Field(p.fields[i].index)
		switch {
		case f.from == fromPath:
			dst.SetString(s.Path)
		case f.from == fromQuery:
			add("query", f.decodeText(Find(s.Query, f.name), dst))
		case f.either && Find(s.Body, f.name) == nil:
			add("query", f.decodeText(Find(s.Query, f.name), dst))
		case s.Form:
			add("body", f.decodeText(Find(s.Body, f.name), dst))
		default:
			add("body", f.decode(Find(s.Body, f.name), dst))
		}
	}
	if p.strict {
		add("body", p.unknown(fromBody, s.Body))
		add("query", p.unknown(fromQuery, s.Query))
	}
	return issues
}

func (p *Plan) wrongBody(kind string) (issues []string) {
	if len(p.fields) > 0 {
		issues = append(issues, "[body] Invalid input: expected object, received "+kind)
	}
	if p.rest >= 0 {
		issues = append(issues, "[body] Invalid input: expected record, received "+kind)
	}
	return issues
}

// Check applies the checks to an input that Go code filled.
func (p *Plan) Check(in reflect.Value) (issues []string) {
	for _, i := range p.check(in) {
		issues = append(issues, "[body"+i.path+"] "+i.text)
	}
	return issues
}

// An object is a struct of an input: the whole or a part.
type object struct {
	fields []field
	strict bool // members that no field takes are refused
}

// An issue is one thing that is wrong; its path begins with a dot, or is empty.
type issue struct{ path, text string }

func under(name string, issues []issue) []issue {
	for i := range issues {
		issues[i].path = "." + name + issues[i].path
	}
	return issues
}

func (o *object) owns(from origin, name string) bool {
	return slices.ContainsFunc(o.fields, func(f field) bool { return f.from == from && f.name == name })
}

// decode fills a struct from a JSON object.
func (o *object) decode(raw []byte, dst reflect.Value) (issues []issue) {
	members, err := split(raw, nil)
	switch err {
	case nil:
	case ErrTwice:
		return []issue{{text: "A member is given twice"}}
	case ErrMany:
		return []issue{{text: "Too many members"}}
	default:
		return []issue{{text: invalidInput}}
	}
	for i := range o.fields {
		f := &o.fields[i]
		issues = append(issues, f.decode(Find(members, f.name), dst.Field(f.index))...)
	}
	if o.strict {
		issues = append(issues, o.unknown(fromBody, members)...)
	}
	return issues
}

func (o *object) check(in reflect.Value) (issues []issue) {
	for i := range o.fields {
		issues = append(issues, o.fields[i].check(in.Field(o.fields[i].index))...)
	}
	return issues
}

// Bounds of what an answer repeats of unknown keys.
const (
	maxKeys = 8
	maxKey  = 64 // bytes
)

// unknown refuses the members that no field takes, where some field comes from the same place.
func (o *object) unknown(from origin, members []Member) []issue {
	if !slices.ContainsFunc(o.fields, func(f field) bool { return f.from == from }) {
		return nil
	}
	var keys []string
	for _, m := range members {
		if !o.owns(from, m.Name) && len(keys) < maxKeys {
			name := m.Name
			if len(name) > maxKey {
				name = strings.ToValidUTF8(name[:maxKey], "") + "…"
			}
			keys = append(keys, `"`+name+`"`)
		}
	}
	switch len(keys) {
	case 0:
		return nil
	case 1:
		return []issue{{text: "Unrecognized key: " + keys[0]}}
	}
	return []issue{{text: "Unrecognized keys: " + strings.Join(keys, ", ")}}
}
