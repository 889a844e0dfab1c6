package kerniapostgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kernia-go/kernia/ports"
)

// fail turns err, met while doing something to records of m, into an error of the port. The text of an error
// of the server stays out of it: its message and detail repeat values.
func (s *Store) fail(ctx context.Context, doing string, m *ports.Model, err error) error {
	if m != nil {
		doing = fmt.Sprintf("%s %q", doing, m.Name)
	}
	wrap := func(kind error, cause string) error {
		return fmt.Errorf("kerniapostgres: %s: %w: %s", doing, kind, cause)
	}
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, ports.ErrInvalid), errors.Is(err, ports.ErrUnavailable):
		return fmt.Errorf("kerniapostgres: %s: %w", doing, err)
	case ctx.Err() != nil:
		return fmt.Errorf("kerniapostgres: %s: %w", doing, ctx.Err())
	case errors.Is(err, pgx.ErrTxClosed):
		return wrap(ports.ErrInvalid, "the transaction is over")
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return wrap(ports.ErrUnavailable, "the transaction had failed and was rolled back")
	case !errors.As(err, &pg):
		if _, limited := ctx.Deadline(); limited && errors.Is(err, context.DeadlineExceeded) { // a hair before the context
			return fmt.Errorf("kerniapostgres: %s: %w: %w", doing, ports.ErrUnavailable, context.DeadlineExceeded)
		}
		return wrap(ports.ErrUnavailable, network(err))
	case pg.Code == "23505" && m != nil:
		return fmt.Errorf("kerniapostgres: %s: %w", doing, &ports.ConflictError{Model: m.Name, Key: s.conflict(m, pg)})
	case refuses(pg.Code) && m != nil:
		return fmt.Errorf("kerniapostgres: %s: %w: %s", doing, &ports.RefusedError{Model: m.Name, Field: s.refused(m, pg)}, describe(pg))
	}
	return wrap(kind(pg.Code), describe(pg))
}

// kind sorts an SQLSTATE: data or constraints that the call got wrong, else a server that cannot serve.
func kind(code string) error {
	switch code[:min(2, len(code))] {
	case "22", "23", "21", "44":
		return ports.ErrInvalid
	}
	if code == "25P02" { // the application's transaction had failed before
		return ports.ErrInvalid
	}
	return ports.ErrUnavailable
}

// failMigrate is fail for what Migrate does to a table. The statements come from models and hold no stranger's value, so
// the server's own words are told; only its detail may repeat a value.
func (s *Store) failMigrate(ctx context.Context, doing string, err error) error {
	var pg *pgconn.PgError
	if ctx.Err() == nil && errors.As(err, &pg) {
		return fmt.Errorf("kerniapostgres: migrate: %s: %w: %s (%s)", doing, kind(pg.Code), pg.Message, describe(pg))
	}
	return s.fail(ctx, "migrate: "+doing, nil, err)
}

// refuses reports whether an SQLSTATE says that a column, a rule or a trigger of the application's takes no such value:
// data exceptions, a null, a check, a view's condition, a value too long for an index, RAISE.
func refuses(code string) bool {
	return strings.HasPrefix(code, "22") || slices.Contains([]string{"23502", "23514", "23P01", "44000", "54000", "P0001"}, code)
}

// refused returns the field that the server's complaint is about, "" where it names none or several.
func (s *Store) refused(m *ports.Model, pg *pgconn.PgError) string {
	columns := []string{pg.ColumnName}
	if pg.ColumnName == "" {
		columns = s.constrained(m, pg.ConstraintName)
	}
	for i := range m.Fields {
		if len(columns) == 1 && m.Fields[i].ColumnName() == columns[0] {
			return m.Fields[i].Name
		}
	}
	return ""
}

// constrained returns the columns of a named index or check of m's table, as far as they are known.
func (s *Store) constrained(m *ports.Model, name string) []string {
	known, ok := s.known.Load().tables.Load(m)
	if !ok || name == "" {
		return nil
	}
	t := known.(*table)
	for _, x := range slices.Concat(t.indexes, t.checks) {
		if x.Name == name {
			return x.Columns
		}
	}
	return nil
}

// describe names what the server complains of by code and by the names of tables and columns alone.
func describe(pg *pgconn.PgError) string {
	parts := []string{"SQLSTATE " + pg.Code}
	for _, part := range [][2]string{{"table", pg.TableName}, {"column", pg.ColumnName}, {"constraint", pg.ConstraintName}} {
		if part[1] != "" {
			parts = append(parts, part[0]+" "+part[1])
		}
	}
	text := strings.Join(parts, ", ")
	if pg.Code == "42P01" || pg.Code == "42703" {
		text += " (a table or column is missing: run Migrate)"
	}
	switch pg.Code {
	case readOnly:
		text += " (the server is read-only: connect to the primary)"
	case "42P05", "26000":
		text += " (a pooler does not keep prepared statements: connect with default_query_exec_mode=exec)"
	}
	return text
}

// network describes a failure on the way to the server. Other errors of the driver may quote an argument.
func network(err error) string {
	var op *net.OpError
	var dial *pgconn.ConnectError
	switch {
	case errors.As(err, &dial):
		return dial.Error()
	case errors.As(err, &op):
		return op.Error()
	}
	return "the connection was lost"
}

// repeatable reports whether a statement that failed so has certainly changed nothing and may fare better now:
// it was never sent, lost to a concurrent transaction, or met a schema or prepared statement of before.
func repeatable(err error) bool {
	if pgconn.SafeToRetry(err) || stale(err) {
		return true
	}
	// 57014: without [Configure], a cancel request that was meant for the connection's last call may come late.
	return coded(err, "40001", "40P01", "57014", "26000", "0A000", "23503", readOnly)
}

// stale reports whether the schema is not what was learnt of it.
func stale(err error) bool { return coded(err, "42P01", "42703", "42804", "42883", "42846") }

func coded(err error, codes ...string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains(codes, pg.Code)
}

// conflict names the declared key of m that the violated constraint is of, "" where m declares none such.
func (s *Store) conflict(m *ports.Model, pg *pgconn.PgError) string {
	columns := s.constrained(m, pg.ConstraintName)
	if columns == nil {
		columns = detailed(pg.Detail)
	}
	for _, k := range append([]ports.Key{{"id"}}, m.Unique...) {
		if sameColumns(m.Columns(k), columns) {
			return k.String()
		}
	}
	return ""
}

// detailed reads the column names out of `Key (a, "b")=(…) already exists.`.
func detailed(detail string) []string {
	_, rest, _ := strings.Cut(detail, "(")
	names, _, ok := strings.Cut(rest, ")=(")
	if !ok {
		return nil
	}
	columns := strings.Split(names, ", ")
	for i, c := range columns {
		columns[i] = strings.ReplaceAll(strings.Trim(c, `"`), `""`, `"`)
	}
	return columns
}

// sameColumns compares two sets of columns; the order does not matter to uniqueness.
func sameColumns(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, c := range a {
		if !slices.Contains(b, c) {
			return false
		}
	}
	return true
}
