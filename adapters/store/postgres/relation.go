package kerniapostgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/kernia-go/kernia/ports"
)

// A relation is what the catalogue says of a table.
type relation struct {
	Schema  string      `json:"schema"`
	First   string      `json:"first"` // of the search path
	Columns []attribute `json:"columns"`
	Indexes []index     `json:"indexes"`
	Checks  []index     `json:"checks"`
	planned bool        // Migrate is to create it
}

type attribute struct {
	Name    string       `json:"name"`
	Type    string       `json:"type"`
	Loose   bool         `json:"loose"`
	NotNull bool         `json:"notNull"`
	Filled  bool         `json:"filled"` // by the database where nothing is written
	added   *ports.Field // the field that Migrate is to add the column for
}

// An index is one that is valid and covers every row, by plain columns.
type index struct {
	Name    string   `json:"name"`
	Unique  bool     `json:"unique"`
	Columns []string `json:"columns"`
}

const catalogue = `SELECT json_build_object(
	'schema', (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = c.relnamespace),
	'first', current_schema(),
	'columns', (SELECT json_agg(json_build_object(
			'name', a.attname,
			'type', pg_catalog.format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL),
			'loose', NOT coalesce(o.collisdeterministic, true),
			'notNull', a.attnotnull,
			'filled', a.atthasdef OR a.attidentity <> ''))
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
		WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL),
	'checks', (SELECT json_agg(json_build_object(
			'name', k.conname,
			'columns', (SELECT json_agg(a.attname)
				FROM pg_catalog.pg_attribute a
				WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey))))
		FROM pg_catalog.pg_constraint k
		WHERE k.conrelid = c.oid AND k.contype = 'c')
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
	if s.options.Schema == "" && r.First != "" && r.Schema != r.First {
		return nil, fmt.Errorf("%w: table %s is in schema %s, but the search path begins with %q: set Options.Schema, or a search path of one schema",
			ports.ErrInvalid, name, r.Schema, r.First)
	}
	return r, nil
}

// writable returns an error that names the column which makes the database refuse every record of m that leaves it out,
// or every one that is null there.
func (r *relation) writable(m *ports.Model, name string) error {
	for _, a := range r.Columns {
		i := slices.IndexFunc(m.Fields, func(f ports.Field) bool { return f.ColumnName() == a.Name })
		switch {
		case !a.NotNull:
		case i < 0 && !a.Filled:
			return fmt.Errorf("%w: column %q of table %s is NOT NULL without a default, and no field writes it", ports.ErrInvalid, a.Name, name)
		case i > 0 && m.Fields[i].Null:
			return fmt.Errorf("%w: column %q of table %s is NOT NULL, and its field may be null", ports.ErrInvalid, a.Name, name)
		}
	}
	return nil
}

// table matches the relation with the fields of m and returns those that have no column.
func (r *relation) table(m *ports.Model, name string) (*table, []*ports.Field, error) {
	t := &table{model: m, name: name, indexes: r.Indexes, checks: r.Checks, columns: make([]column, len(m.Fields))}
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
			name: quote(a.Name), refusal: &ports.RefusedError{Model: m.Name, Field: f.Name}, field: fmt.Sprintf("%q.%q", m.Name, f.Name),
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
