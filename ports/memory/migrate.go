package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

// Migrate adds the tables, columns and keys that models lack. It cannot be part of a transaction. See
// [ports.Store].
func (s *Store) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	t, leave, err := s.enter(ctx, readers)
	if err != nil {
		return ports.Plan{}, failed("migrate", nil, err)
	}
	defer leave()
	if t != nil {
		return ports.Plan{}, failed("migrate", nil, fmt.Errorf("%w: inside a transaction", ports.ErrInvalid))
	}
	next := migration{tables: maps.Clone(s.tables)}
	for _, m := range models {
		if err := next.add(m); err != nil {
			return ports.Plan{}, failed("migrate", m, err)
		}
	}
	if apply {
		s.tables = next.tables
		s.views.Clear()
	}
	return next.plan, nil
}

// A migration is the tables as they will be and the plan that leads to them.
type migration struct {
	tables map[string]*table
	plan   ports.Plan
}

func (g *migration) step(kind ports.StepKind, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	g.plan.Steps = append(g.plan.Steps, ports.Step{Kind: kind, Summary: text, Statement: text})
}

func (g *migration) add(m *ports.Model) error {
	if err := m.Check(); err != nil {
		return err
	}
	name := m.TableName()
	t := g.tables[name]
	if t == nil {
		t = &table{rows: map[string][]ports.Value{}}
		for i := range m.Fields {
			t.columns = append(t.columns, column{m.Fields[i].ColumnName(), m.Fields[i].Default})
		}
		g.step(ports.AddTable, "create table %q", name)
	} else {
		t = t.clone() // the original is in use
	}
	g.tables[name] = t
	for i := range m.Fields {
		if err := g.addColumn(name, t, &m.Fields[i]); err != nil {
			return err
		}
	}
	v := &view{Model: m, table: t}
	for i := range m.Fields {
		v.cols = append(v.cols, t.column(m.Fields[i].ColumnName()))
	}
	for _, k := range m.Unique {
		g.addUnique(v, k)
	}
	for _, k := range m.Index {
		if cols := v.columns(k); t.key(cols, false) == nil {
			t.addKey(cols, false)
			g.step(ports.AddIndex, "add index on %q to %q", k, name)
		}
	}
	return nil
}

func (g *migration) addColumn(name string, t *table, f *ports.Field) error {
	if t.column(f.ColumnName()) >= 0 {
		return nil
	}
	if f.Default.IsNull() && !f.Null && len(t.rows) > 0 {
		return fmt.Errorf("%w: field %q needs a default for existing records", ports.ErrInvalid, f.Name)
	}
	t.columns = append(t.columns, column{f.ColumnName(), f.Default})
	for id, row := range t.rows {
		t.rows[id] = append(slices.Clip(row), f.Default)
	}
	g.step(ports.AddColumn, "add column %q to %q", f.ColumnName(), name)
	return nil
}

func (g *migration) addUnique(v *view, k ports.Key) {
	cols := v.columns(k)
	if v.table.key(cols, true) != nil {
		return
	}
	b := ports.Duplicate{Model: v.Name, Key: slices.Clone(k)}
	sample := &key{cols: cols, ids: map[string][]string{}}
	for id, row := range v.table.rows {
		sample.add(id, row)
	}
	for _, ids := range sample.ids {
		if len(ids) > 1 {
			b.Groups++
			b.IDs = append(b.IDs, ids...)
		}
	}
	if b.Groups > 0 {
		slices.SortFunc(b.IDs, func(x, y string) int { return compareIDs(v.ID, x, y) })
		b.IDs = b.IDs[:min(len(b.IDs), 20)]
		g.plan.Duplicates = append(g.plan.Duplicates, b)
		return
	}
	v.table.addKey(cols, true)
	g.step(ports.AddUnique, "add unique key on %q to %q", k, v.TableName())
}
