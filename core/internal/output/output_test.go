package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

var moment = time.Date(2026, 1, 2, 4, 4, 5, 678_900_000, time.FixedZone("", 3600))

const want = `"2026-01-02T03:04:05.678Z"`

type base struct {
	At time.Time `json:"at"`
}

type Named struct {
	Created time.Time `json:"created"`
	Name    string    `json:"name"`
}

type holder struct {
	base
	*Named
	Whole   time.Time            `json:"whole"`
	Pointer *time.Time           `json:"pointer"`
	None    *time.Time           `json:"none"`
	Omitted *time.Time           `json:"omitted,omitempty"`
	Zero    time.Time            `json:"zero,omitzero"`
	Kept    time.Time            `json:"kept,omitempty"`
	List    []time.Time          `json:"list"`
	Map     map[string]time.Time `json:"map"`
	Keys    map[time.Time]int    `json:"keys"`
	Any     any                  `json:"any"`
	Deep    []map[string]*Named  `json:"deep"`
	Self    *holder              `json:"self,omitempty"`
	hidden  time.Time
	Skipped time.Time `json:"-"`
	Text    string    `json:"text"`
}

func TestTimes(t *testing.T) {
	h := holder{
		base: base{moment}, Whole: moment.Truncate(time.Hour), Pointer: &moment, List: []time.Time{moment}, Map: map[string]time.Time{"b": moment, "a": moment},
		Keys: map[time.Time]int{moment: 1}, Any: []any{moment, &moment, map[int]any{2: moment}}, Deep: []map[string]*Named{{"x": {Created: moment}, "y": nil}, nil},
		Self: &holder{}, Text: "<&>", hidden: moment, Skipped: moment,
	}
	got, err := JSON(h)
	zero := `"0001-01-01T00:00:00.000Z"`
	if text := `{"at":` + want + `,"whole":"2026-01-02T03:00:00.000Z","pointer":` + want + `,"none":null,"kept":` + zero + `,"list":[` + want + `],"map":{"a":` + want + `,"b":` + want +
		`},"keys":{` + want + `:1},"any":[` + want + `,` + want + `,{"2":` + want + `}],"deep":[{"x":{"created":` + want + `,"name":""},"y":null},null],"self":{"at":` + zero + `,"whole":` + zero +
		`,"pointer":null,"none":null,"kept":` + zero + `,"list":null,"map":null,"keys":null,"any":null,"deep":null,"text":""},"text":"<&>"}`; err != nil || string(got) != text {
		t.Errorf("%v\n got %s\nwant %s", err, got, text)
	}
	for _, v := range []any{moment, &moment, struct{ T any }{moment}.T} {
		if got, err := JSON(v); err != nil || string(got) != want {
			t.Errorf("%T: %s, %v", v, got, err)
		}
	}
}

// written writes itself, and hides what encoding/json would say.
type written struct{ Text string }

func (w *written) AppendJSON(dst []byte) []byte { return append(dst, `{"written":true}`...) }

func TestWrittenByThemselves(t *testing.T) {
	got, err := JSON(map[string]any{
		"a": written{}, "b": &written{}, "c": []written{{}}, "d": struct{ W, N *written }{W: &written{}}, "e": (*written)(nil),
		"f": netip.MustParseAddr("::1"), "g": json.RawMessage(`{"<": 1}`), "h": []byte("x"), "i": json.Number("7"),
	})
	w := `{"written":true}`
	if want := `{"a":` + w + `,"b":` + w + `,"c":[` + w + `],"d":{"W":` + w + `,"N":null},"e":null,"f":"::1","g":{"<":1},"h":"eA==","i":7}`; err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

func TestRefusedOutputs(t *testing.T) {
	loop := &holder{}
	loop.Self = loop
	var list []any
	list = append(list, nil)
	list[0] = list
	for name, v := range map[string]any{
		"a value that holds itself": loop, "a list that holds itself": list, "a function": struct{ F, T any }{F: func() {}},
		"a far year": time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), "keys without a text": map[struct{}]any{{}: 1},
		"not a number": []any{[]float64{zero() / zero()}}, "a far key": map[time.Time]any{moment.AddDate(-9000, 0, 0): 1},
	} {
		if got, err := JSON(v); err == nil {
			t.Errorf("%s: %.80s", name, got)
		}
	}
}

func zero() float64 { return 0 }

type (
	textKey int
	ptrText string
	color   uint8
	zeroed  struct{ N int }
	inner   struct {
		A, B string
		C    int `json:"c"`
	}
	Other struct {
		A string `json:"A"`
		B string
		D *int `json:",omitempty"`
	}
	Level struct {
		Other
		*Deeper
	}
	Deeper struct{ D, E, c string }
)

func (k textKey) MarshalText() ([]byte, error)  { return fmt.Appendf(nil, "<%d>", int(k)), nil }
func (p *ptrText) MarshalText() ([]byte, error) { return []byte("pointer"), nil }
func (c color) MarshalJSON() ([]byte, error)    { return fmt.Appendf(nil, `{"c" : "&%d"}`, c), nil }
func (z zeroed) IsZero() bool                   { return z.N%2 == 0 }

