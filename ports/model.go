package ports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// IDKind says in which form a store keeps the ids of a model. In Go an id is always a string. The zero IDKind is
// [IDText].
type IDKind uint8

// The forms of ids.
const (
	IDText     IDKind = iota // any text; the core makes 32 letters and digits
	IDUUID                   // an RFC 9562 UUID in its lower-case text form; the core makes version 4
	IDSerial                 // a positive integer that the store counts up and never reuses
	IDObjectID               // 24 hexadecimal digits that the store makes
)

// Stored reports whether the store makes the ids. The id of a record to create is then null.
func (k IDKind) Stored() bool { return k == IDSerial || k == IDObjectID }

// Valid reports whether id has this form. Each id has only one spelling: no upper case in a UUID or an ObjectID, no sign
// and no leading zero in a number. A text is UTF-8.
func (k IDKind) Valid(id string) bool {
	switch k {
	case IDUUID:
		return len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' &&
			isHex(id[:8]) && isHex(id[9:13]) && isHex(id[14:18]) && isHex(id[19:23]) && isHex(id[24:])
	case IDSerial:
		n, err := strconv.ParseInt(id, 10, 64)
		return err == nil && n > 0 && strconv.FormatInt(n, 10) == id
	case IDObjectID:
		return len(id) == 24 && isHex(id)
	}
	return utf8.ValidString(id)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// A Model describes one kind of record. Models are built once, before the first call, and never change afterwards. A
// store may cache what it derives from a Model under the Model's address.
type Model struct {
	Name   string // its name in features and errors, such as "user"
	Table  string // the table or collection; "" means Name
	ID     IDKind // the form of the ids
	Fields []Field
	Unique []Key // no two records have the same value of such a key; records with a null in the key never conflict
	Index  []Key // keys that look-ups use

	// Expires names the time field that says when a record expires; "" if records do not expire. Callers ignore expired
	// records and delete them now and then. A store may delete them too, an hour later by its own clock.
	Expires string

	// Dependents are the models whose records are deleted together with a record of this model: before it, and
	// recursively.
	Dependents []Dependent
}

// A Field is one value of a record. The first field of every model is "id", a non-null string.
type Field struct {
	Name       string // its name in features and JSON
	Column     string // the column or document key; "" means Name
	Type       Type
	Null       bool   // may be null
	Default    Value  // what existing records get when Migrate adds the field; it may be null if Null is set
	References *Model // the model whose id this string field holds, or nil; the field inherits that model's IDKind
}

// A Key lists fields that are unique together or looked up together.
type Key []string

// String returns the names of the fields joined by commas, as [ConflictError] names a key.
func (k Key) String() string { return strings.Join(k, ",") }

// A Dependent is a field of another model that holds ids of this one.
type Dependent struct {
	Model *Model
	Field string
}

// TableName returns Table, or Name if Table is empty.
func (m *Model) TableName() string {
	if m.Table != "" {
		return m.Table
	}
	return m.Name
}

// Field returns the position of the named field, or -1.
func (m *Model) Field(name string) int {
	for i := range m.Fields {
		if m.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// ColumnName returns Column, or Name if Column is empty.
func (f *Field) ColumnName() string {
	if f.Column != "" {
		return f.Column
	}
	return f.Name
}

// Columns returns the names of the columns of a key, in its order.
func (m *Model) Columns(k Key) []string {
	columns := make([]string, len(k))
	for i, name := range k {
		columns[i] = m.Fields[m.Field(name)].ColumnName()
	}
	return columns
}

// IDKind returns the form of the ids in field i: the model's own for the id, the target's for a reference. ok is false
// for any other field.
func (m *Model) IDKind(i int) (kind IDKind, ok bool) {
	if i == 0 {
		return m.ID, true
	}
	if r := m.Fields[i].References; r != nil {
		return r.ID, true
	}
	return 0, false
}

// Check returns nil, or an error wrapping [ErrInvalid] that says what is wrong with the model: the id is not first, a
// name is used twice, or a key, a reference or Expires does not fit the fields.
func (m *Model) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: model %q: %s", ErrInvalid, m.Name, fmt.Sprintf(format, args...))
	}
	if m.Name == "" || len(m.Fields) == 0 || m.Fields[0].Name != "id" || m.Fields[0].Type != TypeString || m.Fields[0].Null {
		return bad("needs a name and a first field id, a string that is never null")
	}
	names, columns := map[string]bool{}, map[string]bool{}
	for i := range m.Fields {
		f := &m.Fields[i]
		switch {
		case f.Name == "" || names[f.Name]:
			return bad("field name %q is empty or used twice", f.Name)
		case columns[f.ColumnName()]:
			return bad("column %q is used twice", f.ColumnName())
		case f.Type == TypeNull || f.Type > TypeList:
			return bad("field %q has no type", f.Name)
		case f.References != nil && f.Type != TypeString:
			return bad("field %q refers to a model and is no string", f.Name)
		case !f.Default.IsNull() && f.Default.Type() != f.Type:
			return bad("the default of field %q has another type", f.Name)
		}
		names[f.Name], columns[f.ColumnName()] = true, true
	}
	for _, k := range slices.Concat(m.Unique, m.Index) {
		if len(k) == 0 {
			return bad("an empty key")
		}
		if slices.ContainsFunc(k, func(name string) bool { return !names[name] }) {
			return bad("key %q names no field", k)
		}
	}
	if i := m.Field(m.Expires); m.Expires != "" && (i < 0 || m.Fields[i].Type != TypeTime) {
		return bad("expires by %q, which is no time field", m.Expires)
	}
	for _, r := range m.Dependents {
		if i := r.Model.Field(r.Field); i < 0 || r.Model.Fields[i].References != m {
			return bad("referrer %q.%q does not refer here", r.Model.Name, r.Field)
		}
	}
	return nil
}

// CheckRecord returns an error wrapping [ErrInvalid] if [Store.Create] must refuse r: its length is wrong, a value has
// another type than its field or is null where it may not be, or the id is missing, or given although the store makes
// the ids.
func (m *Model) CheckRecord(r Record) error {
	if len(r) != len(m.Fields) {
		return fmt.Errorf("%w: a record of %q has %d values, not %d", ErrInvalid, m.Name, len(m.Fields), len(r))
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		switch {
		case i == 0 && r[i].IsNull():
			if !m.ID.Stored() {
				return fmt.Errorf("%w: a record of %q needs an id", ErrInvalid, m.Name)
			}
		case i == 0 && m.ID.Stored():
			return fmt.Errorf("%w: the store makes the ids of %q", ErrInvalid, m.Name)
		case r[i].IsNull():
			if !f.Null {
				return fmt.Errorf("%w: %q.%q is null", ErrInvalid, m.Name, f.Name)
			}
		case r[i].Type() != f.Type:
			return fmt.Errorf("%w: %q.%q is a %s, not a %s", ErrInvalid, m.Name, f.Name, f.Type, r[i].Type())
		}
	}
	return nil
}
