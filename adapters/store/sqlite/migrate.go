package kerniasqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// Migrate adds what models lack, in one transaction that holds the database's only write lock: a second process
// doing the same waits and finds nothing missing. See [ports.Store].
func (s *Store) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	var plan ports.Plan
	err := s.within(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		g := migration{s: s, tx: tx}
		if err := g.load(ctx, models); err != nil {
			return err
		}
		for _, m := range models {
			if err := g.model(ctx, m); err != nil {
				return err
			}
		}
		plan = g.plan
		for i := 0; apply && i < len(plan.Steps); i++ {
			if _, err := tx.ExecContext(ctx, plan.Steps[i].Statement); err != nil {
				return s.fail(ctx, plan.Steps[i].Summary, nil, err)
			}
		}
		return nil
	})
	if err != nil {
		return ports.Plan{}, s.fail(ctx, "migrate", nil, err)
	}
	return plan, nil
}

// A migration compares a database, as it is and as the steps so far leave it, with models.
type migration struct {
	s      *Store
	tx     *sql.Tx
	plan   ports.Plan
	tables map[string]*relation // by lower-case name, as SQLite compares names
	names  map[string]bool      // of indexes, lower-case
}

func (g *migration) step(kind ports.StepKind, summary, statement string) {
	g.plan.Steps = append(g.plan.Steps, ports.Step{Kind: kind, Summary: summary, Statement: statement})
}

// model adds the steps that m needs.
func (g *migration) model(ctx context.Context, m *ports.Model) error {
	name := g.s.tableName(m)
	t := g.tables[lower(name)]
	if t == nil {
		var err error
		if t, err = g.create(m); err != nil {
			return err
		}
		g.tables[lower(name)] = t
	} else {
		if err := t.writable(m); err != nil {
			return err
		}
		for i := range m.Fields {
			if err := g.column(ctx, m, t, i); err != nil {
				return err
			}
		}
	}
	for _, k := range m.Unique {
		if err := g.unique(ctx, m, t, k); err != nil {
			return err
		}
	}
	for _, k := range m.Index {
		if cols := m.Columns(k); !t.indexed(cols) {
			g.index(name, t, cols, false)
		}
	}
	return nil
}

// create adds the table of m, with those unique keys that are one column. Columns have their defaults, so that a program
// with fewer fields can write to it.
func (g *migration) create(m *ports.Model) (*relation, error) {
	name := g.s.tableName(m)
	t := &relation{name: name, columns: map[string]bool{}, fresh: true}
	single := map[string]bool{"id": true}
	for _, k := range m.Unique {
		if len(k) == 1 && k[0] != "id" {
			single[k[0]] = true
			t.indexes = append(t.indexes, index{unique: true, columns: []string{lower(m.Columns(k)[0])}})
		}
	}
	t.indexes = append(t.indexes, index{unique: true, columns: []string{lower(m.Fields[0].ColumnName())}})
	parts := make([]string, len(m.Fields))
	for i := range m.Fields {
		f := &m.Fields[i]
		t.columns[lower(f.ColumnName())] = true
		parts[i] = quote(f.ColumnName()) + " " + columnType(m, i)
		switch {
		case i == 0 && m.ID == ports.IDSerial:
			parts[i] += " not null primary key autoincrement"
			continue
		case i == 0:
			parts[i] += " not null primary key"
			continue
		case !f.Null:
			parts[i] += " not null"
		}
		if !f.Default.IsNull() {
			def, err := literal(m, i)
			if err != nil {
				return nil, err
			}
			parts[i] += " default " + def
		}
		if single[f.Name] {
			parts[i] += " unique"
		}
		parts[i] += g.references(m, i)
	}
	g.step(ports.AddTable, fmt.Sprintf("create table %q", name), "create table "+quote(name)+" ("+strings.Join(parts, ", ")+")")
	return t, nil
}

// references returns the clause of a field whose records go with the one they refer to. A reference that outlives
// what it refers to has none: SQLite would refuse the deletion, or delete more than the model says.
func (g *migration) references(m *ports.Model, i int) string {
	f := &m.Fields[i]
	if f.References == nil {
		return ""
	}
	for _, r := range f.References.Dependents {
		if r.Model == m && r.Field == f.Name {
			return " references " + quote(g.s.tableName(f.References)) + " (" + quote(f.References.Fields[0].ColumnName()) + ") on delete cascade"
		}
	}
	return ""
}

// column adds field i to a table that exists, with what existing records get.
func (g *migration) column(ctx context.Context, m *ports.Model, t *relation, i int) error {
	f := &m.Fields[i]
	if t.columns[lower(f.ColumnName())] {
		return nil
	}
	def, err := literal(m, i)
	if err != nil {
		return err
	}
	text := "alter table " + quote(t.name) + " add column " + quote(f.ColumnName()) + " " + columnType(m, i)
	switch {
	case i == 0:
		return fmt.Errorf("%w: table %q has no column %q", ports.ErrInvalid, t.name, f.ColumnName())
	case f.Null && f.Default.IsNull():
		text += g.references(m, i) // with another default SQLite refuses the clause
	case f.Null:
		text += " default " + def
	default:
		if f.Default.IsNull() {
			if some, err := g.some(ctx, t); err != nil {
				return err
			} else if some {
				return fmt.Errorf("%w: field %q of %q needs a default for existing records", ports.ErrInvalid, f.Name, m.Name)
			}
		}
		text += " not null default " + def
	}
	t.columns[lower(f.ColumnName())] = true
	if t.added == nil {
		t.added = map[string]string{}
	}
	t.added[f.ColumnName()] = def
	g.step(ports.AddColumn, fmt.Sprintf("add column %q to %q", f.ColumnName(), t.name), text)
	return nil
}