type plainly struct {
	inner
	*Level
	Bool    bool              `json:"bool,string"`
	Int     int64             `json:"int,string,omitempty"`
	Uint    *uint16           `json:"uint,string"`
	Float   float64           `json:",string"`
	Float32 float32           `json:"f32,omitempty"`
	Text    string            `json:"text,string"`
	Bad     string            `json:"b\"ad"`
	Dash    string            `json:"-,"`
	Gone    string            `json:"-"`
	List    []inner           `json:"list,omitempty"`
	Array   [2]*inner         `json:"array,omitempty"`
	Bytes   []byte            `json:"bytes"`
	Map     map[int8][]string `json:"map,omitempty"`
	Keys    map[textKey]color `json:"keys"`
	Colors  []color           `json:"colors"`
	Color   *color            `json:"color,omitempty"`
	PtrText ptrText           `json:"ptrText"`
	PtrKeys map[string]ptrText
	Zeroed  zeroed   `json:"zeroed,omitzero"`
	PZeroed *zeroed  `json:"pz,omitzero"`
	Struct  struct{} `json:"struct,omitempty"`
	Node    *node    `json:"node"`
	secret  string
}

type node struct {
	Next  *node           `json:"next,omitempty"`
	Named map[string]node `json:"named"`
}

// encode returns v as this package writes it when it leaves nothing to encoding/json that it can do itself.
func encodeAll(v reflect.Value) ([]byte, error) {
	c := &compiler{made: map[reflect.Type]*encode{}, all: true}
	return c.of(v.Type())(nil, v, 0)
}

func standardJSON(v reflect.Value) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v.Interface())
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func compare(t *testing.T, v reflect.Value) {
	t.Helper()
	want, err := standardJSON(v)
	got, err2 := encodeAll(v)
	if (err == nil) != (err2 == nil) || err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%s\n got %s, %v\nwant %s, %v", v.Type(), got, err2, want, err)
	}
}

// TestAsEncodingJSON compares random values of a type with everything in it.
func TestAsEncodingJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		p := reflect.New(reflect.TypeFor[plainly]())
		fill(r, p.Elem(), 0)
		compare(t, p)
		compare(t, reflect.ValueOf(p.Elem().Interface())) // where nothing has an address
	}
	compare(t, reflect.ValueOf(plainly{secret: "x", Level: &Level{Deeper: &Deeper{c: "x"}}}))
}

// FuzzAsEncodingJSON compares random values of random types.
func FuzzAsEncodingJSON(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		typ := randomType(r, 0)
		for range 5 {
			p := reflect.New(typ)
			fill(r, p.Elem(), 0)
			compare(t, p)
			compare(t, reflect.ValueOf(p.Elem().Interface()))
		}
	})
}

var texts = []string{"", "a", "<&>", "\"\\", "\u2028é", "\x00\x7f", "\xff", "null", "7"}

// fill sets everything in v that can be set to something random, often to nothing.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	if !v.CanSet() && v.Kind() != reflect.Struct || r.IntN(4) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int64:
		v.SetInt(r.Int64N(1<<62)>>r.IntN(62) - 50)
	case reflect.Uint, reflect.Uint8, reflect.Uint16:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(r.NormFloat64() * []float64{1, 1e-9, 1e30}[r.IntN(3)])
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Pointer:
		if depth < 6 && v.CanSet() {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(3) {
			if key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem(); depth < 6 {
				fill(r, key, depth+1)
				fill(r, elem, depth+1)
				v.SetMapIndex(key, elem)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), depth+1)
		}
	}
}

var leaves = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[uint8](), reflect.TypeFor[float64](), reflect.TypeFor[float32](), reflect.TypeFor[string](),
	reflect.TypeFor[color](), reflect.TypeFor[textKey](), reflect.TypeFor[ptrText](), reflect.TypeFor[inner](), reflect.TypeFor[Other](), reflect.TypeFor[zeroed](),
}

func randomType(r *rand.Rand, depth int) reflect.Type {
	switch n := r.IntN(10); {
	case depth > 3 || n < 4:
		return leaves[r.IntN(len(leaves))]
	case n == 4:
		return reflect.PointerTo(randomType(r, depth+1))
	case n == 5:
		return reflect.SliceOf(randomType(r, depth+1))
	case n == 6:
		return reflect.ArrayOf(r.IntN(3), randomType(r, depth+1))
	case n == 7:
		keys := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int16](), reflect.TypeFor[textKey](), reflect.TypeFor[uint]()}
		return reflect.MapOf(keys[r.IntN(len(keys))], randomType(r, depth+1))
	}
	var fields []reflect.StructField
	names := []string{"", "a", "A", "F0", "F1", "ü-1", `q"`, "-", "x y"}
	options := []string{"", ",omitempty", ",omitzero", ",string", ",string,omitempty", ",omitempty,omitzero"}
	for i := range 1 + r.IntN(5) {
		sf := reflect.StructField{Name: fmt.Sprint("F", i), Type: randomType(r, depth+1)}
		if r.IntN(3) > 0 {
			sf.Tag = reflect.StructTag("json:" + fmt.Sprintf("%q", names[r.IntN(len(names))]+options[r.IntN(len(options))]))
		}
		fields = append(fields, sf)
	}
	return reflect.StructOf(fields)
}

func BenchmarkPlain(b *testing.B) {
	v := struct {
		Status bool   `json:"status"`
		Text   string `json:"text"`
	}{true, strings.Repeat("x", 20)}
	for b.Loop() {
		_, _ = JSON(v)
	}
}
