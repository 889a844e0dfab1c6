package kernia

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/kernia-go/kernia/core/internal/email"
)

// Members are what a body brought besides an operation's own fields: the values of added fields. An operation
// that takes them has one field of this type in its input. The zero Members has none.
type Members struct {
	list []member
	form bool
}

// SetMember adds a member for a call without HTTP: value as encoding/json has it.
func (m *Members) SetMember(name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("kernia: member %q: %w", name, err)
	}
	m.list = append(m.list, member{name: name, raw: raw})
	return nil
}

// inputPlan decodes and checks the input of one operation. It is compiled once, from the fields and tags of a
// struct:
//
//	Email string         `json:"email" in:"email"`    required by default, checked
//	Image Optional[string] `json:"image"`             may be absent
//	Token string         `json:"token" in:"query"`    from the query string; "path": the path parameter
//	Fresh bool           `json:"fresh" in:"query,coerce"` any non-empty text is true
//	Rest  Members                                     everything else
//
// Checks are "email" (an address), "min=N" (characters) and "max=N" (bytes).
type inputPlan struct {
	fields []inputField
	names  map[string]string // spellings to canonical names, of the body and the query
	rest   int               // the index of the Members field, or -1
	body   bool              // some field comes from the body
}

type inputField struct {
	name   string
	index  int
	from   byte // 'b', 'q' or 'p'
	want   string
	absent bool // may be absent
	coerce bool
	email  bool
	min    int
	max    int
}

// redirectNames are checked on every route, whether it declares them or not; their other spelling is theirs too.
var redirectNames = [...]string{"callbackURL", "redirectTo", "errorCallbackURL", "newUserCallbackURL"}

const defaultMax = 64 << 10 // bytes of one string member

func compileInput(t reflect.Type) (*inputPlan, error) {
	p := &inputPlan{rest: -1, names: map[string]string{}}
	for _, name := range redirectNames {
		p.names[snake(name)] = name
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("input %s is no struct", t)
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Type == reflect.TypeFor[Members]() {
			p.rest, p.body = i, true
			continue
		}
		f := inputField{name: sf.Tag.Get("json"), index: i, from: 'b', max: defaultMax}
		if f.name == "" || f.name == "-" || !sf.IsExported() {
			return nil, fmt.Errorf("field %s of input %s needs a json tag", sf.Name, t)
		}
		switch reflect.New(sf.Type).Interface().(type) {
		case *string:
			f.want = "string"
		case *Optional[string]:
			f.want, f.absent = "string", true
		case *bool:
			f.want = "boolean"
		case *Optional[bool]:
			f.want, f.absent = "boolean", true
		case *Optional[int64]:
			f.want, f.absent = "number", true
		case *Optional[[]string]:
			f.want, f.absent = "array", true
		case *Optional[json.RawMessage]:
			f.want, f.absent = "object", true
		default:
			return nil, fmt.Errorf("field %s of input %s has a type that inputs cannot have", sf.Name, t)
		}
		if err := f.tag(sf.Tag.Get("in")); err != nil {
			return nil, fmt.Errorf("field %s of input %s: %w", sf.Name, t, err)
		}
		p.body = p.body || f.from == 'b'
		if s := snake(f.name); s != f.name {
			p.names[s] = f.name
		}
		p.fields = append(p.fields, f)
	}
	return p, nil
}

func (f *inputField) tag(tag string) (err error) {
	for word := range strings.SplitSeq(tag, ",") {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "":
		case "query":
			f.from = 'q'
		case "path":
			f.from = 'p'
		case "coerce":
			f.coerce, f.absent = true, true
		case "email":
			f.email = true
		case "min":
			f.min, err = strconv.Atoi(value)
		case "max":
			f.max, err = strconv.Atoi(value)
		default:
			return fmt.Errorf("unknown word %q in its tag", word)
		}
	}
	return err
}

// decode fills the struct that in points to, and returns a validation error that lists every issue.
func (p *inputPlan) decode(s *source, in reflect.Value, need bodyNeed) *Error {
	var issues []string
	if p.body && (s.kind != "object" && need == bodyRequired || s.kind != "object" && s.kind != "undefined" && need == bodyOptional) {
		if len(p.fields) > 0 {
			issues = append(issues, "[body] Invalid input: expected object, received "+s.kind)
		}
		if p.rest >= 0 {
			issues = append(issues, "[body] Invalid input: expected record, received "+s.kind)
		}
		return invalid(issues)
	}
	for i := range p.fields {
		f := &p.fields[i]
		if issue := f.decode(s, in.Field(f.index)); issue != "" {
			issues = append(issues, issue)
		}
	}
	if p.rest >= 0 {
		m := Members{form: s.form}
		for _, b := range s.body {
			if !p.owns(b.name) {
				m.list = append(m.list, b)
			}
		}
		in.Field(p.rest).Set(reflect.ValueOf(m))
	}
	return invalid(issues)
}

