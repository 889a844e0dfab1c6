package kerniapostgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/kernia-go/kernia/ports"
)

// Explain returns how PostgreSQL runs the statement of a query where it has a choice but to read whole tables.
func (s *Store) Explain(ctx context.Context, q *ports.Query, args []ports.Value) (string, error) {
	st, err := s.statement(ctx, s.pool, find, q)
	if err != nil {
		return "", err
	}
	params, err := st.encode(args)
	if err != nil {
		return "", err
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
		return "", err
	}
	rows, err := tx.Query(ctx, "EXPLAIN "+st.sql, params...)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}
