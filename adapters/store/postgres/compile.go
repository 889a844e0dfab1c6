package kerniapostgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// verb is what a statement does. A query is used by two of them.
type verb uint8

const (
	create verb = iota
	find
	count
	update
	take
	remove
	verbs
)

// String returns the verb as errors have it.
func (v verb) String() string {
	return [...]string{"create", "find", "count", "update", "take", "delete"}[v]
}

// A statement is one verb on one query, update, take, delete or model, compiled.
type statement struct {
	sql     string
	params  []param
	results []*column // of its answer
	mode    any       // how pgx is to send it, where not by a statement that it prepares and keeps
	check   func(args []ports.Value) error
}

// statement returns what is compiled for key, compiling it the first time.
func (s *Store) statement(ctx context.Context, on querier, v verb, key any) (*statement, error) {
	once := false
	known := s.known.Load()
	if st, ok := known.statements[v].Load(key); ok {
		return st.(*statement), nil
	}
	b := &builder{ctx: ctx, on: on, store: s}
	switch k := key.(type) {
	case *ports.Model:
		b.create(k)
	case *ports.Query:
		b.query(v, k)
		once = k.Once
	case *ports.Update:
		b.update(k)
	case *ports.Take:
		b.take(k)
	case *ports.Delete:
		b.remove(k)
	}
	if b.err != nil {
		return nil, b.err
	}
	b.sql = b.text.String()
	if once {
		b.mode = s.unkept
		return &b.statement, nil
	}
	known.statements[v].Store(key, &b.statement)
	return &b.statement, nil
}

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
	checks  []index // by name, what CHECK constraints look at
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
	r, err := s.relation(ctx, on, s.tableName(m))
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: there is no table %s: run Migrate", ports.ErrUnavailable, s.tableName(m))
	}
	t, missing, err := r.table(m, s.tableName(m))
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w: table %s lacks column %q: run Migrate", ports.ErrUnavailable, t.name, missing[0].ColumnName())
	}
	known.tables.Store(m, t)
	return t, nil
}

// unique reports whether the database itself holds these columns unique.
func (t *table) unique(columns []string) bool {
	return slices.ContainsFunc(t.indexes, func(x index) bool { return x.Unique && sameColumns(x.Columns, columns) })
}

func (t *table) column(field string) *column { return &t.columns[t.model.Field(field)] }

