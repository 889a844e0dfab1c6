package kerniapostgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

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
