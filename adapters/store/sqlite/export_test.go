package kerniasqlite

import (
	"context"
	"database/sql"
)

// OpenFast opens a file without waiting for the disk, since no test cuts the power.
func OpenFast(ctx context.Context, path string, options ...Options) (*Store, error) {
	return open(ctx, path, "&_pragma=foreign_keys(1)&_pragma=synchronous(0)", first(options))
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
