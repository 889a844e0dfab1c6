package featuretest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/internal/input"
)

func reading() []promise {
	return []promise{
		{"HasASampleOfEveryField", samplesEveryField},
		{"TakesBothSpellings", takesBothSpellings},
		{"RefusesTwoSpellingsAtOnce", refusesTwoSpellings},
		{"TakesAddedFieldsInBothSpellings", takesAddedFields},
		{"SurvivesWhateverIsSent", survives},
		{"RepeatsNothingThatItRefuses", repeatsNothing},
	}
}

// A field is one field of an operation's input.
type field struct {
	name  string // as declared
	place string // "body", "query" or "path"
	kind  reflect.Kind
}

func fieldsOf(o *kernia.Operation) []field {
	var all []field
	for f := range o.In.Fields() {
		name := f.Tag.Get("json")
		if name == "" || name == "-" {
			continue
		}
		at := "body"
		for word := range strings.SplitSeq(f.Tag.Get("in"), ",") {
			if word == "query" || word == "path" {
				at = word
			}
		}
		t := f.Type
		if value, ok := t, t.Kind() == reflect.Struct; ok && strings.HasPrefix(t.Name(), "Optional[") {
			v, _ := value.FieldByName("Value")
			t = v.Type
		}
		all = append(all, field{name: name, place: at, kind: t.Kind()})
	}
	return all
}

// place returns where the member of an input goes: "body", "query" or "path".
func place(o *kernia.Operation, member string) string {
	for _, f := range fieldsOf(o) {
		if f.name == member || slices.Contains(spellings(f.name), member) {
			return f.place
		}
	}
	if o.Method == "GET" {
		return "query"
	}
	return "body"
}

// spellings returns the two spellings of a name, as "colorCode" and "color_code"; one where they agree.
func spellings(name string) []string {
	camel, _, _ := strings.Cut(name, "_")
	if rest, ok := strings.CutPrefix(name, camel+"_"); ok {
		for word := range strings.SplitSeq(rest, "_") {
			if word != "" {
				camel += strings.ToUpper(word[:1]) + word[1:]
			}
		}
	}
	snake := input.Snake(name)
	if camel == snake {
		return []string{camel}
	}
	if strings.Contains(name, "_") {
		return []string{camel, name}
	}
	return []string{name, snake}
}

// given returns the member of the input that is the field, in whatever spelling.
func (m members) given(f field) (spelled string, ok bool) {
	for _, name := range spellings(f.name) {
		if _, ok := m[name]; ok {
			return name, true
		}
	}
	return "", false
}

func samplesEveryField(k *kit) {
	operations, _ := k.added()
	for _, o := range operations {
		for _, f := range fieldsOf(o) {
			found := false
			k.each(false, func(sample *Sample, _ string) {
				if sample.Operation == o.Name() {
					_, has := k.ready(sample).members().given(f)
					found = found || has
				}
			})
			if !found {
				k.Errorf("%s: no sample that succeeds has the field %q", o.Name(), f.name)
			}
		}
	}
}

// respell calls f for every sample that succeeds and every field of its that has two spellings.
func (k *kit) respell(f func(sample *Sample, name, given, other string)) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		for _, field := range fieldsOf(s.operation) {
			both := spellings(field.name)
			given, ok := s.members().given(field)
			if !ok || len(both) < 2 || field.place == "path" {
				continue
			}
			other := both[0]
			if other == given {
				other = both[1]
			}
			f(sample, name, given, other)
		}
	})
}

func takesBothSpellings(k *kit) {
	k.respell(func(sample *Sample, name, given, other string) {
		want := k.ready(sample).do()
		s := k.ready(sample)
		in := s.members()
		in[other] = in[given]
		delete(in, given)
		if d := s.with(in).differs(want); d != "" {
			k.Errorf("%s with %q in place of %q: %s", name, other, given, d)
		}
	})
}

