package kerniapostgres

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/kernia-go/kernia/ports"
)

// lockKey is the advisory lock that processes hold while they change a schema.
const lockKey = 0x6b65726e6961 // "kernia"

// Migrate implements [ports.Store]. It changes everything or nothing, in one transaction under an advisory lock, so
// that any number of processes may run it at once.
func (s *Store) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	if !apply {
		on, _ := s.on(ctx)
		return s.plan(ctx, on, models)
	}
	var plan ports.Plan
	err := s.Tx(ctx, func(ctx context.Context) error {
		on, _ := s.on(ctx)
		if _, err := on.Exec(ctx, "SELECT pg_advisory_xact_lock($1::int8)", int64(lockKey)); err != nil {
			return s.failMigrate(ctx, "lock", err)
		}
		var err error
		if plan, err = s.plan(ctx, on, models); err != nil {
			return err
		}
		for _, step := range plan.Steps {
			if _, err := on.Exec(ctx, step.Statement); err != nil {
				return s.failMigrate(ctx, step.Summary, err)
			}
		}
		return nil
	})
	s.known.Store(new(knowledge))
	if err != nil {
		return ports.Plan{}, err
	}
	return plan, nil
}

func (s *Store) plan(ctx context.Context, on querier, models []*ports.Model) (ports.Plan, error) {
	g := migration{ctx: ctx, on: on, store: s, relations: map[string]*relation{}}
	err, doing := g.schema(), "schema"
	for _, step := range []func(*ports.Model) error{g.table, g.references, g.keys} { // all tables before the first key
		for _, m := range models {
			if err == nil {
				err, doing = step(m), "table "+s.tableName(m)
			}
		}
	}
	if err != nil {
		return ports.Plan{}, s.failMigrate(ctx, doing, err)
	}
	return g.Plan, nil
}

// A migration collects what is missing. Its relations are the tables as they will be.
type migration struct {
	ports.Plan
	ctx       context.Context //nolint:containedctx // lives for one plan
	on        querier
	store     *Store
	relations map[string]*relation
	pending   map[*ports.Model][]int // fields whose references the table could not yet name
}

func (g *migration) step(kind ports.StepKind, statement, summary string, args ...any) {
	g.Steps = append(g.Steps, ports.Step{Kind: kind, Summary: fmt.Sprintf(summary, args...), Statement: statement})
}

