package kerniasqlite

import (
	"strconv"

	"github.com/kernia-go/kernia/ports"
)

// operator returns the comparison that stands with the field on their left and one argument on their right.
func operator(op ports.Op) string {
	return [...]string{ports.Eq: " = ", ports.Ne: " <> ", ports.Lt: " < ", ports.Le: " <= ", ports.Gt: " > ", ports.Ge: " >= "}[op]
}

// address writes a key and conditions that describe one row at most. A key that could not be added yet may hold for
// several.
func (b *builder) address(t *table, key ports.Key, where []ports.Condition) {
	if len(key) == 1 && key[0] == "id" {
		b.where(t.name+".", t, nil, key, where)
		return
	}
	b.write(" where ", t.name, ".", t.columns[0].name, " = (select a.", t.columns[0].name, " from ", t.name, " as a")
	b.where("a.", t, nil, key, where)
	b.write(" order by a.", t.columns[0].name, " limit 1)")
}

// where writes a key and conditions, whose arguments are the first of the call.
func (b *builder) where(of string, t, followed *table, key ports.Key, where []ports.Condition) {
	arg := 0
	glue := " where "
	next := func(of string, c *column) string {
		b.write(glue)
		glue = " and "
		return of + c.name
	}
	for _, name := range key {
		c := &t.columns[t.model.Field(name)]
		b.write(next(of, c), " = ")
		b.param(param{arg: arg, column: c})
		arg++
	}
	for _, w := range where {
		in, alias := t, of
		if w.Followed {
			in, alias = followed, "b."
		}
		c := &in.columns[in.model.Field(w.Field)]
		name := next(alias, c)
		switch w.Op {
		case ports.Null:
			b.write(name, " is null")
		case ports.NotNull:
			b.write(name, " is not null")
		case ports.Contains, ports.StartsWith, ports.EndsWith:
			b.part(name, w, param{arg: arg, column: c})
		case ports.In, ports.NotIn:
			b.write(name, map[ports.Op]string{ports.In: " in (", ports.NotIn: " not in ("}[w.Op])
			for i := range w.Count {
				b.list(i > 0, "")
				b.param(param{arg: arg + i, column: c})
			}
			b.write(")")
		default:
			b.compare(name, w.Op, param{arg: arg, column: c})
		}
		arg += w.Args()
	}
}

// compare writes a comparison with one value. SQLite takes every number for less than every text, and compares a text
// of digits as one. A time that another program wrote as either is compared as a number of milliseconds. What looks for
// times that are over can use an index: it passes over texts of digits that sort among the years to come, some of 2033 to
// 2036. These stay for longer, but none goes early.
func (b *builder) compare(name string, op ports.Op, p param) {
	if p.column.typ != ports.TypeTime {
		b.write(name, operator(op))
		b.param(p)
		return
	}
	number := p
	number.milli = true
	if op == ports.Lt || op == ports.Le {
		b.write("(", name, operator(op))
		b.param(p)
		b.write(" or ", name, " >= '20:') and ") // no number, or the column could make one of it
	}
	b.write("case when ", name, " < '' or ", name, " not glob '?*[^0-9.]*' then ", milliseconds(name), operator(op))
	b.param(number)
	b.write(" else ", name, operator(op))
	b.param(p)
	b.write(" end")
}

// milliseconds returns a number in a time column, or a text that is one, in milliseconds, by the rule of instant.
func milliseconds(name string) string {
	n := "(" + name + " + 0)"
	return "cast(case when " + n + " between " + strconv.Itoa(fewestSeconds) + " and " + strconv.Itoa(mostSeconds) +
		" then " + n + " * 1000 else " + n + " end as integer)"
}

// part writes a test for a part of a text. Texts are compared as bytes: a collation of the column's does not matter, nor
// a NUL, at which the functions for text stop. SQLite's lower knows the letters A to Z alone.
func (b *builder) part(name string, w ports.Condition, p param) {
	open, end := "cast(", " as blob)"
	if w.Fold {
		open, end = "cast(lower(", ") as blob)"
	}
	text := open + name + end
	arg := func() {
		b.write(open)
		b.param(p)
		b.write(end)
	}
	if w.Op != ports.EndsWith {
		b.write("instr(", text, ", ")
		arg()
		b.write(map[ports.Op]string{ports.Contains: ") > 0", ports.StartsWith: ") = 1"}[w.Op])
		return
	}
	b.write("case length(", text, ") when 0 then length(") // substr makes null of no bytes
	arg()
	b.write(") = 0 else substr(", text, ", 1 + length(", text, ") - length(")
	arg()
	b.write(")) = ")
	arg()
	b.write(" end")
}