func refusesTwoSpellings(k *kit) {
	k.respell(func(sample *Sample, name, given, other string) {
		s := k.ready(sample)
		in := s.members()
		in[other] = in[given]
		if got := s.with(in); got.status != 400 {
			k.Errorf("%s with both %q and %q: got %v, want 400", name, given, other, got)
		}
	})
}

// takesAddedFields gives users a field of the application's own.
func takesAddedFields(k *kit) {
	color := kernia.Field[*string]{Name: "favoriteColor", Input: true}
	k.each(false, func(sample *Sample, name string) {
		if !takesAdded(k.stage(sample).operation) {
			return
		}
		with := *sample
		with.Config = func(cfg *kernia.Config) {
			if sample.Config != nil {
				sample.Config(cfg)
			}
			cfg.UserFields = append(slices.Clone(cfg.UserFields), color)
		}
		ask := func(member string) result {
			s := k.ready(&with)
			in := s.members()
			in[member] = json.RawMessage(`"green"`)
			return s.with(in)
		}
		camel, snake := ask("favoriteColor"), ask("favorite_color")
		if d := snake.differs(camel); d != "" {
			k.Errorf("%s with \"favorite_color\" in place of \"favoriteColor\": %s", name, d)
		}
	})
}

// marker is in every value that the kit sends and no answer may repeat.
const marker = "featuretest-marker"

// hostile are values that fields of any type get.
func hostile() map[string]json.RawMessage {
	return map[string]json.RawMessage{
		"null":             json.RawMessage(`null`),
		"a number":         json.RawMessage(`-1e400`),
		"an integer":       json.RawMessage(`9007199254740993`),
		"a boolean":        json.RawMessage(`true`),
		"a list":           json.RawMessage(`["` + marker + `"]`),
		"an object":        json.RawMessage(`{"` + marker + `":{}}`),
		"text":             json.RawMessage(`"` + marker + `"`),
		"an empty text":    json.RawMessage(`""`),
		"markup":           json.RawMessage(`"<b>` + marker + `%00%s'\";--"`),
		"a zero character": json.RawMessage(`"` + marker + `\u0000"`),
		"half a surrogate": json.RawMessage(`"` + marker + `\ud800"`),
		"a long text":      json.RawMessage(`"` + strings.Repeat(marker, 3000) + `"`),
		"too long a text":  json.RawMessage(`"` + strings.Repeat(marker, 6000) + `"`),
	}
}

// vary calls the operation of the sample with one hostile value after the other, and f with what each comes to.
func (k *kit) vary(sample *Sample, f func(how string, s *Stage, got result)) {
	values := hostile()
	s := k.ready(sample)
	ask := func(how string, in members) {
		got := s.with(in)
		f(how, s, got)
		if !got.failed() || got.status == 429 {
			s = k.ready(sample) // what was there before is used up
		}
	}
	for _, how := range slices.Sorted(maps.Keys(values)) {
		for _, field := range fieldsOf(s.operation) {
			in := s.members()
			if given, ok := in.given(field); ok {
				delete(in, given)
			}
			in[field.name] = values[how]
			ask(how+" as "+field.name, in)
		}
		in := s.members()
		in[marker] = values[how]
		ask(how+" as a member that it does not know", in)
	}
	for _, field := range fieldsOf(s.operation) {
		in := s.members()
		if given, ok := in.given(field); ok {
			delete(in, given)
			ask("no "+field.name, in)
		}
	}
}

func survives(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		k.vary(sample, func(how string, _ *Stage, got result) {
			if got.status >= 500 {
				k.Errorf("%s with %s: got %v", name, how, got)
			}
		})
	})
}

func repeatsNothing(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		k.vary(sample, func(how string, _ *Stage, got result) {
			if got.failed() && strings.Contains(got.body+strings.Join(got.cookies, "")+got.location, marker) {
				k.Errorf("%s with %s: the error repeats it: %v", name, how, got)
			}
		})
	})
}
