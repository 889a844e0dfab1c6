package kerniasqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// records runs st and returns its results.
func (s *Store) records(ctx context.Context, st *statement, write bool, args []any) ([]ports.Record, error) {
	var records []ports.Record
	err := s.patiently(ctx, write, func() error {
		records = nil
		return s.each(ctx, st, write, args, func(rows *sql.Rows) error {
			r, err := st.scan(rows)
			records = append(records, r)
			return err
		})
	})
	return records, err
}

// each runs st and calls f for every row, to the last one: what a statement writes is only then committed.
func (s *Store) each(ctx context.Context, st *statement, write bool, args []any, f func(*sql.Rows) error) (err error) {
	rows, err := s.query(ctx, st, write, args)
	if err != nil {
		return err
	}
	defer func() {
		if closed := rows.Close(); err == nil {
			err = closed
		}
	}()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// query starts st: in the transaction of ctx, or on a connection of its own.
func (s *Store) query(ctx context.Context, st *statement, write bool, args []any) (*sql.Rows, error) {
	if t := s.transaction(ctx); t != nil {
		return t.query(ctx, st, args)
	}
	if st.once { // only ever reads
		return s.reader.QueryContext(ctx, st.text, args...)
	}
	p, err := s.prepare(ctx, st, write) //nolint:sqlclosecheck // kept for the store's life
	if err != nil {
		return nil, err
	}
	return p.QueryContext(ctx, args...)
}

// patiently calls f until no lock is in its way, alone among the writers of this Store if it writes. A call inside
// a transaction has all the locks it can have.
func (s *Store) patiently(ctx context.Context, write bool, f func() error) error {
	if s.transaction(ctx) != nil {
		return f()
	}
	if write {
		leave, err := s.enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	return s.retry(ctx, f)
}

func nothing() {}

// enter waits until no other call of this Store writes.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	if s.gate == nil {
		return nothing, nil
	}
	select {
	case s.gate <- struct{}{}:
		return func() { <-s.gate }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// retry calls f again while another connection is in the way, which means that nothing has changed yet.
func (s *Store) retry(ctx context.Context, f func() error) error {
	err := f()
	if err == nil || !busy(err) {
		return err
	}
	until := time.Now().Add(s.patience)                                                                  //nolint:forbidigo // a wait, which no clock but the system's measures
	for pause := time.Millisecond; time.Now().Before(until); pause = min(2*pause, 16*time.Millisecond) { //nolint:forbidigo // the same wait
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if err = f(); err == nil || !busy(err) {
			return err
		}
	}
	return err
}

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
	p, err := db.PrepareContext(ctx, st.text)
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
