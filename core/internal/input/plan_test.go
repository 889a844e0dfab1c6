package input_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/input"
)

type optional[T any] struct {
	Value T
	Set   bool
	Null  bool
}

type rest struct{}

type many []string

var types = input.Types{
	Rest: reflect.TypeFor[rest](), Strings: reflect.TypeFor[many](),
	Optional: func(t reflect.Type) bool { return strings.HasPrefix(t.Name(), "optional[") },
}

type person struct {
	Name  string             `json:"name" in:"min=1"`
	Email optional[string]   `json:"email" in:"email,null"`
	Tags  optional[[]string] `json:"tags" in:"max=2"`
}

type closed struct {
	_    struct{} `in:"strict"`
	Name string   `json:"name"`
}

type everything struct {
	Text    string                    `json:"text" in:"max=5"`
	Flag    bool                      `json:"flag"`
	Count   int64                     `json:"count" in:"min=0,max=10"`
	Ratio   optional[float64]         `json:"ratio"`
	List    []string                  `json:"list" in:"min=1,max=2"`
	Events  optional[[]string]        `json:"events" in:"oneof=a|b"`
	Role    many                      `json:"role"`
	Kind    string                    `json:"kind" in:"oneof=x|y"`
	Only    optional[string]          `json:"only" in:"oneof=z"`
	Data    person                    `json:"data"`
	Maybe   optional[person]          `json:"maybe" in:"null"`
	People  optional[[]person]        `json:"people"`
	Closed  optional[closed]          `json:"closed"`
	Meta    optional[json.RawMessage] `json:"meta" in:"null"`
	Any     optional[json.RawMessage] `json:"any" in:"any,max=9"`
	Image   optional[string]          `json:"image" in:"null"`
	Strictn optional[string]          `json:"plain"`
}

// base is a body that everything takes.
const base = `"text":"t","flag":true,"count":3,"list":["a"],"role":"r","kind":"x","data":{"name":"n"}`

func decode(t *testing.T, body string) (everything, string) {
	t.Helper()
	p, err := input.Compile(reflect.TypeFor[everything](), types)
	if err != nil {
		t.Fatal(err)
	}
	var s input.Source
	if err := s.ParseJSON([]byte(body), p.Names); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var in everything
	issues := p.Decode(&s, reflect.ValueOf(&in).Elem(), input.Required)
	return in, strings.Join(issues, "; ")
}

// with returns base with one member replaced or added.
func with(name, value string) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte("{"+base+"}"), &members)
	members[name] = json.RawMessage(value)
	if value == "" {
		delete(members, name)
	}
	b, _ := json.Marshal(members)
	return string(b)
}

