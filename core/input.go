package kernia

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/core/internal/input"
)

// FieldValues are what a body brought besides an operation's own fields: the values of added fields. An operation
// that takes them has one field of this type in its input. The zero FieldValues has none.
type FieldValues struct {
	list []input.Member
	form bool
}

// FieldValuesOf returns members for a call without HTTP: values as encoding/json writes them, under the names of added
// fields. It fails where a value has no JSON form.
func FieldValuesOf(values map[string]any) (FieldValues, error) {
	var m FieldValues
	for name, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			return FieldValues{}, fmt.Errorf("kernia: member %q: %w", name, err)
		}
		m.list = append(m.list, input.Member{Name: name, Raw: raw})
	}
	slices.SortFunc(m.list, func(a, b input.Member) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

// Strings is a field of an input that takes one string or a list of strings: "admin" and ["admin","editor"].
type Strings []string

// redirectNames are checked on every route, whether it declares them or not; their other spelling is theirs too.
var redirectNames = [...]string{"callbackURL", "redirectTo", "errorCallbackURL", "newUserCallbackURL"}

// inputPlan is the plan of one operation's input, with its answers as errors of ours.
type inputPlan struct{ *input.Plan }

func compileInput(t reflect.Type) (inputPlan, error) {
	p, err := input.Compile(t, input.Types{
		Rest: reflect.TypeFor[FieldValues](), Strings: reflect.TypeFor[Strings](), Optional: isOptional,
	}, redirectNames[:]...)
	return inputPlan{p}, err
}

// isOptional reports whether t is some Optional[T].
func isOptional(t reflect.Type) bool {
	return t.PkgPath() == reflect.TypeFor[Strings]().PkgPath() && strings.HasPrefix(t.Name(), "Optional[")
}

// decode fills in from what the request brought and returns an error that lists every issue.
func (p inputPlan) decode(s *input.Source, in reflect.Value, need input.Need) *Error {
	if issues := p.Decode(s, in, need); len(issues) > 0 {
		return invalid(issues)
	}
	if i := p.Rest(); i >= 0 {
		in.Field(i).Set(reflect.ValueOf(FieldValues{list: p.Further(s), form: s.Form}))
	}
	return nil
}

// checkAll applies the checks to an input that was filled by Go code.
func (p inputPlan) checkAll(in reflect.Value) *Error {
	if issues := p.Check(in); len(issues) > 0 {
		return invalid(issues)
	}
	return nil
}

func invalid(issues []string) *Error {
	return &Error{Kind: Invalid, Code: ErrValidation.Code, Message: strings.Join(issues, "; ")}
}

// value returns the named field of a decoded input, or the named member of what else the body brought.
func (p inputPlan) value(in reflect.Value, name string) (any, bool) {
	if v, given, ok := p.Field(in, name); ok {
		return v, given
	}
	if p.Rest() < 0 {
		return nil, false
	}
	rest, _ := in.Field(p.Rest()).Interface().(FieldValues)
	m := input.Find(rest.list, name)
	if m == nil {
		return nil, false
	}
	if rest.form {
		return m.Text, true
	}
	var v any
	err := json.Unmarshal(m.Raw, &v)
	return v, err == nil
}
