package kerniapostgres

import (
	"strconv"

	"github.com/kernia-go/kernia/ports"
)

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

// where writes the key and the conditions.
func (b *builder) where(t, to *table, key ports.Key, where []ports.Condition) {
	and := " WHERE "
	for _, name := range key {
		b.write(and)
		b.condition("a.", t.column(name), ports.Condition{Field: name})
		and = " AND "
	}
	for _, c := range where {
		b.write(and)
		if c.Followed {
			b.condition("b.", to.column(c.Field), c)
		} else {
			b.condition("a.", t.column(c.Field), c)
		}
		and = " AND "
	}
}

func (b *builder) condition(alias string, c *column, by ports.Condition) {
	left := alias + c.name
	switch by.Op {
	case ports.Null:
		b.write(left, " IS NULL")
		return
	case ports.NotNull:
		b.write(left, " IS NOT NULL")
		return
	}
	part := by.Op == ports.Contains || by.Op == ports.StartsWith || by.Op == ports.EndsWith
	sorted := by.Op == ports.Lt || by.Op == ports.Le || by.Op == ports.Gt || by.Op == ports.Ge || part
	text := c.typ == ports.TypeString && (sorted || c.form == formOther)
	switch {
	case text && c.form == formText:
		left += ` COLLATE "C"`
	case text:
		left += `::text COLLATE "C"`
	case c.loose:
		left += ` COLLATE "C"`
	case c.typ == ports.TypeTime && !sorted:
		left = milliseconds(left)
	}
	arg := func() string { return b.argument(c, text) }
	switch by.Op {
	case ports.Contains, ports.StartsWith, ports.EndsWith:
		b.part(left, arg()+` COLLATE "C"`, by)
	case ports.In, ports.NotIn:
		b.write(left)
		for i := range by.Count {
			b.write(separator(i == 0, map[ports.Op]string{ports.In: " IN (", ports.NotIn: " NOT IN ("}[by.Op]), arg())
		}
		b.write(")")
	case ports.Le, ports.Gt: // of times: what the millisecond cuts off does not count
		if c.typ == ports.TypeTime {
			b.write(left, map[ports.Op]string{ports.Le: " < ", ports.Gt: " >= "}[by.Op], arg(), " + interval '1 millisecond'")
			return
		}
		fallthrough
	default:
		b.write(left, [...]string{ports.Eq: " = ", ports.Ne: " <> ", ports.Lt: " < ", ports.Le: " <= ", ports.Gt: " > ", ports.Ge: " >= "}[by.Op], arg())
	}
}

// part writes a test for a part of a text, both by bytes: lower knows, by this collation, the letters A to Z alone.
func (b *builder) part(text, part string, by ports.Condition) {
	if by.Fold {
		text, part = "lower("+text+")", "lower("+part+")"
	}
	switch by.Op {
	case ports.Contains:
		b.write("strpos(", text, ", ", part, ") > 0")
	case ports.StartsWith:
		b.write("starts_with(", text, ", ", part, ")")
	default:
		b.write("right(", text, ", length(", part, ")) = ", part)
	}
}

func milliseconds(sql string) string { return "date_trunc('milliseconds', " + sql + ")" }

// argument adds a parameter that c is compared with.
func (b *builder) argument(c *column, text bool) string {
	b.params = append(b.params, param{column: c, text: text})
	if text {
		return "$" + strconv.Itoa(len(b.params)) + "::text"
	}
	return c.cast(len(b.params))
}

// sorted returns the expression that sorts by c.
func (c *column) sorted(alias string) string {
	by := alias + c.name
	switch {
	case c.typ == ports.TypeTime:
		return milliseconds(by)
	case c.typ == ports.TypeString && c.form == formText:
		return by + ` COLLATE "C"`
	case c.typ == ports.TypeString && c.form == formOther:
		return by + `::text COLLATE "C"`
	}
	return by
}
