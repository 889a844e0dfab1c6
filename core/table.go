package kernia

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/kernia-go/kernia/ports"
)

// A Table is one table of a feature's own, with records of type T. TableOf returns it during Declare; it is
// complete, and its methods may be called, once New has returned. It is safe for concurrent use.
type Table[T any] struct {
	auth   *Auth
	model  *ports.Model
	fields []tableField
	byID   Lookup[T]
	drop   ports.Delete
	checks []func() error // of what Where, Change and Consume built
}

// tableField connects a struct field with its position in a record.
type tableField struct {
	index     int
	reference string // the model it refers to
}

// TableOf declares a table for the struct T and returns the handle to it. Every exported field of T is a column, of
// a type that FieldType lists; its name is the Go name with a small first letter ("ID" is "id", "UserID" is
// "userId") or that of its json tag. The first must be ID string. A kernia tag refines a column:
//
//	UserID string    `kernia:"ref=user"`       holds the id of a user, and goes when the user goes
//	Email  string    `kernia:"unique"`         no two records agree
//	Team   string    `kernia:"index"`          is looked up by
//	Slug   string    `kernia:"unique=team"`    columns with the same word are unique together
func TableOf[T any](d *Declaration, name string) *Table[T] {
	t := &Table[T]{auth: d.auth, model: &ports.Model{Name: name}}
	if err := t.compile(); err != nil {
		d.fail(fmt.Errorf("table %q: %w", name, err))
	}
	t.byID = Lookup[T]{table: t, query: ports.Query{Model: t.model, Where: []ports.Condition{eq("id")}, Limit: 1}}
	t.drop = ports.Delete{Model: t.model, Where: []ports.Condition{eq("id")}}
	d.tables = append(d.tables, tableDraft{model: t.model, complete: t.complete})
	return t
}

func (t *Table[T]) compile() error {
	typ := reflect.TypeFor[T]()
	if typ.Kind() != reflect.Struct {
		return fmt.Errorf("%s is no struct", typ)
	}
	together := map[string]ports.Key{}
	for i := range typ.NumField() {
		sf := typ.Field(i)
		if !sf.IsExported() {
			return fmt.Errorf("field %s is not exported", sf.Name)
		}
		f := ports.Field{Name: columnName(sf), Type: typeOf(reflect.Zero(sf.Type).Interface()), Null: sf.Type.Kind() == reflect.Pointer}
		if f.Type == ports.TypeNull {
			return fmt.Errorf("field %s has a type that no column has", sf.Name)
		}
		tf := tableField{index: i}
		if err := t.tag(sf.Tag.Get("kernia"), f.Name, &tf, together); err != nil {
			return fmt.Errorf("field %s: %w", sf.Name, err)
		}
		t.fields = append(t.fields, tf)
		t.model.Fields = append(t.model.Fields, f)
	}
	for i := range t.model.Fields { // in the order of the columns, not of a map
		for word, key := range together {
			if key[0] == t.model.Fields[i].Name {
				t.model.Unique = append(t.model.Unique, key)
				delete(together, word)
			}
		}
	}
	return t.model.Check()
}

// tag reads the words of one column's tag.
func (t *Table[T]) tag(tag, name string, tf *tableField, together map[string]ports.Key) error {
	for word := range strings.SplitSeq(tag, ",") {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "":
		case "ref":
			tf.reference = value
			t.model.Index = append(t.model.Index, ports.Key{name})
		case "index":
			t.model.Index = append(t.model.Index, ports.Key{name})
		case "unique":
			if value == "" {
				t.model.Unique = append(t.model.Unique, ports.Key{name})
			} else {
				together[value] = append(together[value], name)
			}
		default:
			return fmt.Errorf("unknown word %q in its tag", word)
		}
	}
	return nil
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

// complete fills in what is known once everybody has declared.
func (t *Table[T]) complete(s *schema, byName map[string]*ports.Model) error {
	t.model.ID = s.user.ID
	for i, f := range t.fields {
		if f.reference == "" {
			continue
		}
		to := byName[f.reference]
		if to == nil {
			return fmt.Errorf("table %q refers to %q, which no feature declares", t.model.Name, f.reference)
		}
		t.model.Fields[i].References = to
		to.Referrers = append(to.Referrers, ports.Referrer{Model: t.model, Field: t.model.Fields[i].Name})
	}
	if err := t.model.Check(); err != nil {
		return err
	}
	for _, check := range t.checks {
		if err := check(); err != nil {
			return fmt.Errorf("table %q: %w", t.model.Name, err)
		}
	}
	return nil
}

