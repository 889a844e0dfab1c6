package memory

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/kernia-go/kernia/ports"
)

// A tx is one transaction: what to put back if it fails. The nil tx is a call on its own, which needs no undoing
// because it changes nothing before it is sure to succeed.
type tx struct {
	undo  []undo
	ended atomic.Bool
}

type undo struct {
	table *table
	id    string
	row   []ports.Value // nil: there was none
}

// txKey is the context key of the transaction of one Store.
type txKey struct{ s *Store }

// enter begins one call: at once inside a transaction, else when seats are free. leave ends it.
func (s *Store) enter(ctx context.Context, seats int) (t *tx, leave func(), err error) {
	if t, ok := ctx.Value(txKey{s}).(*tx); ok {
		if t.ended.Load() {
			return nil, nil, fmt.Errorf("%w: the transaction has ended", ports.ErrInvalid)
		}
		return t, func() {}, ctx.Err()
	}
	if err := s.lock.acquire(ctx, seats); err != nil {
		return nil, nil, err
	}
	return nil, func() { s.lock.release(seats) }, nil
}

func (t *tx) set(in *table, id string, row []ports.Value) {
	old := in.set(id, row)
	if t != nil {
		t.undo = append(t.undo, undo{in, id, old})
	}
}

// back undoes all but the first n changes, the last one first.
func (t *tx) back(n int) {
	for i := len(t.undo) - 1; i >= n; i-- {
		t.undo[i].table.set(t.undo[i].id, t.undo[i].row)
	}
	t.undo = t.undo[:n]
}

// Tx runs f in a transaction, or in a savepoint of the one that ctx carries. See [ports.Store].
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	t, leave, err := s.enter(ctx, readers)
	if err != nil {
		return fmt.Errorf("memory: tx: %w", err)
	}
	defer leave()
	if t == nil {
		t = &tx{}
		defer t.ended.Store(true)
		ctx = context.WithValue(ctx, txKey{s}, t)
	}
	n, kept := len(t.undo), false
	defer func() {
		if !kept { // an error, a panic, or runtime.Goexit
			t.back(n)
		}
	}()
	if err := f(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memory: tx: %w", err)
	}
	kept = true
	return nil
}
