package kerniasqlite

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// A statement is one SQL text with what its parameters and results are. The prepared forms come with its first use.
type statement struct {
	text    string
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
	col    *column
	stored bool // is written, not compared with
}

// The arguments that a page's limit and offset stand for.
const (
	argLimit  = -1
	argOffset = -2
)

// bind returns args in the order of the statement's parameters, as the driver takes them.
func (st *statement) bind(args []ports.Value, limit, offset int64) ([]any, error) {
	bound := make([]any, len(st.params))
	for i, p := range st.params {
		switch {
		case p.arg == argLimit:
			bound[i] = limit
		case p.arg == argOffset:
			bound[i] = offset
		case !p.stored:
			bound[i] = p.col.match(args[p.arg])
		default:
			v, err := p.col.store(args[p.arg])
			if err != nil {
				return nil, err
			}
			bound[i] = v
		}
	}
	return bound, nil
}

// store returns v as the driver takes it, or an error wrapping ErrInvalid where the column cannot keep it.
func (c *column) store(v ports.Value) (any, error) {
	a, err := c.bind(v)
	if s, ok := a.(string); ok && !utf8.ValidString(s) {
		err = errText
	}
	if v.Type() == ports.TypeList {
		for _, s := range v.AsList() {
			if !utf8.ValidString(s) {
				err = errText
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ports.ErrInvalid, c.field, err)
	}
	return a, nil
}

// A row is where the driver puts one row.
type row struct {
	cells []cell
	into  []any
}

// scan reads the current row of rows, whose results are st's.
func (st *statement) scan(rows *sql.Rows) (ports.Record, error) {
	r, _ := st.rows.Get().(*row)
	if r == nil {
		r = &row{cells: make([]cell, len(st.results)), into: make([]any, len(st.results))}
		for i, c := range st.results {
			r.cells[i].col = c
			r.into[i] = &r.cells[i]
		}
	}
	record := make(ports.Record, len(st.results))
	for i := range record {
		r.cells[i].into = &record[i]
	}
	err := rows.Scan(r.into...)
	for i := range r.cells {
		r.cells[i].into = nil // the record is the caller's now
	}
	st.rows.Put(r)
	return record, err
}

// A table is a model as the database keeps it.
type table struct {
	model    *ports.Model
	name     string // quoted
	cols     []column
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
	t := &table{model: m, name: quote(s.tableName(m)), cols: make([]column, len(m.Fields))}
	for i := range m.Fields {
		c := &t.cols[i]
		*c = column{name: quote(m.Fields[i].ColumnName()), field: m.Fields[i].Name, typ: m.Fields[i].Type}
		c.kind, c.id = m.IDKind(i)
	}
	b := builder{}
	b.put("insert into ", t.name, " (")
	first := 0
	if m.ID == ports.IDSerial {
		first = 1
	}
	for i := first; i < len(t.cols); i++ {
		b.list(i > first, t.cols[i].name)
	}
	b.put(") values (")
	for i := first; i < len(t.cols); i++ {
		b.list(i > first, "")
		b.param(param{arg: i, col: &t.cols[i], stored: true})
	}
	b.put(")")
	if first == len(t.cols) { // nothing but an id
		b.Reset()
		b.put("insert into ", t.name, " default values")
	}
	b.returning(t)
	t.insert = b.statement()
	t.drop = "delete from " + t.name + " where " + t.name + "." + t.cols[0].name + inList
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

// A finder is a query as SQL.
type finder struct {
	find, count *statement
	counted     ports.Query // the query without its page
}

func (s *Store) compileQuery(q *ports.Query) (*finder, error) {
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
		from += " join " + to.name + " as b on b." + to.cols[0].name + " = a." + t.cols[q.Model.Field(q.Follow)].name
	}
	b := builder{}
	b.put("select ")
	b.columns("a.", t)
	if to != nil {
		b.put(", ")
		b.columns("b.", to)
	}
	b.put(from)
	b.where("a.", t, to, nil, q.Where)
	b.put(" order by ")
	for i, o := range q.Sort() {
		b.list(i > 0, "a."+t.cols[q.Model.Field(o.Field)].name+map[bool]string{true: " desc"}[o.Desc])
	}
	b.put(" limit ")
	if q.Paged {
		b.param(param{arg: argLimit})
		b.put(" offset ")
		b.param(param{arg: argOffset})
	} else {
		b.put(strconv.Itoa(q.Limit))
	}
	c := builder{}
	c.put("select count(*)", from)
	c.where("a.", t, to, nil, q.Where)
	f := &finder{find: b.statement(), count: c.statement(), counted: *q}
	f.counted.Paged = false
	f.find.once, f.count.once = q.Once, q.Once
	return f, nil
}

// A changer is an update, a delete or a take as SQL: one statement, or, where other records go first, one that
// selects what goes.
type changer struct {
	table    *table
	run, ids *statement
}

func (s *Store) compileUpdate(u *ports.Update) (*changer, error) {
	if err := u.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(u.Model)
	if err != nil {
		return nil, err
	}
	b := builder{}
	b.put("update ", t.name)
	b.set(t, u)
	b.address(t, u.Key, u.Conditions())
	b.returning(t)
	return &changer{table: t, run: b.statement()}, nil
}

func (s *Store) compileTake(k *ports.Take) (*changer, error) {
	if err := k.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(k.Model)
	if err != nil {
		return nil, err
	}
	b := builder{}
	if len(t.children) > 0 {
		b.put("select ")
		b.columns("a.", t)
		b.put(" from ", t.name, " as a")
		b.where("a.", t, nil, k.Key, k.Where)
		b.put(" order by a.", t.cols[0].name, " limit 1")
		return &changer{table: t, ids: b.statement()}, nil
	}
	b.put("delete from ", t.name)
	b.address(t, k.Key, k.Where)
	b.returning(t)
	return &changer{table: t, run: b.statement()}, nil
}

func (s *Store) compileDelete(d *ports.Delete) (*changer, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	t, err := s.table(d.Model)
	if err != nil {
		return nil, err
	}
	b := builder{}
	if len(t.children) > 0 {
		b.put("select a.", t.cols[0].name, " from ", t.name, " as a")
		b.where("a.", t, nil, nil, d.Where)
		return &changer{table: t, ids: b.statement()}, nil
	}
	b.put("delete from ", t.name)
	b.where(t.name+".", t, nil, nil, d.Where)
	return &changer{table: t, run: b.statement()}, nil
}

// address puts a key and conditions that describe one row at most. A key that could not be added yet may hold for
// several.
func (b *builder) address(t *table, key ports.Key, where []ports.Condition) {
	if len(key) == 1 && key[0] == "id" {
		b.where(t.name+".", t, nil, key, where)
		return
	}
	b.put(" where ", t.name, ".", t.cols[0].name, " = (select a.", t.cols[0].name, " from ", t.name, " as a")
	b.where("a.", t, nil, key, where)
	b.put(" order by a.", t.cols[0].name, " limit 1)")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