// Create stores v with a new id and returns it as stored. A field called createdAt or updatedAt that is zero becomes
// the present. Errors: a *ports.ConflictError that names the unique key, the store's own.
func (t *Table[T]) Create(ctx context.Context, v T) (T, error) {
	r := t.record(&v)
	now := ports.Time(t.auth.now())
	for i, f := range t.model.Fields {
		if (f.Name == "createdAt" || f.Name == "updatedAt") && f.Type == ports.TypeTime && r[i].AsTime().Equal(time.Time{}) {
			r[i] = now
		}
	}
	id, err := t.auth.newID(t.model)
	if err != nil {
		return v, err
	}
	r[0] = idValue(id)
	stored, err := t.auth.config.Store.Create(ctx, t.model, r)
	if err != nil {
		return v, err
	}
	return t.value(stored), nil
}

// Find returns the record with the id, or nil.
func (t *Table[T]) Find(ctx context.Context, id string) (*T, error) {
	return t.byID.One(ctx, ports.String(id))
}

// Delete removes the record with the id, what refers to it first, and reports whether there was one.
func (t *Table[T]) Delete(ctx context.Context, id string) (bool, error) {
	n, err := t.auth.config.Store.Delete(ctx, &t.drop, []ports.Value{ports.String(id)})
	return n > 0, err
}

func (t *Table[T]) record(v *T) ports.Record {
	s := reflect.ValueOf(v).Elem()
	r := make(ports.Record, len(t.fields))
	for i, f := range t.fields {
		r[i] = toValue(s.Field(f.index).Interface())
	}
	return r
}

func (t *Table[T]) value(r ports.Record) T {
	var v T
	s := reflect.ValueOf(&v).Elem()
	for i, f := range t.fields {
		fromValue(r[i], s.Field(f.index).Addr().Interface())
	}
	return v
}

// A Lookup is one way to find records of a table, built once by Where. It is safe for concurrent use.
type Lookup[T any] struct {
	table *Table[T]
	query ports.Query
}

// Where returns a Lookup by conditions, in order and at most limit records; build it in Declare and keep it. New fails
// where the conditions do not fit the table.
func (t *Table[T]) Where(limit int, order []ports.Order, where ...ports.Condition) *Lookup[T] {
	l := &Lookup[T]{table: t, query: ports.Query{Model: t.model, Where: where, Order: order, Limit: limit}}
	t.checks = append(t.checks, l.query.Check)
	return l
}

// All returns the records that match; args are those of the conditions, in their order.
func (l *Lookup[T]) All(ctx context.Context, args ...ports.Value) ([]T, error) {
	records, err := l.table.auth.config.Store.Find(ctx, &l.query, args)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(records))
	for i, r := range records {
		out[i] = l.table.value(r)
	}
	return out, nil
}

// One returns the first record that matches, or nil.
func (l *Lookup[T]) One(ctx context.Context, args ...ports.Value) (*T, error) {
	all, err := l.All(ctx, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Count returns how many records match.
func (l *Lookup[T]) Count(ctx context.Context, args ...ports.Value) (int64, error) {
	return l.table.auth.config.Store.Count(ctx, &l.query, args)
}

// A Step is one atomic change or removal of a single record, built once by Change or Consume. It is safe for
// concurrent use.
type Step[T any] struct {
	table *Table[T]
	run   func(ctx context.Context, args []ports.Value) (ports.Record, bool, error)
}

// Change returns a Step that sets or adds fields of the record under key if the conditions hold; build it in
// Declare and keep it.
func (t *Table[T]) Change(key ports.Key, where []ports.Condition, set ...ports.Change) *Step[T] {
	u := &ports.Update{Model: t.model, Key: key, Where: where, Set: set}
	t.checks = append(t.checks, u.Check)
	return &Step[T]{table: t, run: func(ctx context.Context, args []ports.Value) (ports.Record, bool, error) {
		return t.auth.config.Store.Update(ctx, u, args)
	}}
}

// Consume returns a Step that removes the record under key if the conditions hold and gives it to one caller.
func (t *Table[T]) Consume(key ports.Key, where ...ports.Condition) *Step[T] {
	k := &ports.Take{Model: t.model, Key: key, Where: where}
	t.checks = append(t.checks, k.Check)
	return &Step[T]{table: t, run: func(ctx context.Context, args []ports.Value) (ports.Record, bool, error) {
		return t.auth.config.Store.Take(ctx, k, args)
	}}
}

// Do takes the step and returns the record, nil where none was there or a condition did not hold. args are those of
// the key, the conditions and the fields, in that order.
func (s *Step[T]) Do(ctx context.Context, args ...ports.Value) (*T, error) {
	r, ok, err := s.run(ctx, args)
	if err != nil || !ok {
		return nil, err
	}
	v := s.table.value(r)
	return &v, nil
}
