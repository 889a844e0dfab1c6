package kerniasqlite

import (
	"context"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

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
	until := time.Now().Add(s.busyTimeout)                                                               //nolint:forbidigo // a wait, which no clock but the system's measures
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
