package kerniasqlite

import (
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// A builder collects the text and the parameters of one statement.
type builder struct {
	strings.Builder
	params  []param
	results []*column
}

func (b *builder) statement() *statement {
	return &statement{text: b.String(), params: b.params, results: b.results}
}

func (b *builder) put(parts ...string) {
	for _, p := range parts {
		b.WriteString(p)
	}
}

// list puts part as one more of a list.
func (b *builder) list(more bool, part string) {
	if more {
		b.put(", ")
	}
	b.put(part)
}

func (b *builder) param(p param) {
	b.put("?")
	b.params = append(b.params, p)
}

// columns puts every column of t as a result. An expression has no declared type, so that no driver takes what is
// in a column declared date for something to convert; and a qualified name can never be read as a text.
func (b *builder) columns(of string, t *table) {
	for i := range t.cols {
		b.list(i > 0, "+"+of+t.cols[i].name)
		b.results = append(b.results, &t.cols[i])
	}
}

func (b *builder) returning(t *table) {
	b.put(" returning ")
	b.columns(t.name+".", t)
}

// set puts the changes of u, whose arguments come behind those of its conditions.
func (b *builder) set(t *table, u *ports.Update) {
	arg := len(u.Key)
	for _, c := range u.Where {
		arg += c.Args()
	}
	b.put(" set ")
	for i, change := range u.Set {
		c := &t.cols[u.Model.Field(change.Field)]
		b.list(i > 0, c.name+" = ")
		p := param{arg: arg + i, col: c, stored: true}
		if !change.Add {
			b.param(p)
			continue
		}
		// A sum that leaves 64 bits would go on as a floating-point number: abs of the smallest integer fails instead.
		n := t.name + "." + c.name
		b.put("case typeof(", n, " + ")
		b.param(p)
		b.put(") when 'real' then abs(-9223372036854775808 + 0 * ", n, ") else ", n, " + ")
		b.param(p)
		b.put(" end")
	}
}

// operator returns the comparison that stands with the field on their left and one argument on their right.
func operator(op ports.Op) string {
	return [...]string{ports.Eq: " = ", ports.Ne: " <> ", ports.Lt: " < ", ports.Le: " <= ", ports.Gt: " > ", ports.Ge: " >= "}[op]
}

// where puts a key and conditions, whose arguments are the first of the call.
func (b *builder) where(of string, t, followed *table, key ports.Key, where []ports.Condition) {
	arg := 0
	glue := " where "
	next := func(of string, c *column) string {
		b.put(glue)
		glue = " and "
		return of + c.name
	}
	for _, name := range key {
		c := &t.cols[t.model.Field(name)]
		b.put(next(of, c), " = ")
		b.param(param{arg: arg, col: c})
		arg++
	}
	for _, w := range where {
		in, alias := t, of
		if w.Followed {
			in, alias = followed, "b."
		}
		c := &in.cols[in.model.Field(w.Field)]
		name := next(alias, c)
		switch w.Op {
		case ports.Null:
			b.put(name, " is null")
		case ports.NotNull:
			b.put(name, " is not null")
		case ports.Contains, ports.StartsWith, ports.EndsWith:
			b.part(name, w, param{arg: arg, col: c})
		case ports.In, ports.NotIn:
			b.put(name, map[ports.Op]string{ports.In: " in (", ports.NotIn: " not in ("}[w.Op])
			for i := range w.Count {
				b.list(i > 0, "")
				b.param(param{arg: arg + i, col: c})
			}
			b.put(")")
		default:
			b.put(name, operator(w.Op))
			b.param(param{arg: arg, col: c})
		}
		arg += w.Args()
	}
}

// part puts a test for a part of a text. Texts are compared as bytes: a collation of the column's does not matter, nor
// a NUL, at which the functions for text stop. SQLite's lower knows the letters A to Z alone.
func (b *builder) part(name string, w ports.Condition, p param) {
	open, end := "cast(", " as blob)"
	if w.Fold {
		open, end = "cast(lower(", ") as blob)"
	}
	text := open + name + end
	arg := func() {
		b.put(open)
		b.param(p)
		b.put(end)
	}
	if w.Op != ports.EndsWith {
		b.put("instr(", text, ", ")
		arg()
		b.put(map[ports.Op]string{ports.Contains: ") > 0", ports.StartsWith: ") = 1"}[w.Op])
		return
	}
	b.put("case length(", text, ") when 0 then length(") // substr makes null of no bytes
	arg()
	b.put(") = 0 else substr(", text, ", 1 + length(", text, ") - length(")
	arg()
	b.put(")) = ")
	arg()
	b.put(" end")
}
