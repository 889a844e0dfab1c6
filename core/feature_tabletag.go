package kernia

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kernia-go/kernia/ports"
)

// tableTags are the kernia tags of a struct, read column by column.
type tableTags struct {
	model         *ports.Model
	unique, index keySet
}

// keySet is a list of keys, some of which grow by a word that columns share.
type keySet struct {
	list  []ports.Key
	words []string // of each key; "" for that of a single column
}

func (k *keySet) add(word, column string) {
	if i := slices.Index(k.words, word); word != "" && i >= 0 {
		k.list[i] = append(k.list[i], column)
		return
	}
	k.list, k.words = append(k.list, ports.Key{column}), append(k.words, word)
}

// read reads the tag of one column and returns the name of the model that it refers to, or "".
func (t *tableTags) read(tag string, f *ports.Field) (reference string, err error) {
	for word := range strings.SplitSeq(tag, ",") {
		switch key, value, given := strings.Cut(word, "="); {
		case word == "":
		case key == "ref" && value != "":
			reference = value
			t.index.add("", f.Name)
		case key == "index" && given == (value != ""):
			t.index.add(value, f.Name)
		case key == "unique" && given == (value != ""):
			t.unique.add(value, f.Name)
		case word == "expires" && f.Type == ports.TypeTime && t.model.Expires == "":
			t.model.Expires = f.Name
		case key == "default" && given:
			if f.Default, err = defaultOf(f.Type, value); err != nil {
				return "", err
			}
		default:
			return "", fmt.Errorf("its tag has the word %q, which means nothing for this column", word)
		}
	}
	return reference, nil
}

func defaultOf(t ports.Type, text string) (ports.Value, error) {
	switch t {
	case ports.TypeString:
		return ports.String(text), nil
	case ports.TypeBool:
		if b, err := strconv.ParseBool(text); err == nil {
			return ports.Bool(b), nil
		}
	case ports.TypeInt:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return ports.Int(n), nil
		}
	case ports.TypeTime:
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return ports.Time(at), nil
		}
	}
	return ports.Value{}, fmt.Errorf("its default is not a %s that a tag can hold", t)
}

func columnName(sf reflect.StructField) string {
	if name, _, _ := strings.Cut(sf.Tag.Get("json"), ","); name != "" && name != "-" {
		return name
	}
	name := sf.Name
	if name == "ID" {
		return "id"
	}
	if rest, ok := strings.CutSuffix(name, "ID"); ok {
		name = rest + "Id"
	}
	capitals := len(name) - len(strings.TrimLeftFunc(name, unicode.IsUpper))
	if capitals > 1 && capitals < len(name) {
		capitals-- // the last one begins the next word: URLPath is urlPath
	}
	return strings.ToLower(name[:capitals]) + name[capitals:]
}
