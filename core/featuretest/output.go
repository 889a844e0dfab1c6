package featuretest

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

func writing() []promise {
	return []promise{
		{"WritesTimesWithThreeDigits", writesTimes},
		{"WritesTheMembersItDeclares", writesMembers},
		{"AsksTheAuthForTimeAndChance", repeats},
	}
}

var wireTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

func writesTimes(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		var body any
		if json.Unmarshal([]byte(k.ready(sample).do().body), &body) != nil {
			return
		}
		walk(body, func(text string) {
			if _, err := time.Parse(time.RFC3339Nano, text); err == nil && !wireTime.MatchString(text) {
				k.Errorf("%s: the time %q needs three fraction digits and a Z", name, text)
			}
		})
	})
}

// walk calls f for every string in a JSON value.
func walk(v any, f func(text string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, e := range v {
			walk(e, f)
		}
	case map[string]any:
		for _, e := range v {
			walk(e, f)
		}
	}
}

// writesMembers compares answers with the struct of the operation's output: a member without omitempty is there, null
// perhaps, and no other is.
func writesMembers(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		s := k.ready(sample)
		always, all := membersOf(s.operation)
		got := s.do()
		var body map[string]json.RawMessage
		if all == nil || got.status != 200 || json.Unmarshal([]byte(got.body), &body) != nil {
			return
		}
		for _, member := range always {
			if _, ok := body[member]; !ok {
				k.Errorf("%s: the answer has no member %q: %v", name, member, got)
			}
		}
		for member := range body {
			if !slices.Contains(all, member) {
				k.Errorf("%s: the answer has a member %q, which its type does not declare", name, member)
			}
		}
	})
}

// membersOf returns the members that an output always has, and those that it may have; nil where its type does not say.
func membersOf(o *kernia.Operation) (always, all []string) {
	t := o.Out
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, nil
	}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous, name == "" && f.IsExported():
			return nil, nil
		case name == "-", !f.IsExported():
			continue
		case !strings.Contains(options, "omit"):
			always = append(always, name)
		}
		all = append(all, name)
	}
	return always, all
}

func repeats(k *kit) {
	k.each(false, func(sample *Sample, name string) {
		if d := k.ready(sample).do().differs(k.ready(sample).do()); d != "" {
			k.Errorf("%s, called twice in the same state, by the same clock and with the same random values, differs in its %s", name, d)
		}
	})
}