func TestIssues(t *testing.T) {
	long := strings.Repeat("k", 100)
	for _, test := range []struct{ name, value, want string }{
		{"text", ``, "[body.text] Invalid input: expected string, received undefined"},
		{"text", `null`, "[body.text] Invalid input: expected string, received null"},
		{"text", `"123456"`, "[body.text] Too big: expected string to have <=5 bytes"},
		{"text", `"a\u0000"`, "[body.text] Invalid input"},
		{"count", ``, "[body.count] Invalid input: expected number, received undefined"},
		{"count", `"3"`, "[body.count] Invalid input: expected number, received string"},
		{"count", `1.5`, "[body.count] Invalid input: expected int, received number"},
		{"count", `1e30`, "[body.count] Invalid input: expected int, received number"},
		{"count", `-1`, "[body.count] Too small: expected number to be >=0"},
		{"count", `11`, "[body.count] Too big: expected number to be <=10"},
		{"count", `3.0`, ""},
		{"ratio", `1e999`, "[body.ratio] Invalid input: expected number, received NaN"},
		{"ratio", `null`, "[body.ratio] Invalid input: expected number, received null"},
		{"list", ``, "[body.list] Invalid input: expected array, received undefined"},
		{"list", `[]`, "[body.list] Too small: expected array to have >=1 items"},
		{"list", `["a","b","c"]`, "[body.list] Too big: expected array to have <=2 items"},
		{"list", `["a",null]`, "[body.list.1] Invalid input: expected string, received null"},
		{"list", `["\u0000"]`, "[body.list.0] Invalid input"},
		{"events", `["a","c"]`, `[body.events.1] Invalid option: expected one of "a"|"b"`},
		{"role", ``, "[body.role] Invalid input"},
		{"role", `7`, "[body.role] Invalid input"},
		{"role", `["a",7]`, "[body.role] Invalid input"},
		{"kind", ``, `[body.kind] Invalid option: expected one of "x"|"y"`},
		{"kind", `7`, `[body.kind] Invalid option: expected one of "x"|"y"`},
		{"kind", `"X"`, `[body.kind] Invalid option: expected one of "x"|"y"`},
		{"only", `"x"`, `[body.only] Invalid input: expected "z"`},
		{"data", ``, "[body.data] Invalid input: expected object, received undefined"},
		{"data", `[]`, "[body.data] Invalid input: expected object, received array"},
		{"data", `{"name":"","email":"x"}`, "[body.data.name] Too small: expected string to have >=1 characters; [body.data.email] Invalid email address"},
		{"data", `{"name":"a","name":"b"}`, "[body.data] A member is given twice"},
		{"data", `{"name":"a","more":1}`, ""},
		{"people", `[{"name":"a"},{}]`, "[body.people.1.name] Invalid input: expected string, received undefined"},
		{"people", `[null]`, "[body.people.0] Invalid input: expected object, received null"},
		{"closed", `{"name":"a","x":1}`, `[body.closed] Unrecognized key: "x"`},
		{"closed", `{"y":1,"x":1}`, `[body.closed.name] Invalid input: expected string, received undefined; [body.closed] Unrecognized keys: "y", "x"`},
		{"closed", `{"name":"a","` + long + `":1}`, `[body.closed] Unrecognized key: "` + long[:64] + `…"`},
		{"meta", `[]`, "[body.meta] Invalid input: expected object, received array"},
		{"meta", `{"a":"\u0000"}`, "[body.meta] Invalid input"},
		{"any", `[1,2]`, ""},
		{"any", `"123456789"`, "[body.any] Invalid input"},
		{"plain", `null`, "[body.plain] Invalid input: expected string, received null"},
		{"list", "[" + strings.Repeat(`"",`, 1000) + `""]`, "[body.list] Too big: expected array to have <=2 items"},
		{"events", "[" + strings.Repeat(`"a",`, 1000) + `"a"]`, "[body.events] Too big: expected array to have <=1000 items"},
	} {
		if _, got := decode(t, with(test.name, test.value)); got != test.want {
			t.Errorf("%s: %.60s\n got %s\nwant %s", test.name, test.value, got, test.want)
		}
	}
}

func TestValues(t *testing.T) {
	in, issues := decode(t, `{`+base+`,"ratio":0.5,"events":["a","b"],"only":"z","maybe":{"name":"m","email":null,"tags":["x"]},
		"people":[{"name":"p"}],"closed":{"name":"c"},"meta":null,"any":[1],"image":null}`)
	want := everything{
		Text: "t", Flag: true, Count: 3, List: []string{"a"}, Role: many{"r"}, Kind: "x", Data: person{Name: "n"},
		Ratio: optional[float64]{Value: 0.5, Set: true}, Events: optional[[]string]{Value: []string{"a", "b"}, Set: true},
		Only:   optional[string]{Value: "z", Set: true},
		Maybe:  optional[person]{Value: person{Name: "m", Email: optional[string]{Null: true}, Tags: optional[[]string]{Value: []string{"x"}, Set: true}}, Set: true},
		People: optional[[]person]{Value: []person{{Name: "p"}}, Set: true}, Closed: optional[closed]{Value: closed{Name: "c"}, Set: true},
		Meta: optional[json.RawMessage]{Null: true}, Any: optional[json.RawMessage]{Value: json.RawMessage(`[1]`), Set: true},
		Image: optional[string]{Null: true},
	}
	if issues != "" || !reflect.DeepEqual(in, want) {
		t.Errorf("%s\n got %+v\nwant %+v", issues, in, want)
	}
	if in, issues := decode(t, with("role", `["a","b"]`)); issues != "" || !reflect.DeepEqual(in.Role, many{"a", "b"}) {
		t.Errorf("a list of roles: %v %s", in.Role, issues)
	}
}

