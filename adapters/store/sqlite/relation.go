package kerniasqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// A relation is what a table has. Names of columns are lower-case, as SQLite compares them.
type relation struct {
	name    string // as the database spells it
	columns map[string]bool
	shapes  []attribute // of the columns that the database has
	indexes []index
	fresh   bool              // yet to be created
	added   map[string]string // yet to be added: the defaults as SQL, by name
}

// An attribute is a column that the database has.
type attribute struct {
	name    string // lower-case
	typ     string // as declared, lower-case
	notNull bool
	filled  bool // by the database where nothing is written
}

// writable returns an error that names the column which makes the database refuse every record of m that leaves it out,
// every one that is null there, or every id.
func (t *relation) writable(m *ports.Model) error {
	for _, a := range t.shapes {
		i := slices.IndexFunc(m.Fields, func(f ports.Field) bool { return lower(f.ColumnName()) == a.name })
		if i < 0 {
			if a.notNull && !a.filled {
				return fmt.Errorf("%w: column %q of table %q is NOT NULL without a default, and no field writes it", ports.ErrInvalid, a.name, t.name)
			}
			continue
		}
		if i > 0 && a.notNull && m.Fields[i].Null {
			return fmt.Errorf("%w: column %q of table %q is NOT NULL, and its field may be null", ports.ErrInvalid, a.name, t.name)
		}
		kind, isID := m.IDKind(i)
		integer := strings.Contains(a.typ, "int") // SQLite's own rule
		if isID && (integer && kind != ports.IDSerial || !integer && kind == ports.IDSerial) {
			return fmt.Errorf("%w: column %q of table %q is declared as %q, which does not hold the ids that Config.IDs says", ports.ErrInvalid, a.name, t.name, a.typ)
		}
	}
	return nil
}

type index struct {
	unique  bool
	columns []string
}

// unique reports whether a unique index has exactly these columns, in any order.
func (t *relation) unique(cols []string) bool {
	want := sorted(cols)
	return slices.ContainsFunc(t.indexes, func(ix index) bool { return ix.unique && slices.Equal(sorted(ix.columns), want) })
}

// indexed reports whether an index begins with these columns.
func (t *relation) indexed(cols []string) bool {
	return slices.ContainsFunc(t.indexes, func(ix index) bool {
		return len(ix.columns) >= len(cols) && slices.EqualFunc(ix.columns[:len(cols)], cols, func(a, b string) bool { return a == lower(b) })
	})
}

func sorted(cols []string) []string {
	s := make([]string, len(cols))
	for i, c := range cols {
		s[i] = lower(c)
	}
	slices.Sort(s)
	return s
}

// load reads the shapes of the tables of models, and the names of all indexes.
func (g *migration) load(ctx context.Context, models []*ports.Model) error {
	g.tables, g.names = map[string]*relation{}, map[string]bool{}
	wanted := map[string]bool{}
	for _, m := range models {
		if err := m.Check(); err != nil {
			return err
		}
		wanted[lower(g.s.tableName(m))] = true
	}
	var tables []string
	err := g.each(ctx, "select name, type from sqlite_master where type in ('table', 'index')", func(scan func(...any) error) error {
		var name, kind string
		if err := scan(&name, &kind); err != nil {
			return err
		}
		if kind == "index" {
			g.names[lower(name)] = true
		} else if wanted[lower(name)] {
			tables = append(tables, name)
		}
		return nil
	})
	for _, name := range tables {
		if err != nil {
			return err
		}
		err = g.relation(ctx, name)
	}
	return err
}

// relation reads the columns and indexes of one table. The pragmas have no part in the application's settings.
func (g *migration) relation(ctx context.Context, name string) error {
	t := &relation{name: name, columns: map[string]bool{}}
	g.tables[lower(name)] = t
	key := map[int]string{}
	err := g.each(ctx, `select name, lower(type), "notnull", dflt_value is not null, pk from pragma_table_info(?)`, func(scan func(...any) error) error {
		var a attribute
		var column string
		var pk int
		if err := scan(&column, &a.typ, &a.notNull, &a.filled, &pk); err != nil {
			return err
		}
		a.name = lower(column)
		t.columns[a.name] = true
		t.shapes = append(t.shapes, a)
		if pk > 0 {
			key[pk] = lower(column)
		}
		return nil
	}, name)
	if err != nil {
		return err
	}
	if len(key) == 1 { // an integer primary key is no index of its own
		t.indexes = append(t.indexes, index{unique: true, columns: []string{key[1]}})
	}
	byName := map[string]*index{}
	var names []string
	// Of an index on an expression the column is null; a partial index holds for some records only.
	err = g.each(ctx, `select l.name, l."unique", coalesce(i.name, '') from pragma_index_list(?) as l, pragma_index_info(l.name) as i
		where l.partial = 0 order by l.seq, i.seqno`, func(scan func(...any) error) error {
		var of, column string
		var unique bool
		if err := scan(&of, &unique, &column); err != nil {
			return err
		}
		if byName[of] == nil {
			byName[of] = &index{unique: unique}
			names = append(names, of)
		}
		byName[of].columns = append(byName[of].columns, lower(column))
		return nil
	}, name)
	for _, n := range names {
		t.indexes = append(t.indexes, *byName[n])
	}
	return err
}

// each calls f for every row of a query.
func (g *migration) each(ctx context.Context, text string, f func(scan func(...any) error) error, args ...any) error {
	rows, err := g.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has what is to be known
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
