package memory

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kernia-go/kernia/ports"
)

// A table keeps rows under their ids. A row holds one value for each column and is never changed in place.
type table struct {
	columns []column
	rows    map[string][]ports.Value
	keys    []*key
	made    int64 // ids that the store made
}

type column struct {
	name string
	def  ports.Value // for rows of models that do not know the column
}

// A key finds the ids of rows by the values of some columns.
type key struct {
	cols   []int
	unique bool
	ids    map[string][]string // by encoded values; rows with a null among them are left out
}

func (t *table) column(name string) int {
	return slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
}

func (t *table) key(cols []int, unique bool) *key {
	for _, k := range t.keys {
		if k.unique == unique && slices.Equal(k.cols, cols) {
			return k
		}
	}
	return nil
}

// conflict returns the first unique key by which another row than the one under id agrees with row.
func (t *table) conflict(id string, row []ports.Value) *key {
	for _, k := range t.keys {
		if !k.unique {
			continue
		}
		if at, ok := k.encode(row); ok && slices.ContainsFunc(k.ids[at], func(other string) bool { return other != id }) {
			return k
		}
	}
	return nil
}

// set puts row under id, or removes what is there where row is nil, and returns what was there.
func (t *table) set(id string, row []ports.Value) (old []ports.Value) {
	old = t.rows[id]
	for _, k := range t.keys {
		k.remove(id, old)
		k.add(id, row)
	}
	if row == nil {
		delete(t.rows, id)
	} else {
		t.rows[id] = row
	}
	return old
}

// clone returns a table that changes independently of t.
func (t *table) clone() *table {
	c := &table{columns: slices.Clone(t.columns), rows: maps.Clone(t.rows), made: t.made}
	for _, k := range t.keys {
		c.addKey(k.cols, k.unique)
	}
	return c
}

func (t *table) addKey(cols []int, unique bool) {
	k := &key{cols: cols, unique: unique, ids: map[string][]string{}}
	for id, row := range t.rows {
		k.add(id, row)
	}
	t.keys = append(t.keys, k)
}

func (k *key) add(id string, row []ports.Value) {
	if at, ok := k.encode(row); ok {
		k.ids[at] = append(k.ids[at], id)
	}
}

func (k *key) remove(id string, row []ports.Value) {
	at, ok := k.encode(row)
	if !ok {
		return
	}
	ids := k.ids[at]
	if len(ids) == 1 {
		delete(k.ids, at)
		return
	}
	i := slices.Index(ids, id)
	k.ids[at] = slices.Delete(ids, i, i+1)
}

// encode returns the values of the key's columns as one string, or false where there is no row or a null in it.
func (k *key) encode(row []ports.Value) (string, bool) {
	if row == nil {
		return "", false
	}
	var b []byte
	for _, c := range k.cols {
		if row[c].IsNull() {
			return "", false
		}
		b = appendKey(b, row[c])
	}
	return string(b), true
}

// appendKey appends v so that different sequences of values differ.
func appendKey(b []byte, v ports.Value) []byte {
	s := v.AsString()
	if v.Type() != ports.TypeString {
		s = string(v.AppendJSON(nil))
	}
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}