// some reports whether t has a row.
func (g *migration) some(ctx context.Context, t *relation) (some bool, err error) {
	err = g.tx.QueryRowContext(ctx, "select exists (select 1 from "+quote(t.name)+")").Scan(&some)
	return some, err
}

// unique adds a unique key, or says what is in its way.
func (g *migration) unique(ctx context.Context, m *ports.Model, t *relation, k ports.Key) error {
	cols := m.Columns(k)
	if t.unique(cols) {
		return nil
	}
	if !t.fresh {
		b, err := g.duplicates(ctx, m, t, cols)
		if err != nil {
			return err
		}
		if b.Groups > 0 {
			b.Model, b.Key = m.Name, append(ports.Key(nil), k...)
			g.plan.Duplicates = append(g.plan.Duplicates, b)
			return nil
		}
	}
	g.index(t.name, t, cols, true)
	return nil
}

// duplicates counts the values of cols that several rows hold. A column that is yet to be added has its default.
func (g *migration) duplicates(ctx context.Context, m *ports.Model, t *relation, cols []string) (b ports.Duplicate, err error) {
	id := m.Fields[0].ColumnName()
	var keys, from, where []string
	for i, c := range cols {
		key := "k" + strconv.Itoa(i)
		value := "t." + quote(c)
		if def, ok := t.added[c]; ok {
			value = def
		}
		keys = append(keys, key)
		from = append(from, value+" as "+key)
		where = append(where, key+" is not null")
	}
	list := strings.Join(keys, ", ")
	groups := "select count(*) over (partition by " + list + ") as n, id, " + list +
		" from (select t." + quote(id) + " as id, " + strings.Join(from, ", ") + " from " + quote(t.name) + " as t) where " + strings.Join(where, " and ")
	if err := g.tx.QueryRowContext(ctx, "select count(*) from (select distinct "+list+" from ("+groups+") where n > 1)").Scan(&b.Groups); err != nil || b.Groups == 0 {
		return b, err
	}
	ids, err := scanIDs(g.tx.QueryContext(ctx, "select id from ("+groups+") where n > 1 order by id limit 20"))
	for _, id := range ids {
		b.IDs = append(b.IDs, fmt.Sprint(id))
	}
	return b, err
}

// index adds an index under the name that Better Auth gives it, or one with a number where that is taken.
func (g *migration) index(name string, t *relation, cols []string, unique bool) {
	step, kind, suffix, what := ports.AddIndex, "index", "_idx", "index"
	if unique {
		step, kind, suffix, what = ports.AddUnique, "unique index", "_uidx", "unique key"
	}
	wanted := name + "_" + strings.Join(cols, "_")
	free := wanted + suffix
	for n := 2; g.names[lower(free)]; n++ {
		free = wanted + "_" + strconv.Itoa(n) + suffix
	}
	g.names[lower(free)] = true
	ix := index{unique: unique}
	quoted := make([]string, len(cols))
	for i, c := range cols {
		quoted[i] = quote(c)
		ix.columns = append(ix.columns, lower(c))
	}
	t.indexes = append(t.indexes, ix)
	g.step(step, fmt.Sprintf("add %s on %q to %q", what, strings.Join(cols, ","), name),
		"create "+kind+" "+quote(free)+" on "+quote(name)+" ("+strings.Join(quoted, ", ")+")")
}

// columnType returns the declared type of field i.
func columnType(m *ports.Model, i int) string {
	if kind, ok := m.IDKind(i); ok && kind == ports.IDSerial {
		return "integer"
	}
	switch m.Fields[i].Type {
	case ports.TypeBool, ports.TypeInt:
		return "integer"
	case ports.TypeTime:
		return "date"
	}
	return "text"
}

// literal returns the default of field i as SQL: where a column that cannot be null has none, the zero value of
// its type, which no record gets.
func literal(m *ports.Model, i int) (string, error) {
	f := &m.Fields[i]
	c := column{model: m.Name, field: f.Name, typ: f.Type}
	c.kind, c.id = m.IDKind(i)
	v, err := c.store(f.Default)
	if err != nil {
		return "", err
	}
	if v == nil && !f.Null {
		v = ""
		switch {
		case columnType(m, i) == "integer":
			v = int64(0)
		case f.Type == ports.TypeTime:
			v = "1970-01-01T00:00:00.000Z"
		case f.Type == ports.TypeJSON:
			v = "null"
		case f.Type == ports.TypeList:
			v = "[]"
		}
	}
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case string:
		if strings.ContainsRune(v, 0) {
			return "", fmt.Errorf("%w: the default of field %q contains a zero byte", ports.ErrInvalid, f.Name)
		}
		return "'" + strings.ReplaceAll(v, "'", "''") + "'", nil
	}
	return "null", nil
}

func lower(s string) string { return strings.ToLower(s) }
