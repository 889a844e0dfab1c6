package kerniasqlite

import (
	"context"
	"database/sql"

	"github.com/kernia-go/kernia/ports"
)

// OpenFast opens a file without waiting for the disk, since no test cuts the power.
func OpenFast(ctx context.Context, path string, options ...Options) (*Store, error) {
	return open(ctx, path, "&_pragma=foreign_keys(1)&_pragma=synchronous(0)", first(options))
}

// Explain returns how SQLite runs the statement of a query.
func (s *Store) Explain(ctx context.Context, q *ports.Query, args []ports.Value) (plan string, err error) {
	c, err := s.query(q)
	if err != nil {
		return "", err
	}
	limit, offset := q.Page(args)
	bound, err := c.find.encode(args, limit, offset)
	if err != nil {
		return "", err
	}
	rows, err := s.reader.QueryContext(ctx, "explain query plan "+c.find.sql, bound...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return "", err
		}
		plan += detail + "\n"
	}
	return plan, rows.Err()
}

// ParseTime reads a stored time.
var ParseTime = parseTime

// Reader returns the connections that read.
func (s *Store) Reader() *sql.DB { return s.reader }

// Prepared returns how many prepared statements the Store keeps.
func (s *Store) Prepared() int {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	return len(s.all.list)
}
