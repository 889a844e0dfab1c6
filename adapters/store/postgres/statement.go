package kerniapostgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	columns []*column // of its answer
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
		b.columns = []*column{{typ: ports.TypeInt, form: formInt}}
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

// address writes a key, if any, and conditions. A key that the database does not hold unique may be that of
// several rows, of which one is meant.
func (b *builder) address(t *table, key ports.Key, where []ports.Condition) {
	id := t.columns[0].name
	if len(key) == 0 || t.unique(t.model.Columns(key)) || key[0] == "id" {
		b.where(t, nil, key, where)
		return
	}
	b.write(" WHERE a.", id, " = (SELECT a.", id, " FROM ", t.name, " AS a")
	b.where(t, nil, key, where)
	b.write(" ORDER BY ", t.columns[0].sorted("a."), " LIMIT 1 FOR UPDATE)")
}

// doomed writes the beginning of one statement that deletes rows of t after all that refer to them, recursively,
// and returns the tables, of which only the first one's rows remain to be deleted. Foreign keys are checked at the
// statement's end, so that it does not matter whether there are any.
func (b *builder) doomed(t *table, key ports.Key, where []ports.Condition) []*table {
	tables := []*table{t}
	number := func(m *ports.Model) int {
		i := slices.IndexFunc(tables, func(t *table) bool { return t.model == m })
		if i < 0 {
			i = len(tables)
			tables = append(tables, b.table(m))
		}
		return i
	}
	var steps []string
	for i := 0; i < len(tables); i++ { //nolint:intrange // it grows on the way
		for _, r := range tables[i].model.Dependents {
			n := number(r.Model)
			ref := tables[n].column(r.Field)
			steps = append(steps, fmt.Sprintf("SELECT %d AS model, c.%s::text AS id FROM %s AS c WHERE c.%s = CASE gone.model WHEN %d THEN gone.id::%s END",
				n, tables[n].columns[0].name, tables[n].name, ref.name, i, ref.sqlType))
		}
	}
	b.write("WITH RECURSIVE found AS MATERIALIZED (SELECT a.", t.columns[0].name, "::text AS id FROM ", t.name, " AS a")
	b.address(t, key, where)
	b.write(" FOR UPDATE), gone (model, id) AS (SELECT 0, id FROM found UNION SELECT next.model, next.id FROM gone, LATERAL (",
		strings.Join(steps, " UNION ALL "), ") AS next)")
	for n := 1; n < len(tables); n++ {
		b.write(fmt.Sprintf(", dead%d AS (%s)", n, dead(tables, n)))
	}
	return tables
}

// dead deletes the rows of one of the tables that are gone.
func dead(tables []*table, n int) string {
	c := &tables[n].columns[0]
	return fmt.Sprintf("DELETE FROM %s AS a WHERE a.%s IN (SELECT id::%s FROM gone WHERE model = %d)", tables[n].name, c.name, c.sqlType, n)
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
		b.statement.columns = append(b.statement.columns, c)
	}
}

func separator(first bool, opening string) string {
	if first {
		return opening
	}
	return ", "
}
