package kernia

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	backgroundLength  = 1024             // tasks that wait at once
	backgroundWorkers = 4                // tasks that run at once
	backgroundTimeout = 30 * time.Second // for one task
)

// Enqueue runs a task after the answer: sending a mail, calling a webhook. If ctx is in a transaction, the task waits
// for the commit, and is dropped after a rollback. The task gets its own context, which lasts 30 seconds. A task that
// fails, or is dropped because too many wait, is logged under its name, which must contain no secret. [Auth.Close]
// waits for queued tasks; tasks after Close are dropped.
func (a *Auth) Enqueue(ctx context.Context, task string, run func(ctx context.Context) error) {
	a.behind(ctx, run, func(err error) {
		if errors.Is(err, errQueueFull) {
			a.config.Logger.Error("background task dropped", "task", task)
			return
		}
		a.config.Logger.Error("background task failed", "task", task, "error", err)
	})
}

// errQueueFull says that too many tasks wait, or that the Auth is closed.
var errQueueFull = errors.New("too many background tasks wait")

// behind runs a task after the answer and the commit, and calls failed where it fails or cannot be queued.
func (a *Auth) behind(ctx context.Context, run func(ctx context.Context) error, failed func(err error)) {
	perform := func() {
		ctx, cancel := context.WithTimeout(context.Background(), backgroundTimeout)
		defer cancel()
		if err := guarded(func() error { return run(ctx) }); err != nil {
			failed(err)
		}
	}
	_ = a.committed(ctx, func(context.Context) error { //nolint:contextcheck // a task outlives the request it belongs to
		if !a.background.add(perform) {
			failed(errQueueFull)
		}
		return nil
	})
}

// Close waits until background tasks are done and the audit trail is written, or ctx is done; its error says how many
// tasks were left. It does not close the store, which belongs to whoever opened it. Calls after Close still work; their
// tasks and events are lost.
func (a *Auth) Close(ctx context.Context) error {
	left, err := a.background.close(ctx)
	if err != nil {
		return fmt.Errorf("kernia: closing with %d background tasks left: %w", left, err)
	}
	return a.trail.close(ctx)
}
