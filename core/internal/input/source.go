// Package input reads what a request brought, once, into members with exact names, and fills and checks the input
// structs of operations from them.
package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Bounds of a body and a query.
const (
	maxDepth   = 32  // how deeply a JSON body may nest
	maxMembers = 256 // how many members an object of the body, or the query, may have
)

// What can be wrong with a body before anybody looks at its members.
var (
	ErrTwice    = errors.New("a member is given twice")
	ErrMany     = errors.New("too many members")
	ErrDeep     = errors.New("nested too deeply")
	ErrEncoding = errors.New("not valid UTF-8")
	ErrSyntax   = errors.New("not valid JSON")
)

// A Member is one value of a body or a query under its name.
type Member struct {
	Name string
	Raw  json.RawMessage // of a JSON body
	Text string          // of a form or a query
	Many bool            // a query key that came more than once
}

// A Source is everything a request brought, parsed once.
type Source struct {
	Kind  string // what the body is: "object", "undefined", "null", "array", "string", "number", "boolean"
	Form  bool   // members of the body are text
	Body  []Member
	Query []Member
	Path  string // the one path parameter
}

// Find returns the member with the name, or nil.
func Find(members []Member, name string) *Member {
	for i := range members {
		if members[i].Name == name {
			return &members[i]
		}
	}
	return nil
}

// KindOf names the type of a JSON text as validation messages do.
func KindOf(raw []byte) string {
	if len(raw) == 0 {
		return "undefined"
	}
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// ParseJSON splits a JSON body into its members; names maps other spellings to names.
func (s *Source) ParseJSON(body []byte, names map[string]string) error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(body) {
		return ErrEncoding
	}
	if TooDeep(body) {
		return ErrDeep
	}
	if !json.Valid(body) {
		return ErrSyntax
	}
	body = bytes.TrimLeft(body, " \t\r\n")
	if s.Kind = KindOf(body); s.Kind != "object" {
		return nil
	}
	var err error
	s.Body, err = split(body, names)
	return err
}

// split returns the members of a valid JSON object.
func split(object []byte, names map[string]string) (members []Member, err error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	_, _ = dec.Token() // the opening brace: the text is valid
	for dec.More() {
		key, _ := dec.Token()
		name, _ := key.(string)
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return nil, ErrSyntax
		}
		if members, err = add(members, Member{Name: name, Raw: raw}, names); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, ErrSyntax
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, ErrSyntax
	}
	return members, nil
}

// ParseForm splits an URL-encoded body into its members, all text.
func (s *Source) ParseForm(body []byte, names map[string]string) error {
	s.Kind, s.Form = "object", true
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		text, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil || !utf8.ValidString(name) || !utf8.ValidString(text) {
			return ErrEncoding
		}
		if s.Body, err = add(s.Body, Member{Name: name, Text: text}, names); err != nil {
			return err
		}
	}
	return nil
}

// add appends one member under its canonical name. A name that comes twice, in whichever spelling, is refused: two
// readers could take different ones for the truth.
func add(members []Member, m Member, names map[string]string) ([]Member, error) {
	if canonical, ok := names[m.Name]; ok {
		m.Name = canonical
	}
	if Find(members, m.Name) != nil {
		return nil, ErrTwice
	}
	if len(members) == maxMembers {
		return nil, ErrMany
	}
	return append(members, m), nil
}

// ParseQuery splits the raw query. What is not well encoded stays as it came; repeated keys are marked.
func (s *Source) ParseQuery(raw string, names map[string]string) {
	for len(raw) > 0 && len(s.Query) < maxMembers {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, text := unescape(key), unescape(value)
		if canonical, ok := names[name]; ok {
			name = canonical
		}
		if m := Find(s.Query, name); m != nil {
			m.Many = true
			continue
		}
		s.Query = append(s.Query, Member{Name: name, Text: text})
	}
}

func unescape(s string) string {
	if t, err := url.QueryUnescape(s); err == nil {
		return strings.ToValidUTF8(t, "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// TooDeep reports whether brackets outside of strings nest deeper than a body may, before a decoder recurses.
func TooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// HasZero reports whether a string in a valid JSON text holds U+0000, which JSON can only write as an escape.
// Databases keep no such text.
func HasZero(raw []byte) bool {
	for i := 0; i+5 < len(raw); i++ {
		if raw[i] == '\\' {
			if string(raw[i+1:i+6]) == "u0000" {
				return true
			}
			i++ // what is escaped begins no escape
		}
	}
	return false
}

// Snake returns the snake_case spelling of a camelCase name: callback_url for callbackURL.
func Snake(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			afterLower := i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z')
			beforeLower := i > 0 && i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z'
			if afterLower || beforeLower {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