func (p *inputPlan) owns(name string) bool {
	for i := range p.fields {
		if p.fields[i].from == 'b' && p.fields[i].name == name {
			return true
		}
	}
	return false
}

func invalid(issues []string) *Error {
	if len(issues) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: ErrValidation.Code, Message: strings.Join(issues, "; ")}
}

func (f *inputField) decode(s *source, dst reflect.Value) string {
	switch f.from {
	case 'p':
		dst.SetString(s.path)
		return ""
	case 'q':
		return f.decodeText("query", find(s.query, f.name), dst)
	}
	m := find(s.body, f.name)
	if s.form {
		return f.decodeText("body", m, dst)
	}
	got := "undefined"
	if m != nil {
		got = kindOf(m.raw)
	}
	if got != f.want {
		if got == "undefined" && f.absent {
			return ""
		}
		return f.mismatch("body", got)
	}
	target := dst.Addr().Interface()
	switch d := target.(type) {
	case *Optional[string]:
		d.Set, target = true, &d.Value
	case *Optional[bool]:
		d.Set, target = true, &d.Value
	case *Optional[int64]:
		d.Set, target = true, &d.Value
	case *Optional[[]string]:
		d.Set, target = true, &d.Value
	case *Optional[json.RawMessage]:
		d.Set, target = true, &d.Value
	}
	if json.Unmarshal(m.raw, target) != nil {
		return "[body." + f.name + "] Invalid input"
	}
	return f.check("body", target)
}

func (f *inputField) decodeText(where string, m *member, dst reflect.Value) string {
	switch {
	case f.coerce:
		dst.SetBool(m != nil && (m.many || m.text != ""))
		return ""
	case m == nil:
		if f.absent {
			return ""
		}
		return f.mismatch(where, "undefined")
	case m.many:
		return f.mismatch(where, "array")
	}
	switch d := dst.Addr().Interface().(type) {
	case *string:
		*d = m.text
		return f.check(where, d)
	case *Optional[string]:
		d.Value, d.Set = m.text, true
		return f.check(where, &d.Value)
	}
	return f.mismatch(where, "string")
}

func (f *inputField) mismatch(where, got string) string {
	return "[" + where + "." + f.name + "] Invalid input: expected " + f.want + ", received " + got
}

// check applies the tag's checks to a decoded value.
func (f *inputField) check(where string, target any) string {
	s, ok := target.(*string)
	if !ok {
		return ""
	}
	switch {
	case strings.Contains(*s, "\x00"): // databases keep no such text
		return "[" + where + "." + f.name + "] Invalid input"
	case f.email && !email.Valid(*s):
		return "[" + where + "." + f.name + "] Invalid email address"
	case f.min > 0 && characters(*s) < f.min:
		return fmt.Sprintf("[%s.%s] Too small: expected string to have >=%d characters", where, f.name, f.min)
	case len(*s) > f.max:
		return fmt.Sprintf("[%s.%s] Too big: expected string to have <=%d bytes", where, f.name, f.max)
	}
	return ""
}

// checkAll applies the checks to an input that was filled by Go code.
func (p *inputPlan) checkAll(in reflect.Value) *Error {
	var issues []string
	for i := range p.fields {
		f := &p.fields[i]
		target := in.Field(f.index).Addr().Interface()
		if o, ok := target.(*Optional[string]); ok {
			if !o.Set {
				continue
			}
			target = &o.Value
		}
		if issue := f.check("body", target); issue != "" {
			issues = append(issues, issue)
		}
	}
	return invalid(issues)
}

// characters counts a string as JavaScript does: in UTF-16 code units.
func characters(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// value returns the named field of a decoded input, or the named member of what else the body brought.
func (p *inputPlan) value(in reflect.Value, name string) (any, bool) {
	for i := range p.fields {
		if p.fields[i].name != name {
			continue
		}
		switch v := in.Field(p.fields[i].index).Interface().(type) {
		case Optional[string]:
			return v.Value, v.Set
		case Optional[bool]:
			return v.Value, v.Set
		case Optional[int64]:
			return v.Value, v.Set
		case Optional[[]string]:
			return v.Value, v.Set
		case Optional[json.RawMessage]:
			return v.Value, v.Set
		default:
			return v, true
		}
	}
	if p.rest < 0 {
		return nil, false
	}
	rest, _ := in.Field(p.rest).Interface().(Members)
	m := find(rest.list, name)
	if m == nil {
		return nil, false
	}
	if rest.form {
		return m.text, true
	}
	var v any
	err := json.Unmarshal(m.raw, &v)
	return v, err == nil
}
