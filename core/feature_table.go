package kernia

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"
	"github.com/kernia-go/kernia/core/internal/tablekv"
	"github.com/kernia-go/kernia/ports"
)

// A Table is one table of a feature's own, with records of type T. TableOf returns it during Declare. Look-ups and
// steps on it are declared there too; everything that reads or writes works once New has returned. It is safe for
// concurrent use.
type Table[T any] struct {
	auth   *Auth
	schema *ports.Model
	fields []tableField
	byID   *Lookup[T]
	checks []func() error   // of the look-ups and steps
	sealed bool             // New has checked them
	dead   *tablekv.Sweeper // nil where records do not expire
}

// tableField connects a struct field with its position in a record.
type tableField struct {
	index     int
	reference string // the model it refers to
}

// TableOf declares a table for the struct T and returns the handle to it. Every exported field of T is a column, of
// a type that FieldType lists; a pointer may be null. The column's name is the Go name with a small first letter
// ("ID" is "id", "UserID" is "userId") or that of its json tag. The first field must be ID string. A kernia tag
// refines a column:
//
//	UserID string     `kernia:"ref=user"`       holds the id of a user, and goes when the user goes
//	Email  string     `kernia:"unique"`         no two records agree
//	Team   string     `kernia:"index"`          is looked up by
//	Slug   string     `kernia:"unique=team"`    columns with the same word are unique together
//	State  string     `kernia:"index=queue"`    columns with the same word are looked up together
//	Ends   time.Time  `kernia:"expires"`        from then on the record is dead
//	Color  string     `kernia:"default=red"`    what records get that exist when Migrate adds the column
//
// Create deletes dead records, at most once a minute. Until then they are found: look-ups and steps that must not find
// them say "ends >" and take the present. A null never expires.
func TableOf[T any](d *Declaration, name string) *Table[T] {
	t := &Table[T]{auth: d.auth, schema: &ports.Model{Name: name}}
	if err := t.compile(); err != nil {
		d.fail(fmt.Errorf("table %q: %w", name, err))
	}
	t.byID = t.Where("id").Limit(1)
	d.tables = append(d.tables, tableDraft{model: t.schema, complete: t.complete, settle: t.settle})
	return t
}

// compile makes the model of T.
func (t *Table[T]) compile() error {
	typ := reflect.TypeFor[T]()
	if typ.Kind() != reflect.Struct {
		return fmt.Errorf("%s is no struct", typ)
	}
	tags := tableTags{model: t.schema}
	for i := range typ.NumField() {
		sf := typ.Field(i)
		if !sf.IsExported() {
			return fmt.Errorf("field %s is not exported", sf.Name)
		}
		f := ports.Field{Name: columnName(sf), Type: typeOf(reflect.Zero(sf.Type).Interface()), Null: sf.Type.Kind() == reflect.Pointer}
		if f.Type == ports.TypeNull {
			return fmt.Errorf("field %s has a type that no column has", sf.Name)
		}
		reference, err := tags.read(sf.Tag.Get("kernia"), &f)
		if err != nil {
			return fmt.Errorf("field %s: %w", sf.Name, err)
		}
		t.fields = append(t.fields, tableField{index: i, reference: reference})
		t.schema.Fields = append(t.schema.Fields, f)
	}
	t.schema.Unique, t.schema.Index = tags.unique.list, tags.index.list
	return t.schema.Check()
}

// complete fills in what is known once everybody has declared.
func (t *Table[T]) complete(s *schema.Schema, byName map[string]*ports.Model) error {
	t.schema.ID = s.User.ID
	for i, f := range t.fields {
		if f.reference == "" {
			continue
		}
		to := byName[f.reference]
		if to == nil {
			return fmt.Errorf("table %q refers to %q, which no feature declares", t.schema.Name, f.reference)
		}
		t.schema.Fields[i].References = to
		to.Dependents = append(to.Dependents, ports.Dependent{Model: t.schema, Field: t.schema.Fields[i].Name})
	}
	return t.schema.Check()
}

