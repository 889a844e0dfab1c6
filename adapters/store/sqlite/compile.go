package kerniasqlite

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kernia-go/kernia/ports"
)

// A statement is one SQL text with what its parameters and results are. The prepared forms come with its first use.
type statement struct {
	sql     string
	params  []param
	results []*column
	once    bool // not to be prepared
	read    atomic.Pointer[sql.Stmt]
	write   atomic.Pointer[sql.Stmt]
	rows    sync.Pool // of *row
}

// A param is one parameter: an argument of the call by its position.
type param struct {
	arg    int
	column *column
	set    bool // is written, not compared with
	milli  bool // a time as a number of milliseconds
}

// The arguments that a page's limit and offset stand for.
const (
	argLimit  = -1
	argOffset = -2
)

// table returns m as the database keeps it.
func (s *Store) table(m *ports.Model) (*table, error) {
	if m == nil {
		return nil, fmt.Errorf("%w: no model", ports.ErrInvalid)
	}
	return cached[*table](&s.tables, m, func() (*table, error) { return s.compileTable(m) })
}

func (s *Store) query(q *ports.Query) (*query, error) {
	if q.Once {
		return s.compileQuery(q)
	}
	return cached[*query](&s.queries, q, func() (*query, error) { return s.compileQuery(q) })
}

// cached returns what is under key, made at the first call that succeeds.
func cached[T any](in *sync.Map, key any, compile func() (T, error)) (T, error) {
	if v, ok := in.Load(key); ok {
		return v.(T), nil
	}
	v, err := compile()
	if err != nil {
		return v, err
	}
	kept, _ := in.LoadOrStore(key, v)
	return kept.(T), nil
}

// A table is a model as the database keeps it.
type table struct {
	model    *ports.Model
	name     string // quoted
	columns  []column
	insert   *statement
	children []child
	drop     string // deletes the records whose ids are in a JSON list
}

// A child is a table with a column that holds ids of another one.
type child struct {
	model *ports.Model
	ids   string // selects the ids of the records that refer to one of the ids in a JSON list
	drop  string // deletes those records
}

const inList = ` in (select value from json_each(?))`

func (s *Store) compileTable(m *ports.Model) (*table, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	t := &table{model: m, name: quote(s.tableName(m)), columns: make([]column, len(m.Fields))}
	for i := range m.Fields {
		c := &t.columns[i]
		*c = column{name: quote(m.Fields[i].ColumnName()), model: m.Name, field: m.Fields[i].Name, typ: m.Fields[i].Type}
		c.kind, c.id = m.IDKind(i)
	}
	b := builder{}
	b.write("insert into ", t.name, " (")
	first := 0
	if m.ID == ports.IDSerial {
		first = 1
	}
	for i := first; i < len(t.columns); i++ {
		b.list(i > first, t.columns[i].name)
	}
	b.write(") values (")
	for i := first; i < len(t.columns); i++ {
		b.list(i > first, "")
		b.param(param{arg: i, column: &t.columns[i], set: true})
	}
	b.write(")")
	if first == len(t.columns) { // nothing but an id
		b.Reset()
		b.write("insert into ", t.name, " default values")
	}
	b.returning(t)
	t.insert = b.statement()
	t.drop = "delete from " + t.name + " where " + t.name + "." + t.columns[0].name + inList
	for _, r := range m.Dependents {
		from, ref := quote(s.tableName(r.Model)), quote(r.Model.Fields[r.Model.Field(r.Field)].ColumnName())
		t.children = append(t.children, child{
			model: r.Model,
			ids:   "select " + from + "." + quote(r.Model.Fields[0].ColumnName()) + " from " + from + " where " + from + "." + ref + inList,
			drop:  "delete from " + from + " where " + from + "." + ref + inList,
		})
	}
	return t, nil
}

func (s *Store) tableName(m *ports.Model) string { return s.prefix + m.TableName() }

// A query is a [ports.Query] as SQL.
type query struct {
	find, count *statement
	counted     ports.Query // the query without its page
}