// tableName returns the quoted name of m's table.
func (s *Store) tableName(m *ports.Model) string {
	n := quote(s.options.Prefix + m.TableName())
	if s.options.Schema != "" {
		n = quote(s.options.Schema) + "." + n
	}
	return n
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// A builder writes one statement. After its first error it writes on and the result is of no use.
type builder struct {
	statement
	text  strings.Builder
	err   error
	ctx   context.Context //nolint:containedctx // lives for one compilation
	on    querier
	store *Store
}

func (b *builder) write(parts ...string) {
	for _, p := range parts {
		b.text.WriteString(p)
	}
}

// table returns the table of m, or one that holds nothing real after an error.
func (b *builder) table(m *ports.Model) *table {
	t, err := b.store.table(b.ctx, b.on, m)
	if err != nil {
		b.err = err
		return &table{model: m, columns: make([]column, len(m.Fields))}
	}
	return t
}

func (b *builder) create(m *ports.Model) {
	t := b.table(m)
	first := 0
	if m.ID == ports.IDSerial {
		first = 1 // the database counts
	}
	b.write("INSERT INTO ", t.name, " AS a")
	if first == len(t.columns) {
		b.write(" DEFAULT VALUES")
	}
	for i := first; i < len(t.columns); i++ {
		b.write(separator(i == first, " ("), t.columns[i].name)
	}
	for i := first; i < len(t.columns); i++ {
		b.write(separator(i == first, ") VALUES ("), b.value(&t.columns[i]))
	}
	if first < len(t.columns) {
		b.write(")")
	}
	b.returning(t)
}

func (b *builder) query(v verb, q *ports.Query) {
	if b.err = q.Check(); b.err != nil {
		return
	}
	t := b.table(q.Model)
	var to *table
	if q.Follow != "" {
		to = b.table(q.Followed())
	}
	b.write("SELECT ")
	if v == count {
		b.write("count(*)")
		b.results = []*column{{typ: ports.TypeInt, form: formInt}}
	} else {
		b.read("a", t)
		if to != nil {
			b.write(", ")
			b.read("b", to)
		}
	}
	b.write(" FROM ", t.name, " AS a")
	if to != nil {
		b.write(" JOIN ", to.name, " AS b ON b.", to.columns[0].name, " = a.", t.column(q.Follow).name)
	}
	b.where(t, to, nil, q.Where)
	b.check = q.CheckArgs
	if v == count {
		whole := *q
		whole.Paged = false
		b.check = whole.CheckArgs
		return
	}
	b.order(t, q.Sort())
	if q.Paged {
		b.write(" LIMIT least(", b.number(), ", ", strconv.Itoa(q.Limit), ") OFFSET ", b.number())
	} else {
		b.write(" LIMIT ", strconv.Itoa(q.Limit))
	}
}

// order sorts as the contract says: by bytes, by whole milliseconds, nulls smallest.
func (b *builder) order(t *table, order []ports.Order) {
	for i, o := range order {
		c := t.column(o.Field)
		b.write(separator(i == 0, " ORDER BY "), c.sorted("a."))
		switch {
		case o.Desc && c.notNull:
			b.write(" DESC")
		case o.Desc:
			b.write(" DESC NULLS LAST")
		case !c.notNull:
			b.write(" NULLS FIRST")
		}
	}
}

// update writes the SET clause first, though its arguments come last.
func (b *builder) update(u *ports.Update) {
	if b.err = u.Check(); b.err != nil {
		return
	}
	b.check = u.CheckArgs
	t := b.table(u.Model)
	before := len(u.Key)
	for _, c := range u.Where {
		before += c.Args()
	}
	b.write("UPDATE ", t.name, " AS a")
	set := make([]param, len(u.Set))
	for i, change := range u.Set {
		c := t.column(change.Field)
		set[i] = param{column: c, set: true}
		to := c.write(before + i + 1)
		if change.Add {
			to = "a." + c.name + " + " + to
		}
		b.write(separator(i == 0, " SET "), c.name, " = ", to)
	}
	b.address(t, u.Key, u.Conditions())
	b.params = append(b.params, set...)
	b.returning(t)
}

func (b *builder) take(k *ports.Take) {
	if b.err = k.Check(); b.err != nil {
		return
	}
	b.check = k.CheckArgs
	t := b.table(k.Model)
	if len(k.Model.Dependents) > 0 {
		tables := b.doomed(t, k.Key, k.Where)
		b.write(", dead0 AS (", dead(tables, 0), " RETURNING a.*) SELECT ")
		b.read("a", t)
		b.write(" FROM dead0 AS a WHERE a.", t.columns[0].name, "::text IN (SELECT id FROM found)")
		return
	}
	b.write("DELETE FROM ", t.name, " AS a")
	b.address(t, k.Key, k.Where)
	b.returning(t)
}

func (b *builder) remove(d *ports.Delete) {
	if b.err = d.Check(); b.err != nil {
		return
	}
	b.check = d.CheckArgs
	t := b.table(d.Model)
	if len(d.Model.Dependents) > 0 {
		b.write(" ", dead(b.doomed(t, nil, d.Where), 0))
		return
	}
	b.write("DELETE FROM ", t.name, " AS a")
	b.where(t, nil, nil, d.Where)
}

// value adds a parameter that is written into c.
func (b *builder) value(c *column) string {
	b.params = append(b.params, param{column: c, set: true})
	return c.write(len(b.params))
}

// number adds a parameter that is a limit or an offset.
func (b *builder) number() string {
	b.params = append(b.params, param{})
	return "$" + strconv.Itoa(len(b.params)) + "::int8"
}

// cast returns parameter n in the type that c is compared in. Naming the type makes every execution mode agree.
func (c *column) cast(n int) string {
	p := "$" + strconv.Itoa(n)
	switch c.form {
	case formUUID:
		return p + "::uuid"
	case formInt, formNumeric:
		return p + "::int8"
	case formBool:
		return p + "::bool"
	case formTime:
		return p + "::timestamptz"
	case formTimestamp:
		return "(" + p + "::timestamptz AT TIME ZONE 'UTC')"
	}
	return p + "::text"
}

// write returns parameter n as it is assigned to c.
func (c *column) write(n int) string {
	p := "$" + strconv.Itoa(n)
	switch c.form {
	case formJSON:
		return p + "::json"
	case formJSONB:
		return p + "::jsonb"
	case formArray:
		return "CASE WHEN " + p + "::jsonb IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(" + p + "::jsonb)) END"
	case formOther:
		return p + "::text::" + c.sqlType
	}
	return c.cast(n)
}

func (b *builder) returning(t *table) {
	b.write(" RETURNING ")
	b.read("a", t)
}

// read lists the columns of t as they are to come back.
func (b *builder) read(alias string, t *table) {
	for i := range t.columns {
		c := &t.columns[i]
		name := alias + "." + c.name
		switch c.form {
		case formArray:
			name = "to_json(" + name + ")::text"
		case formNumeric:
			name += "::int8"
		case formOther:
			name += "::text"
		}
		b.write(separator(i == 0, ""), name)
		b.results = append(b.results, c)
	}
}

func separator(first bool, opening string) string {
	if first {
		return opening
	}
	return ", "
}
