package memory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// A view is a table as one model sees it.
type view struct {
	*ports.Model
	table *table
	cols  []int // the column of each field
}

// view returns how m sees its table, or an error where that is not migrated.
func (s *Store) view(m *ports.Model) (*view, error) {
	if v, ok := s.views.Load(m); ok {
		return v.(*view), nil
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	t := s.tables[m.TableName()]
	if t == nil {
		return nil, fmt.Errorf("%w: table %q is not migrated", ports.ErrUnavailable, m.TableName())
	}
	v := &view{Model: m, table: t, cols: make([]int, len(m.Fields))}
	for i := range m.Fields {
		v.cols[i] = t.column(m.Fields[i].ColumnName())
		if v.cols[i] < 0 {
			return nil, fmt.Errorf("%w: column %q of table %q is not migrated", ports.ErrUnavailable, m.Fields[i].ColumnName(), m.TableName())
		}
	}
	s.views.Store(m, v)
	return v, nil
}

// columns returns the columns of a key of the model.
func (v *view) columns(k ports.Key) []int {
	cols := make([]int, len(k))
	for i, name := range k {
		cols[i] = v.cols[v.Field(name)]
	}
	return cols
}

// record returns row in the order of the model's fields, with room for a followed one.
func (v *view) record(row []ports.Value, room int) ports.Record {
	r := make(ports.Record, len(v.cols), len(v.cols)+room)
	for i, c := range v.cols {
		r[i] = row[c]
	}
	return r
}

// row returns r in the order of the table's columns.
func (v *view) row(r ports.Record) []ports.Value {
	row := make([]ports.Value, len(v.table.columns))
	for i := range row {
		row[i] = v.table.columns[i].def
	}
	for i, c := range v.cols {
		row[c] = r[i]
	}
	return row
}

// conflict says that another row has the same values in columns cols, under the name the model gives them.
func (v *view) conflict(cols []int) error {
	e := &ports.ConflictError{Model: v.Name}
	for _, k := range v.Unique {
		if slices.Equal(v.columns(k), cols) {
			e.Key = k.String()
		}
	}
	return e
}

// A filter is the conditions on one view together with their arguments.
type filter []test

type test struct {
	ports.Condition
	col  int
	args []ports.Value
}

// filter returns the tests of those conditions that are on this model itself or, with followed, on the followed
// one. An argument that cannot be an id becomes null, since both match nothing.
func (v *view) filter(where []ports.Condition, args []ports.Value, followed bool) filter {
	var f filter
	for _, c := range where {
		mine := args[:c.Args()]
		args = args[c.Args():]
		if c.Followed != followed {
			continue
		}
		i := v.Field(c.Field)
		if kind, ok := v.IDKind(i); ok {
			mine = slices.Clone(mine)
			for j := range mine {
				if !kind.Valid(mine[j].AsString()) {
					mine[j] = ports.Value{}
				}
			}
		}
		f = append(f, test{Condition: c, col: v.cols[i], args: mine})
	}
	return f
}

func (f filter) holds(row []ports.Value) bool {
	for i := range f {
		if !f[i].holds(row[f[i].col]) {
			return false
		}
	}
	return true
}

func (t *test) holds(v ports.Value) bool {
	switch t.Op {
	case ports.Null:
		return v.IsNull()
	case ports.NotNull:
		return !v.IsNull()
	case ports.In:
		return !v.IsNull() && slices.ContainsFunc(t.args, v.Equal)
	case ports.NotIn:
		return !v.IsNull() && !slices.ContainsFunc(t.args, ports.Value.IsNull) && !slices.ContainsFunc(t.args, v.Equal)
	}
	arg := t.args[0]
	if v.IsNull() || arg.IsNull() {
		return false
	}
	switch t.Op {
	case ports.Ne:
		return !v.Equal(arg)
	case ports.Lt:
		return v.Compare(arg) < 0
	case ports.Le:
		return v.Compare(arg) <= 0
	case ports.Gt:
		return v.Compare(arg) > 0
	case ports.Ge:
		return v.Compare(arg) >= 0
	case ports.Contains:
		return strings.Contains(t.text(v), t.text(arg))
	case ports.StartsWith:
		return strings.HasPrefix(t.text(v), t.text(arg))
	case ports.EndsWith:
		return strings.HasSuffix(t.text(v), t.text(arg))
	}
	return v.Equal(arg)
}

// text returns a string as the test compares it.
func (t *test) text(v ports.Value) string {
	if !t.Fold {
		return v.AsString()
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, v.AsString())
}

// candidates returns the ids among which all rows that satisfy f are, without repeats; ok is false where no key
// narrows them down.
func (v *view) candidates(f filter) (ids []string, ok bool) {
	for i := range f {
		if f[i].col == v.cols[0] && (f[i].Op == ports.Eq || f[i].Op == ports.In) {
			for _, arg := range f[i].args {
				ids = append(ids, arg.AsString())
			}
			slices.Sort(ids)
			return slices.Compact(ids), true
		}
	}
	for _, k := range v.table.keys {
		if ids, ok := k.find(f); ok {
			return ids, true
		}
	}
	return nil, false
}

// find returns the ids under the key where f says what each of its columns must equal.
func (k *key) find(f filter) (ids []string, ok bool) {
	var prefix []byte
	for n, col := range k.cols {
		i := slices.IndexFunc(f, func(t test) bool {
			return t.col == col && (t.Op == ports.Eq || t.Op == ports.In && n == len(k.cols)-1)
		})
		if i < 0 {
			return nil, false
		}
		if n < len(k.cols)-1 {
			prefix = appendKey(prefix, f[i].args[0])
			continue
		}
		for _, arg := range f[i].args {
			ids = append(ids, k.ids[string(appendKey(prefix, arg))]...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), true
}
