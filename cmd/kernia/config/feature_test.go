package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
)

// An option is a value of one key and the feature that it makes.
type option struct {
	json string
	want kernia.Feature // nil: the value is refused
}

// checkOptions decodes each option at path, with all others left out, and compares the feature. The table must have
// every option, and each must change something.
func checkOptions(t *testing.T, path string, fallback kernia.Feature, options map[string]option) {
	t.Helper()
	if got := featureAt(t, path, "{}"); !reflect.DeepEqual(got, fallback) {
		t.Errorf("without options %s makes %#v, want %#v", path, got, fallback)
	}
	for _, k := range Keys() {
		if name, in := strings.CutPrefix(k.Path, path+"."); in && k.kind.Kind() != reflect.Struct && options[name].json == "" && !slices.Contains(others, k.Path) {
			t.Errorf("the test has no %s", k.Path)
		}
	}
	for name, o := range options {
		object := nested(name, o.json)
		if o.want == nil {
			s := decodeAt(t, path, object)
			if err := s.Check(); err == nil || !strings.Contains(err.Error(), path+"."+name+": ") {
				t.Errorf("%s with %s: Check = %v, want an error that names the key", path, object, err)
			}
			continue
		}
		if got := featureAt(t, path, object); !reflect.DeepEqual(got, o.want) || reflect.DeepEqual(got, fallback) {
			t.Errorf("%s with %s makes %#v, want %#v, which is not the default", path, object, got, o.want)
		}
	}
}

// others are options that say something about the feature of another part, with which they are tested.
var others = []string{"emailAndPassword.requireEmailVerification"}

// decodeAt returns the settings with the one object at path.
func decodeAt(t *testing.T, path, object string) *Settings {
	t.Helper()
	return mustDecode(t, nested(path, object))
}

// nested returns an object that has the value at path.
func nested(path, value string) string {
	names := strings.Split(path, ".")
	for i := len(names) - 1; i >= 0; i-- {
		value = `{"` + names[i] + `": ` + value + `}`
	}
	return value
}

func featureAt(t *testing.T, path, object string) kernia.Feature {
	t.Helper()
	s := decodeAt(t, path, object)
	var found kernia.Feature
	walk("", reflect.ValueOf(s), func(at string, part any) {
		if o, ok := part.(options); ok && at == path {
			found, _ = o.feature(s)
		}
	})
	if found == nil {
		return nil // what is not switched on
	}
	_, all, err := s.Core()
	if err != nil {
		t.Fatalf("%s with %s: %v", path, object, err)
	}
	for _, f := range all {
		if reflect.DeepEqual(f, found) {
			return found
		}
	}
	t.Fatalf("%s with %s: Core has no %#v", path, object, found)
	return nil
}

func mustDecode(t *testing.T, text string) *Settings {
	t.Helper()
	s, err := Decode([]byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFeaturesOn(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                          "",
		`{"plugins": {"bearer": {}}}`: "bearer",
		`{"plugins": {"bearer": {}}, "emailAndPassword": {"enabled": true}}`: "emailAndPassword bearer",
	} {
		if got := strings.Join(mustDecode(t, text).FeaturesOn(), " "); got != want {
			t.Errorf("FeaturesOn of %s = %q, want %q", text, got, want)
		}
	}
}

// Each feature has a test of its options.
func TestFeatures(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	found := 0
	for _, k := range Keys() {
		part := k.kind
		if part.Kind() != reflect.Pointer {
			part = reflect.PointerTo(part)
		}
		if !part.Implements(reflect.TypeFor[options]()) {
			continue
		}
		found++
		if !strings.Contains(tests.String(), `checkOptions(t, "`+k.Path+`",`) {
			t.Errorf("no test calls checkOptions for %s", k.Path)
		}
	}
	if found < 2 {
		t.Errorf("found %d features, want all", found)
	}
}
