package kerniasqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// Primary result codes of SQLite.
const (
	codeBusy       = 5
	codeLocked     = 6
	codeTooBig     = 18
	codeConstraint = 19
	codeMismatch   = 20
	codeRange      = 25
)

// code returns the primary result code that err carries, 0 for none. A driver either gives it by a method Code,
// or only SQLite's own words.
func code(err error) int {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return coded.Code() & 0xff
	}
	switch s := err.Error(); {
	case strings.Contains(s, "constraint failed"):
		return codeConstraint
	case strings.Contains(s, "database is locked"):
		return codeBusy
	case strings.Contains(s, "table is locked"):
		return codeLocked
	case strings.Contains(s, "datatype mismatch"):
		return codeMismatch
	case strings.Contains(s, "too big"):
		return codeTooBig
	}
	return 0
}

// busy reports whether another connection was in the way, so that nothing has happened yet.
func busy(err error) bool {
	c := code(err)
	return c == codeBusy || c == codeLocked
}

// fail returns err as one of the errors of the port. Of m's declared keys it names the one in conflict.
func (s *Store) fail(ctx context.Context, doing string, m *ports.Model, err error) error {
	if m != nil {
		doing += " " + m.Name
	}
	if done := ctx.Err(); done != nil {
		return fmt.Errorf("kerniasqlite: %s: %w", doing, done)
	}
	if is[*ports.ConflictError](err) || errors.Is(err, ports.ErrInvalid) || errors.Is(err, ports.ErrUnavailable) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("kerniasqlite: %s: %w", doing, err)
	}
	kind := ports.ErrUnavailable
	switch code(err) {
	case codeConstraint:
		if key, ok := s.conflict(m, err); ok {
			return fmt.Errorf("kerniasqlite: %s: %w", doing, &ports.ConflictError{Model: m.Name, Key: key})
		}
		kind = ports.ErrInvalid
		if field, ok := s.refused(m, err); ok {
			kind = &ports.RefusedError{Model: m.Name, Field: field}
		}
	case codeTooBig, codeMismatch, codeRange:
		kind = ports.ErrInvalid
		if m != nil {
			kind = &ports.RefusedError{Model: m.Name}
		}
	}
	if errors.Is(err, sql.ErrTxDone) {
		kind = ports.ErrInvalid
	}
	return fmt.Errorf("kerniasqlite: %s: %w: %w", doing, kind, err)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// refused returns the field that a violated constraint of one column is about, "" for one that SQLite names otherwise.
// It says "NOT NULL constraint failed: t.a", "cannot store TEXT value in INTEGER column t.a", or "CHECK constraint
// failed: " and the constraint's name, or its expression, which repeats no value. What is wrong with a reference is no
// fault of a value.
func (s *Store) refused(m *ports.Model, err error) (field string, ok bool) {
	text := err.Error()
	if m == nil || strings.Contains(text, "FOREIGN KEY") {
		return "", false
	}
	for i := range m.Fields {
		name := s.tableName(m) + "." + m.Fields[i].ColumnName()
		if _, rest, found := strings.Cut(lower(text), lower(name)); found && (rest == "" || rest[0] == ' ') {
			return m.Fields[i].Name, true
		}
	}
	return "", true
}

// conflict returns the declared key that a violated unique constraint belongs to, "" for one that m does not
// declare; ok is false where err speaks of another constraint. SQLite says "UNIQUE constraint failed: t.a, t.b",
// to which a driver may add words of its own in front and a code in parentheses behind.
func (s *Store) conflict(m *ports.Model, err error) (key string, ok bool) {
	_, list, ok := strings.Cut(err.Error(), "UNIQUE constraint failed: ")
	if !ok || m == nil {
		return "", false
	}
	if i := strings.LastIndex(list, " ("); i >= 0 && strings.HasSuffix(list, ")") {
		list = list[:i]
	}
	got := strings.Split(list, ", ")
	slices.Sort(got)
	for _, k := range append([]ports.Key{{"id"}}, m.Unique...) {
		want := make([]string, len(k))
		for i, name := range k {
			want[i] = s.tableName(m) + "." + m.Fields[m.Field(name)].ColumnName()
		}
		slices.Sort(want)
		if slices.EqualFunc(got, want, strings.EqualFold) {
			return k.String(), true
		}
	}
	return "", true
}