type page struct {
	_      struct{}          `in:"strict"`
	Limit  optional[int64]   `json:"limit" in:"query,min=0,max=100"`
	Offset int64             `json:"offset" in:"query"`
	Ratio  optional[float64] `json:"ratio" in:"query"`
	Fresh  optional[bool]    `json:"fresh" in:"query,coerce"`
	Order  optional[string]  `json:"sortOrder" in:"query,oneof=asc|desc"`
}

func TestQueries(t *testing.T) {
	p, err := input.Compile(reflect.TypeFor[page](), types)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                      "[query.offset] Invalid input: expected number, received undefined",
		"offset=x":              "[query.offset] Invalid input: expected number, received NaN",
		"offset=0x10":           "[query.offset] Invalid input: expected number, received NaN",
		"offset=NaN":            "[query.offset] Invalid input: expected number, received NaN",
		"offset=1.5":            "[query.offset] Invalid input: expected int, received number",
		"offset=1&offset=2":     "[query.offset] Invalid input: expected number, received array",
		"offset=":               "",
		"offset=7":              "",
		"offset=-7e1":           "",
		"offset=1&limit=-1":     "[query.limit] Too small: expected number to be >=0",
		"offset=1&limit=101":    "[query.limit] Too big: expected number to be <=100",
		"offset=1&sort_order=x": `[query.sortOrder] Invalid option: expected one of "asc"|"desc"`,
		"offset=1&foo=1":        `[query] Unrecognized key: "foo"`,
		"offset=1&ratio=.5":     "",
	} {
		var s input.Source
		var in page
		s.ParseQuery(query, p.Names)
		if got := strings.Join(p.Decode(&s, reflect.ValueOf(&in).Elem(), input.Ignored), "; "); got != want {
			t.Errorf("?%s\n got %s\nwant %s", query, got, want)
		}
	}
	var s input.Source
	var in page
	s.ParseQuery("offset=-7e1&limit=9&ratio=.5&fresh=false&sort_order=asc", p.Names)
	issues := p.Decode(&s, reflect.ValueOf(&in).Elem(), input.Ignored)
	want := page{
		Limit: optional[int64]{Value: 9, Set: true}, Offset: -70, Ratio: optional[float64]{Value: 0.5, Set: true},
		Fresh: optional[bool]{Value: true, Set: true}, Order: optional[string]{Value: "asc", Set: true},
	}
	if len(issues) > 0 || in != want {
		t.Errorf("%v %+v, want %+v", issues, in, want)
	}
}

