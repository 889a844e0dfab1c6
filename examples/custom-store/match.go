package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// record returns the record of m under id, or nil.
func (s *Store) record(m *ports.Model, id string) (r ports.Record) {
	there := s.now[m.TableName()].rows[id]
	for i := 0; i < len(m.Fields) && there != nil; i++ {
		r = append(r, there[m.Fields[i].ColumnName()])
	}
	return r
}

// find returns the records of m that satisfy the conditions, each with the one that its field follow refers to.
func (s *Store) find(m *ports.Model, follow string, where []ports.Condition, args []ports.Value) (found []ports.Record) {
	for id := range s.now[m.TableName()].rows {
		r, to := s.record(m, id), m
		if i := m.Field(follow); follow != "" {
			to = m.Fields[i].References
			other := s.record(to, r[i].AsString())
			if other == nil {
				continue
			}
			r = append(r, other...)
		}
		holds, rest := true, args
		for _, c := range where {
			of, i := m, m.Field(c.Field)
			at := i
			if c.Followed {
				of, i = to, to.Field(c.Field)
				at = len(m.Fields) + i
			}
			holds = holds && satisfies(r[at], c, rest[:c.Args()], func(v ports.Value) bool { return fits(of, i, v) })
			rest = rest[c.Args():]
		}
		if holds {
			found = append(found, r)
		}
	}
	return found
}

// satisfies reports whether v is what a condition asks for. What cannot be in its field matches nothing.
func satisfies(v ports.Value, by ports.Condition, args []ports.Value, fits func(ports.Value) bool) bool {
	op := by.Op
	if op == ports.Null || op == ports.NotNull || v.IsNull() {
		return (op == ports.Null) == v.IsNull() && (op == ports.Null || op == ports.NotNull)
	}
	one := func(a ports.Value) bool {
		if a.IsNull() || !fits(a) {
			return false
		}
		text, part := v.AsString(), a.AsString()
		if by.Fold {
			text, part = lower(text), lower(part)
		}
		c := v.Compare(a)
		return [...]bool{
			ports.Eq: c == 0, ports.Ne: c != 0, ports.Lt: c < 0, ports.Le: c <= 0, ports.Gt: c > 0, ports.Ge: c >= 0,
			ports.In: c == 0, ports.NotIn: c != 0, ports.Contains: strings.Contains(text, part),
			ports.StartsWith: strings.HasPrefix(text, part), ports.EndsWith: strings.HasSuffix(text, part),
		}[op]
	}
	if op == ports.NotIn { // of all arguments, where the others need one
		return !slices.ContainsFunc(args, func(a ports.Value) bool { return !one(a) })
	}
	return slices.ContainsFunc(args, one)
}

// lower returns s with small letters for A to Z.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// fits reports whether field i of m can hold v.
func fits(m *ports.Model, i int, v ports.Value) bool {
	if kind, id := m.IDKind(i); id && !v.IsNull() {
		return kind.Valid(v.AsString())
	}
	return utf8.ValidString(v.AsString() + v.AsJSON() + strings.Join(v.AsList(), ""))
}