// settle checks the look-ups and steps, once every table is complete.
func (t *Table[T]) settle() error {
	t.sealed = true
	if t.schema.Expires != "" {
		t.dead = tablekv.NewSweeper(t.schema, t.auth.claim)
	}
	for _, check := range t.checks {
		if err := check(); err != nil {
			return fmt.Errorf("table %q: %w", t.schema.Name, err)
		}
	}
	return nil
}

// usable reports why the table cannot be used in ctx, or nil.
func (t *Table[T]) usable(ctx context.Context) error {
	if t == nil {
		return errEarly
	}
	return t.auth.usable(ctx)
}

// Create stores v with a new id and returns it as stored. A field called createdAt or updatedAt that is zero becomes
// the present. Errors: a *ports.ConflictError that names the unique key, the store's own.
func (t *Table[T]) Create(ctx context.Context, v T) (T, error) {
	if err := t.usable(ctx); err != nil {
		return v, err
	}
	r := t.record(&v)
	now := ports.Time(t.auth.now())
	for i, f := range t.schema.Fields {
		if (f.Name == "createdAt" || f.Name == "updatedAt") && f.Type == ports.TypeTime && r[i].AsTime().Equal(time.Time{}) {
			r[i] = now
		}
	}
	id, err := t.auth.newID(ctx, t.schema, "")
	if err != nil {
		return v, err
	}
	r[0] = ports.Nullable(id)
	stored, err := t.auth.config.Store.Create(ctx, t.schema, r)
	if err != nil {
		return v, err
	}
	if t.dead != nil {
		t.auth.sweep(ctx, t.dead, t.schema)
	}
	return t.value(stored), nil
}

// Find returns the record with the id, or nil.
func (t *Table[T]) Find(ctx context.Context, id string) (*T, error) {
	if err := t.usable(ctx); err != nil {
		return nil, err
	}
	return t.byID.One(ctx, id)
}

// Values are the new values of some fields of a record by the fields' names. A nil sets null.
type Values map[string]any

// Update sets some fields of the record with the id and returns the changed record, nil where there is none. A field
// updatedAt that set does not name becomes the present. To change a record only if it is as expected, declare a
// Change. Errors: ports.ErrInvalid for no field at all, an unknown one or a value of another type, a
// *ports.ConflictError that names the unique key, the store's own.
func (t *Table[T]) Update(ctx context.Context, id string, set Values) (*T, error) {
	if err := t.usable(ctx); err != nil {
		return nil, err
	}
	var change Patch
	for name, arg := range set {
		i := t.schema.Field(name)
		if i < 1 {
			return nil, fmt.Errorf("%w: table %q has no field %q to set", ports.ErrInvalid, t.schema.Name, name)
		}
		v, err := valueFor(t.schema, i, arg)
		if err != nil {
			return nil, err
		}
		change.Put(name, v)
	}
	if change.Len() == 0 {
		return nil, fmt.Errorf("%w: an update of table %q sets nothing", ports.ErrInvalid, t.schema.Name)
	}
	r, ok, err := t.auth.update(ctx, t.schema, id, change, condition{})
	if err != nil || !ok {
		return nil, err
	}
	v := t.value(r)
	return &v, nil
}

// Delete removes the record with the id, what refers to it first, and reports whether there was one.
func (t *Table[T]) Delete(ctx context.Context, id string) (bool, error) {
	if err := t.usable(ctx); err != nil {
		return false, err
	}
	n, err := t.byID.delete(ctx, []any{id})
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

// model and value make a Table a Referred.
func (t *Table[T]) model() *ports.Model {
	if t == nil {
		return nil
	}
	return t.schema
}

func (t *Table[T]) value(r ports.Record) T {
	var v T
	s := reflect.ValueOf(&v).Elem()
	for i, f := range t.fields {
		fromValue(r[i], s.Field(f.index).Addr().Interface())
	}
	return v
}
