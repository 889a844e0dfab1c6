package kerniapostgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/kernia-go/kernia/ports"
)

// knowledge is what was learnt of the schema and compiled from it. It is replaced as a whole when the schema turns
// out to have changed.
type knowledge struct {
	tables     sync.Map        // *ports.Model to *table
	statements [verbs]sync.Map // the call, or *ports.Model of create, to *statement
}

// A table is a model as the database has it.
type table struct {
	model   *ports.Model
	name    string // quoted and, where there is a schema, qualified
	columns []column
	indexes []index
}

// A column is one field as the database has it.
type column struct {
	name    string // quoted
	field   string // model and field, for errors
	typ     ports.Type
	kind    ports.IDKind
	isID    bool
	form    form
	sqlType string
	loose   bool // the collation takes different strings for equal
	notNull bool
}

// form says how the database keeps a column, as far as it matters here.
type form uint8

const (
	formOther     form = iota // read and compared as text
	formText                  // text, varchar
	formUUID                  // uuid
	formInt                   // smallint, integer, bigint
	formNumeric               // numeric holding whole numbers
	formBool                  // boolean
	formTime                  // timestamp with time zone
	formTimestamp             // timestamp without time zone, in UTC
	formJSON                  // json
	formJSONB                 // jsonb
	formArray                 // text[], varchar[]
)

func formOf(sqlType string) form {
	switch sqlType {
	case "text", "character varying":
		return formText
	case "uuid":
		return formUUID
	case "smallint", "integer", "bigint":
		return formInt
	case "numeric":
		return formNumeric
	case "boolean":
		return formBool
	case "timestamp with time zone":
		return formTime
	case "timestamp without time zone":
		return formTimestamp
	case "json":
		return formJSON
	case "jsonb":
		return formJSONB
	case "text[]", "character varying[]":
		return formArray
	}
	return formOther
}

// holds reports whether a column of form f can hold values of type t.
func (f form) holds(t ports.Type) bool {
	switch t {
	case ports.TypeBool:
		return f == formBool
	case ports.TypeInt:
		return f == formInt || f == formNumeric
	case ports.TypeTime:
		return f == formTime || f == formTimestamp
	case ports.TypeJSON:
		return f == formText || f == formJSON || f == formJSONB
	case ports.TypeList:
		return f == formText || f == formJSON || f == formJSONB || f == formArray
	}
	return f != formBool && f != formTime && f != formTimestamp && f != formArray
}

// A relation is what the catalogue says of a table.
type relation struct {
	Columns []attribute `json:"columns"`
	Indexes []index     `json:"indexes"`
	planned bool        // Migrate is to create it
}

type attribute struct {
	Name    string       `json:"name"`
	Type    string       `json:"type"`
	Loose   bool         `json:"loose"`
	NotNull bool         `json:"notNull"`
	added   *ports.Field // the field that Migrate is to add the column for
}

// An index is one that is valid and covers every row, by plain columns.
type index struct {
	Name    string   `json:"name"`
	Unique  bool     `json:"unique"`
	Columns []string `json:"columns"`
}

const catalogue = `SELECT json_build_object(
	'columns', (SELECT json_agg(json_build_object(
			'name', a.attname,
			'type', pg_catalog.format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL),
			'loose', NOT coalesce(o.collisdeterministic, true),
			'notNull', a.attnotnull))
		FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
	'indexes', (SELECT json_agg(json_build_object(
			'name', x.relname,
			'unique', i.indisunique,
			'columns', (SELECT json_agg(a.attname ORDER BY k.n)
				FROM unnest(i.indkey) WITH ORDINALITY k (att, n)
				JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.att
				WHERE k.n <= i.indnkeyatts)))
		FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
		WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL)
)::text FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1::text)`

// relation asks the catalogue for a table by its quoted name; nil means that there is none.
func (s *Store) relation(ctx context.Context, on querier, name string) (*relation, error) {
	rows, err := on.Query(ctx, catalogue, name)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	r := new(relation)
	if err := json.Unmarshal([]byte(found[0]), r); err != nil {
		return nil, err
	}
	return r, nil
}

// table returns what is known of m's table, from the catalogue the first time.
func (s *Store) table(ctx context.Context, on querier, m *ports.Model) (*table, error) {
	known := s.known.Load()
	if t, ok := known.tables.Load(m); ok {
		return t.(*table), nil
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	r, err := s.relation(ctx, on, s.name(m))
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: there is no table %s: run Migrate", ports.ErrUnavailable, s.name(m))
	}
	t, missing, err := r.table(m, s.name(m))
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w: table %s lacks column %q: run Migrate", ports.ErrUnavailable, t.name, missing[0].ColumnName())
	}
	known.tables.Store(m, t)
	return t, nil
}

// table matches the relation with the fields of m and returns those that have no column.
func (r *relation) table(m *ports.Model, name string) (*table, []*ports.Field, error) {
	t := &table{model: m, name: name, indexes: r.Indexes, columns: make([]column, len(m.Fields))}
	var missing []*ports.Field
	for i := range m.Fields {
		f := &m.Fields[i]
		at := slices.IndexFunc(r.Columns, func(a attribute) bool { return a.Name == f.ColumnName() })
		if at < 0 {
			missing = append(missing, f)
			continue
		}
		a := r.Columns[at]
		c := &t.columns[i]
		*c = column{
			name: quote(a.Name), field: fmt.Sprintf("%q.%q", m.Name, f.Name),
			typ: f.Type, form: formOf(a.Type), sqlType: a.Type, loose: a.Loose, notNull: a.NotNull,
		}
		c.kind, c.isID = m.IDKind(i)
		if !c.form.holds(c.typ) {
			return nil, nil, fmt.Errorf("%w: column %s of table %s is a %s and cannot hold a %s",
				ports.ErrInvalid, c.name, name, a.Type, f.Type)
		}
	}
	return t, missing, nil
}

// unique reports whether the database itself holds these columns unique.
func (t *table) unique(columns []string) bool {
	return slices.ContainsFunc(t.indexes, func(x index) bool { return x.Unique && sameColumns(x.Columns, columns) })
}

func (t *table) column(field string) *column { return &t.columns[t.model.Field(field)] }

// name returns the quoted name of m's table.
func (s *Store) name(m *ports.Model) string {
	n := quote(s.options.TablePrefix + m.TableName())
	if s.options.Schema != "" {
		n = quote(s.options.Schema) + "." + n
	}
	return n
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
