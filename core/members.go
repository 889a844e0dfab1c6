package kernia

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deeply a JSON body may nest.
const maxDepth = 32

// maxMembers bounds how many members a body or a query may have.
const maxMembers = 256

// A member is one value of a body or a query under its name.
type member struct {
	name string
	raw  json.RawMessage // of a JSON body
	text string          // of a form or a query
	many bool            // a query key that came more than once
}

// A source is everything a request brought, parsed once.
type source struct {
	kind  string // what the body is: "object", "undefined", "null", "array", "string", "number", "boolean"
	form  bool   // members of the body are text
	body  []member
	query []member
	path  string // the one path parameter
}

func find(members []member, name string) *member {
	for i := range members {
		if members[i].name == name {
			return &members[i]
		}
	}
	return nil
}

// kindOf names the type of a JSON text as validation messages do.
func kindOf(raw []byte) string {
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

var (
	errDuplicate = &Error{Kind: Invalid, Code: "VALIDATION_ERROR", Message: "[body] A member is given twice"}
	errMembers   = &Error{Kind: Invalid, Code: "VALIDATION_ERROR", Message: "[body] Too many members"}
	errDeep      = &Error{Kind: Invalid, Code: "BAD_REQUEST", Message: "Request body is nested too deeply"}
	errEncoding  = &Error{Kind: Invalid, Code: "BAD_REQUEST", Message: "Request body is not valid UTF-8"}
)

// parseJSON splits a JSON body into its members.
func (s *source) parseJSON(body []byte, names map[string]string) *Error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(body) {
		return errEncoding
	}
	if tooDeep(body) {
		return errDeep
	}
	if !json.Valid(body) {
		return ErrMalformed
	}
	body = bytes.TrimLeft(body, " \t\r\n")
	if s.kind = kindOf(body); s.kind != "object" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	_, _ = dec.Token() // the opening brace: the text is valid
	for dec.More() {
		key, _ := dec.Token()
		name, _ := key.(string)
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return ErrMalformed
		}
		if err := s.add(member{name: name, raw: raw}, names); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return ErrMalformed
	}
	if _, err := dec.Token(); err != io.EOF {
		return ErrMalformed
	}
	return nil
}

// parseForm splits an URL-encoded body into its members, all text.
func (s *source) parseForm(body []byte, names map[string]string) *Error {
	s.kind, s.form = "object", true
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		text, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil || !utf8.ValidString(name) || !utf8.ValidString(text) {
			return errEncoding
		}
		if e := s.add(member{name: name, text: text}, names); e != nil {
			return e
		}
	}
	return nil
}

// add keeps one member under its canonical name. A name that comes twice, in whichever spelling, is refused: two
// readers could take different ones for the truth.
func (s *source) add(m member, names map[string]string) *Error {
	if canonical, ok := names[m.name]; ok {
		m.name = canonical
	}
	if find(s.body, m.name) != nil {
		return errDuplicate
	}
	if len(s.body) == maxMembers {
		return errMembers
	}
	s.body = append(s.body, m)
	return nil
}

// parseQuery splits the raw query. What is not well encoded stays as it came; repeated keys are marked.
func (s *source) parseQuery(raw string, names map[string]string) {
	for len(raw) > 0 && len(s.query) < maxMembers {
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
		if m := find(s.query, name); m != nil {
			m.many = true
			continue
		}
		s.query = append(s.query, member{name: name, text: text})
	}
}

func unescape(s string) string {
	if t, err := url.QueryUnescape(s); err == nil {
		return strings.ToValidUTF8(t, "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// tooDeep reports whether brackets outside of strings nest deeper than maxDepth, before a decoder recurses.
func tooDeep(body []byte) bool {
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

// snake returns the snake_case spelling of a camelCase name: callback_url for callbackURL.
func snake(name string) string {
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

// spread gives the members of a body to the query and path parameters of a call by name.
func (s *source) spread(p *inputPlan) {
	for i := range p.fields {
		f := &p.fields[i]
		m := find(s.body, f.name)
		if m == nil || f.from == 'b' {
			continue
		}
		text := string(m.raw)
		_ = json.Unmarshal(m.raw, &text) // a string without its quotes, anything else as it is written
		if f.from == 'p' {
			s.path = text
			continue
		}
		s.query = append(s.query, member{name: f.name, text: text})
	}
}
