package kerniasqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// statements are all that were prepared.
type statements struct {
	mu     sync.Mutex
	list   []*sql.Stmt
	closed bool
}

// prepare returns st prepared on the connections that read or on the one that writes.
func (s *Store) prepare(ctx context.Context, st *statement, write bool) (*sql.Stmt, error) {
	at, db := &st.write, s.writer
	if !write && s.reader != s.writer {
		at, db = &st.read, s.reader
	}
	if p := at.Load(); p != nil {
		return p, nil
	}
	p, err := db.PrepareContext(ctx, st.sql)
	if err != nil {
		return nil, err
	}
	return s.all.keep(at, p)
}

// keep makes p the prepared statement at a place, or closes it where another call was faster.
func (l *statements) keep(at *atomic.Pointer[sql.Stmt], p *sql.Stmt) (*sql.Stmt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.Join(sql.ErrConnDone, p.Close())
	}
	if !at.CompareAndSwap(nil, p) {
		return at.Load(), p.Close()
	}
	l.list = append(l.list, p)
	return p, nil
}

func (l *statements) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	var errs []error
	for _, p := range l.list {
		errs = append(errs, p.Close())
	}
	l.list = nil
	return errors.Join(errs...)
}