func (s *Store) compileQuery(q *ports.Query) (*query, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(q.Model)
	if err != nil {
		return nil, err
	}
	var to *table
	from := " from " + t.name + " as a"
	if m := q.Followed(); m != nil {
		if to, err = s.table(m); err != nil {
			return nil, err
		}
		from += " join " + to.name + " as b on b." + to.columns[0].name + " = a." + t.columns[q.Model.Field(q.Follow)].name
	}
	b := builder{}
	b.write("select ")
	b.read("a.", t)
	if to != nil {
		b.write(", ")
		b.read("b.", to)
	}
	b.write(from)
	b.where("a.", t, to, nil, q.Where)
	b.write(" order by ")
	for i, o := range q.Sort() {
		b.list(i > 0, "a."+t.columns[q.Model.Field(o.Field)].name+map[bool]string{true: " desc"}[o.Desc])
	}
	b.write(" limit ")
	if q.Paged {
		b.param(param{arg: argLimit})
		b.write(" offset ")
		b.param(param{arg: argOffset})
	} else {
		b.write(strconv.Itoa(q.Limit))
	}
	c := builder{}
	c.write("select count(*)", from)
	c.where("a.", t, to, nil, q.Where)
	f := &query{find: b.statement(), count: c.statement(), counted: *q}
	f.counted.Paged = false
	f.find.once, f.count.once = q.Once, q.Once
	return f, nil
}

// A mutation is a [ports.Update], [ports.Delete] or [ports.Take] as SQL: one statement, or, where other records go
// first, one that selects what goes.
type mutation struct {
	table    *table
	run, ids *statement
}

func (s *Store) compileUpdate(u *ports.Update) (*mutation, error) {
	if err := u.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(u.Model)
	if err != nil {
		return nil, err
	}
	b := builder{}
	b.write("update ", t.name)
	b.set(t, u)
	b.address(t, u.Key, u.Conditions())
	b.returning(t)
	return &mutation{table: t, run: b.statement()}, nil
}

func (s *Store) compileTake(k *ports.Take) (*mutation, error) {
	if err := k.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(k.Model)
	if err != nil {
		return nil, err
	}
	b := builder{}
	if len(t.children) > 0 {
		b.write("select ")
		b.read("a.", t)
		b.write(" from ", t.name, " as a")
		b.where("a.", t, nil, k.Key, k.Where)
		b.write(" order by a.", t.columns[0].name, " limit 1")
		return &mutation{table: t, ids: b.statement()}, nil
	}
	b.write("delete from ", t.name)
	b.address(t, k.Key, k.Where)
	b.returning(t)
	return &mutation{table: t, run: b.statement()}, nil
}

func (s *Store) compileDelete(d *ports.Delete) (*mutation, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(d.Model)
	if err != nil {
		return nil, err
	}
	b := builder{}
	if len(t.children) > 0 {
		b.write("select a.", t.columns[0].name, " from ", t.name, " as a")
		b.where("a.", t, nil, nil, d.Where)
		return &mutation{table: t, ids: b.statement()}, nil
	}
	b.write("delete from ", t.name)
	b.where(t.name+".", t, nil, nil, d.Where)
	return &mutation{table: t, run: b.statement()}, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// A builder collects the text and the parameters of one statement.
type builder struct {
	strings.Builder
	params  []param
	results []*column
}

func (b *builder) statement() *statement {
	return &statement{sql: b.String(), params: b.params, results: b.results}
}

func (b *builder) write(parts ...string) {
	for _, p := range parts {
		b.WriteString(p)
	}
}

// list writes part as one more of a list.
func (b *builder) list(more bool, part string) {
	if more {
		b.write(", ")
	}
	b.write(part)
}

func (b *builder) param(p param) {
	b.write("?")
	b.params = append(b.params, p)
}

// read writes every column of t as a result. An expression has no declared type, so that no driver takes what is
// in a column declared date for something to convert; and a qualified name can never be read as a text.
func (b *builder) read(of string, t *table) {
	for i := range t.columns {
		b.list(i > 0, "+"+of+t.columns[i].name)
		b.results = append(b.results, &t.columns[i])
	}
}

func (b *builder) returning(t *table) {
	b.write(" returning ")
	b.read(t.name+".", t)
}

// set writes the changes of u, whose arguments come behind those of its conditions.
func (b *builder) set(t *table, u *ports.Update) {
	arg := len(u.Key)
	for _, c := range u.Where {
		arg += c.Args()
	}
	b.write(" set ")
	for i, change := range u.Set {
		c := &t.columns[u.Model.Field(change.Field)]
		b.list(i > 0, c.name+" = ")
		p := param{arg: arg + i, column: c, set: true}
		if !change.Add {
			b.param(p)
			continue
		}
		// A sum that leaves 64 bits would go on as a floating-point number: abs of the smallest integer fails instead.
		n := t.name + "." + c.name
		b.write("case typeof(", n, " + ")
		b.param(p)
		b.write(") when 'real' then abs(-9223372036854775808 + 0 * ", n, ") else ", n, " + ")
		b.param(p)
		b.write(" end")
	}
}