// TestCheck: what Go code fills in is checked as what JSON brings.
func TestCheck(t *testing.T) {
	p, err := input.Compile(reflect.TypeFor[everything](), types)
	if err != nil {
		t.Fatal(err)
	}
	good, issues := decode(t, "{"+base+"}")
	if issues != "" {
		t.Fatal(issues)
	}
	for want, change := range map[string]func(*everything){
		"":                            func(*everything) {},
		"[body.list.0] Invalid input": func(e *everything) { e.List[0] = "\x00" },
		"[body.data.name] Too small: expected string to have >=1 characters": func(e *everything) { e.Data.Name = "" },
		"[body.maybe.email] Invalid email address": func(e *everything) {
			e.Maybe.Set, e.Maybe.Value = true, person{Name: "x", Email: optional[string]{Value: "x", Set: true}}
		},
		"[body.ratio] Invalid input: expected number, received NaN":  func(e *everything) { e.Ratio = optional[float64]{Value: math.Inf(1), Set: true} },
		"[body.plain] Invalid input: expected string, received null": func(e *everything) { e.Strictn.Null = true },
		"[body.meta] Invalid input": func(e *everything) {
			e.Meta = optional[json.RawMessage]{Value: json.RawMessage("{" + strings.Repeat(" ", 1<<17)), Set: true}
		},
		"[body.any] Invalid input":                            func(e *everything) { e.Any = optional[json.RawMessage]{Value: json.RawMessage("{"), Set: true} },
		"[body.count] Too big: expected number to be <=10":    func(e *everything) { e.Count = math.MaxInt64 },
		`[body.kind] Invalid option: expected one of "x"|"y"`: func(e *everything) { e.Kind = "" },
		"[body.people.0.tags] Too big: expected array to have <=2 items": func(e *everything) {
			e.People = optional[[]person]{Set: true, Value: []person{{Name: "x", Tags: optional[[]string]{Set: true, Value: make([]string, 3)}}}}
		},
	} {
		in := good
		in.List = []string{"a"}
		change(&in)
		if got := strings.Join(p.Check(reflect.ValueOf(&in).Elem()), "; "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

type node struct {
	Name     string           `json:"name"`
	Children optional[[]node] `json:"children"`
}

func TestRefusedInputs(t *testing.T) {
	for name, typ := range map[string]reflect.Type{
		"no struct": reflect.TypeFor[string](),
		"no tag":    reflect.TypeFor[struct{ Name string }](),
		"options in the tag": reflect.TypeFor[struct {
			A string `json:"a,omitempty"`
		}](),
		"an unknown word": reflect.TypeFor[struct {
			A string `json:"a" in:"emial"`
		}](),
		"a bound that is none": reflect.TypeFor[struct {
			A string `json:"a" in:"min=x"`
		}](),
		"a type": reflect.TypeFor[struct {
			A int `json:"a"`
		}](),
		"a pointer": reflect.TypeFor[struct {
			A *string `json:"a"`
		}](),
		"lists of lists": reflect.TypeFor[struct {
			A [][]string `json:"a"`
		}](),
		"a list in the query": reflect.TypeFor[struct {
			A []string `json:"a" in:"query"`
		}](),
		"a bool in the query": reflect.TypeFor[struct {
			A bool `json:"a" in:"query"`
		}](),
		"a number in the path": reflect.TypeFor[struct {
			A int64 `json:"a" in:"path"`
		}](),
		"null without Optional": reflect.TypeFor[struct {
			A string `json:"a" in:"null"`
		}](),
		"email of a number": reflect.TypeFor[struct {
			A int64 `json:"a" in:"email"`
		}](),
		"coerce in the body": reflect.TypeFor[struct {
			A bool `json:"a" in:"coerce"`
		}](),
		"a struct in itself": reflect.TypeFor[node](),
		"strict with a rest": reflect.TypeFor[struct {
			_ struct{} `in:"strict"`
			R rest
		}](),
		"a blank field": reflect.TypeFor[struct {
			_ struct{} `in:"strct"`
		}](),
		"a rest inside": reflect.TypeFor[struct {
			A struct{ R rest } `json:"a"`
		}](),
		"a nested query": reflect.TypeFor[struct {
			A struct {
				B string `json:"b" in:"query"`
			} `json:"a"`
		}](),
	} {
		if _, err := input.Compile(typ, types); err == nil {
			t.Errorf("%s: %s compiles", name, typ)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("{" + base + "}"))
	f.Add([]byte(`{"data":{"name":"a","name":"b"},"people":[{}],"any":{"a":[[]]},"closed":{"x":1}}`))
	f.Add([]byte(`{"count":1e400,"ratio":-0,"role":[],"meta":null}`))
	p, err := input.Compile(reflect.TypeFor[everything](), types)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var s input.Source
		if s.ParseJSON(body, p.Names) != nil {
			return
		}
		var in everything
		v := reflect.ValueOf(&in).Elem()
		if len(p.Decode(&s, v, input.Required)) == 0 && len(p.Check(v)) > 0 {
			t.Errorf("decoded and refused afterwards: %s: %v", body, p.Check(v))
		}
	})
}
