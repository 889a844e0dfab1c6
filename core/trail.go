package kernia

import (
	"context"
	"sync"
	"time"
)

const (
	trailLength  = 1024             // events that wait at once; more are dropped and counted in the log
	trailTimeout = 10 * time.Second // for one event
)

// trail hands events to the sink, each at most once, behind the answers they belong to. Its one goroutine starts
// with the first event.
type trail struct {
	auth    *Auth
	mu      sync.Mutex
	queue   chan Event
	pending sync.WaitGroup
	closed  bool
}

func (t *trail) init(a *Auth) { t.auth = a }

// Record adds e to the audit trail; its time, and in a request its address and user agent, are filled in.
func (a *Auth) Record(ctx context.Context, e Event) { a.trail.add(ctx, e) }

// add queues e until the transaction in ctx, if any, is committed, and then for the sink.
func (t *trail) add(ctx context.Context, e Event) {
	if t.auth.config.Events == nil {
		return
	}
	e.Time = t.auth.now()
	if c, ok := ctx.Value(callKey{}).(*Call); ok && c.request != nil {
		e.IPAddress, e.UserAgent = c.ClientAddress(), c.userAgent()
	}
	if h, ok := ctx.Value(holdKey{}).(*Held); ok {
		h.add(func(context.Context) { t.send(e) }) //nolint:contextcheck // an event outlives the request it tells of
		return
	}
	t.send(e) //nolint:contextcheck // as above
}

func (t *trail) send(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.queue == nil {
		t.queue = make(chan Event, trailLength)
		go t.run(t.queue)
	}
	t.pending.Add(1)
	select {
	case t.queue <- e:
	default:
		t.pending.Done()
		t.auth.config.Logger.Warn("event dropped: the sink is too slow", "type", e.Type)
	}
}

func (t *trail) run(queue <-chan Event) {
	for e := range queue {
		ctx, cancel := context.WithTimeout(context.Background(), trailTimeout)
		err := guarded(func() error { return t.auth.config.Events.Record(ctx, e) })
		cancel()
		if err != nil {
			t.auth.config.Logger.Error("event not recorded", "type", e.Type, "error", err)
		}
		t.pending.Done()
	}
}

func (t *trail) close(ctx context.Context) error {
	t.mu.Lock()
	queue := t.queue
	first := !t.closed
	t.closed = true
	t.mu.Unlock()
	done := make(chan struct{})
	go func() { t.pending.Wait(); close(done) }()
	select {
	case <-done:
		if queue != nil && first {
			close(queue)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