// ask runs a query that answers one text.
func (g *migration) ask(sql string, args ...any) (string, error) {
	rows, err := g.on.Query(g.ctx, sql, args...)
	if err != nil {
		return "", err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
}

func (g *migration) schema() error {
	name := g.store.options.Schema
	if name == "" {
		return nil
	}
	n, err := g.ask("SELECT count(*)::text FROM pg_catalog.pg_namespace WHERE nspname = $1::text", name)
	if err == nil && n == "0" {
		g.step(ports.AddSchema, "CREATE SCHEMA "+quote(name), "create schema %q", name)
	}
	return err
}

// table plans the table of m, or the columns that it lacks.
func (g *migration) table(m *ports.Model) error {
	if err := m.Check(); err != nil {
		return err
	}
	name := g.store.tableName(m)
	r := g.relations[name]
	if r == nil {
		var err error
		if r, err = g.store.relation(g.ctx, g.on, name); err != nil {
			return err
		}
		if r == nil {
			g.create(m, name)
			return nil
		}
		if err := r.writable(m, name); err != nil {
			return err
		}
		g.relations[name] = r
	}
	_, missing, err := r.table(m, name)
	if err != nil {
		return err
	}
	for _, f := range missing {
		if err := g.add(m, f, name, r); err != nil {
			return err
		}
	}
	return nil
}

func (g *migration) create(m *ports.Model, name string) {
	r := &relation{planned: true, Indexes: []index{{Unique: true, Columns: []string{m.Fields[0].ColumnName()}}}}
	var columns []string
	for i := range m.Fields {
		f := &m.Fields[i]
		column := definition(m, i) + g.reference(m, i)
		single := func(k ports.Key) bool { return len(k) == 1 && k[0] == f.Name }
		if i > 0 && slices.ContainsFunc(m.Unique, single) {
			column += " UNIQUE"
			r.Indexes = append(r.Indexes, index{Unique: true, Columns: []string{f.ColumnName()}})
		}
		columns = append(columns, column)
		r.Columns = append(r.Columns, attribute{Name: f.ColumnName(), Type: sqlType(m, i), NotNull: !f.Null})
	}
	g.relations[name] = r
	g.step(ports.AddTable, "CREATE TABLE "+name+" ("+strings.Join(columns, ", ")+")", "create table %s", name)
}

// reference returns the clause of a field whose records go with the one they refer to. A reference that outlives
// its record has none. Where the other table comes later, references adds it then.
func (g *migration) reference(m *ports.Model, i int) string {
	to := m.Fields[i].References
	if to == nil || !slices.Contains(to.Dependents, ports.Dependent{Model: m, Field: m.Fields[i].Name}) {
		return ""
	}
	if g.relations[g.store.tableName(to)] == nil && to != m {
		if g.pending == nil {
			g.pending = map[*ports.Model][]int{}
		}
		g.pending[m] = append(g.pending[m], i)
		return ""
	}
	return " REFERENCES " + g.store.tableName(to) + " (" + quote(to.Fields[0].ColumnName()) + ") ON DELETE CASCADE"
}

// references plans what reference had to leave for later.
func (g *migration) references(m *ports.Model) error {
	for _, i := range g.pending[m] {
		if clause := g.reference(m, i); clause != "" {
			g.step(ports.AddReference, "ALTER TABLE "+g.store.tableName(m)+" ADD FOREIGN KEY ("+quote(m.Fields[i].ColumnName())+")"+clause,
				"add reference %q to %s", m.Fields[i].ColumnName(), g.store.tableName(m))
		}
	}
	return nil
}

// add plans a column for a table that is there.
func (g *migration) add(m *ports.Model, f *ports.Field, name string, r *relation) error {
	i := m.Field(f.Name)
	if !f.Null && f.Default.IsNull() && !r.planned {
		filled, err := g.ask("SELECT CASE WHEN EXISTS (SELECT FROM " + name + ") THEN 'yes' ELSE '' END")
		if err != nil {
			return err
		}
		if filled != "" {
			return fmt.Errorf("%w: field %q.%q needs a default for existing records", ports.ErrInvalid, m.Name, f.Name)
		}
	}
	r.Columns = append(r.Columns, attribute{Name: f.ColumnName(), Type: sqlType(m, i), NotNull: !f.Null, added: f})
	g.step(ports.AddColumn, "ALTER TABLE "+name+" ADD COLUMN "+definition(m, i)+g.reference(m, i), "add column %q to %s", f.ColumnName(), name)
	return nil
}

// keys plans the unique keys and indexes that m lacks.
func (g *migration) keys(m *ports.Model) error {
	name := g.store.tableName(m)
	r := g.relations[name]
	for _, k := range m.Unique {
		columns := m.Columns(k)
		if (&table{indexes: r.Indexes}).unique(columns) {
			continue
		}
		blocked, err := g.duplicates(m, k, name, r)
		if err != nil {
			return err
		}
		if blocked != nil {
			g.Duplicates = append(g.Duplicates, *blocked)
			continue
		}
		g.index(m, name, r, index{Unique: true, Columns: columns})
	}
	for _, k := range m.Index {
		columns := m.Columns(k)
		serves := func(x index) bool {
			return len(x.Columns) >= len(columns) && slices.Equal(x.Columns[:len(columns)], columns)
		}
		if !slices.ContainsFunc(r.Indexes, serves) {
			g.index(m, name, r, index{Columns: columns})
		}
	}
	return nil
}

func (g *migration) index(m *ports.Model, name string, r *relation, x index) {
	kind, sql, suffix, summary := ports.AddIndex, "CREATE INDEX ", "_idx", "add index on (%s) to %s"
	if x.Unique {
		kind, sql, suffix, summary = ports.AddUnique, "CREATE UNIQUE INDEX ", "_uidx", "add unique key on (%s) to %s"
	}
	x.Name = shorten(g.store.options.Prefix+m.TableName()+"_"+strings.Join(x.Columns, "_"), suffix)
	var columns []string
	for _, c := range x.Columns {
		columns = append(columns, quote(c))
	}
	list := strings.Join(columns, ", ")
	g.step(kind, sql+quote(x.Name)+" ON "+name+" ("+list+")", summary, list, name)
	r.Indexes = append(r.Indexes, x)
}

// shorten keeps a name within the 63 bytes that PostgreSQL keeps of it, and different names different.
func shorten(name, suffix string) string {
	if len(name)+len(suffix) <= 63 {
		return name + suffix
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	suffix = fmt.Sprintf("_%08x%s", h.Sum32(), suffix)
	return strings.ToValidUTF8(name[:63-len(suffix)], "") + suffix
}

// duplicates looks for records that agree in k. A column that is yet to be added is the same in all of them.
func (g *migration) duplicates(m *ports.Model, k ports.Key, name string, r *relation) (*ports.Duplicate, error) {
	if r.planned {
		return nil, nil
	}
	var columns, full, same []string
	for _, c := range m.Columns(k) {
		at := slices.IndexFunc(r.Columns, func(a attribute) bool { return a.Name == c })
		switch f := r.Columns[at].added; {
		case f == nil:
			columns, full, same = append(columns, quote(c)), append(full, quote(c)+" IS NOT NULL"), append(same, "a."+quote(c)+" = d."+quote(c))
		case f.Default.IsNull():
			return nil, nil // null everywhere
		}
	}
	var group string
	if len(columns) > 0 {
		list := strings.Join(columns, ", ")
		group = fmt.Sprintf("SELECT %s FROM %s WHERE %s GROUP BY %s HAVING count(*) > 1", list, name, strings.Join(full, " AND "), list)
	} else {
		group, same = "SELECT FROM "+name+" HAVING count(*) > 1", []string{"true"}
	}
	t, _, err := r.table(m, name)
	if err != nil {
		return nil, err
	}
	id := &t.columns[0]
	text, err := g.ask(fmt.Sprintf(`WITH d AS (%s) SELECT json_build_object('groups', (SELECT count(*) FROM d), 'ids',
		(SELECT json_agg(i.id) FROM (SELECT a.%s::text AS id FROM %s AS a JOIN d ON %s ORDER BY %s LIMIT 20) AS i))::text`,
		group, id.name, name, strings.Join(same, " AND "), id.sorted("a.")))
	if err != nil {
		return nil, err
	}
	block := ports.Duplicate{Model: m.Name, Key: slices.Clone(k)}
	if err := json.Unmarshal([]byte(text), &block); err != nil || block.Groups == 0 {
		return nil, err
	}
	return &block, nil
}

// definition returns what CREATE TABLE and ADD COLUMN say of field i.
func definition(m *ports.Model, i int) string {
	f := &m.Fields[i]
	d := quote(f.ColumnName()) + " " + sqlType(m, i)
	switch {
	case i == 0 && m.ID == ports.IDSerial:
		return d + " GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
	case i == 0 && m.ID == ports.IDUUID:
		return d + " DEFAULT pg_catalog.gen_random_uuid() NOT NULL PRIMARY KEY"
	case i == 0:
		return d + " NOT NULL PRIMARY KEY"
	}
	if !f.Default.IsNull() {
		d += " DEFAULT " + literal(f.Default)
	}
	if !f.Null {
		d += " NOT NULL"
	}
	return d
}

// sqlType returns the type of a new column for field i, the one that Better Auth gives it. Integers are wider: they
// have 64 bits here.
func sqlType(m *ports.Model, i int) string {
	if kind, ok := m.IDKind(i); ok {
		switch kind {
		case ports.IDUUID:
			return "uuid"
		case ports.IDSerial:
			return "bigint"
		}
		return "text"
	}
	switch m.Fields[i].Type {
	case ports.TypeBool:
		return "boolean"
	case ports.TypeInt:
		return "bigint"
	case ports.TypeTime:
		return "timestamp with time zone"
	case ports.TypeList:
		return "jsonb"
	}
	return "text"
}

// literal writes a default, which comes from a model and not from a stranger.
func literal(v ports.Value) string {
	var text string
	switch v.Type() {
	case ports.TypeString:
		text = v.AsString()
	case ports.TypeJSON:
		text = v.AsJSON()
	case ports.TypeTime:
		formatted, _ := formatTime(v.AsTime(), true)
		text, _ = formatted.(string)
	case ports.TypeList:
		text = string(v.AppendJSON(nil))
	default:
		return string(v.AppendJSON(nil))
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
