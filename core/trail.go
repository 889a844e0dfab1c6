package kernia

import (
	"context"
	"time"
)

const (
	trailLength  = 1024             // events that may wait; further ones are dropped and logged
	trailTimeout = 10 * time.Second // for one event
)

// trail passes events to the sink after the answer, in order and each at most once.
type trail struct {
	auth  *Auth
	queue queue
}

func (t *trail) init(a *Auth) { t.auth, t.queue = a, queue{length: trailLength, workers: 1} }

// Record adds e to the audit trail. It fills in the time and, in a request, the client's address and user agent. Inside
// a transaction the event waits for the commit.
func (a *Auth) Record(ctx context.Context, e Event) { a.trail.add(ctx, e) }

// add queues e until the transaction in ctx, if any, is committed, and then for the sink.
func (t *trail) add(ctx context.Context, e Event) {
	if t.auth.config.Events == nil {
		return
	}
	e.Time = t.auth.now()
	if c := CallFrom(ctx); c != nil {
		e.IPAddress, e.UserAgent = c.ClientAddress(), c.userAgent()
	}
	if h, ok := ctx.Value(holdKey{}).(*Held); ok {
		h.add(func(context.Context) { t.send(e) }) //nolint:contextcheck // an event outlives the request it tells of
		return
	}
	t.send(e) //nolint:contextcheck // as above
}

func (t *trail) send(e Event) {
	if !t.queue.add(func() { t.record(e) }) {
		t.auth.config.Logger.Warn("event dropped: the sink is too slow, or the Auth is closed", "type", e.Type)
	}
}

func (t *trail) record(e Event) {
	ctx, cancel := context.WithTimeout(context.Background(), trailTimeout)
	defer cancel()
	if err := guarded(func() error { return t.auth.config.Events.Record(ctx, e) }); err != nil {
		t.auth.config.Logger.Error("event not recorded", "type", e.Type, "error", err)
	}
}

func (t *trail) close(ctx context.Context) error {
	_, err := t.queue.close(ctx)
	return err
}
