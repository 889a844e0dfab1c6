package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// Events is a [ports.Events] that collects what happened. The zero Events is empty and ready to use.
type Events struct {
	mu   sync.Mutex
	list []ports.Event
}

var _ ports.Events = (*Events)(nil)

// Record keeps e; it fails only where ctx is done.
func (e *Events) Record(ctx context.Context, event ports.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
	return nil
}

// All returns what was recorded, the oldest first. The caller owns the slice.
func (e *Events) All() []ports.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}
