package kernia

import (
	"context"
	"sync"
)

// A queue runs work behind the answers it belongs to. Its goroutines start with the first piece of work and end when
// there is none left.
type queue struct {
	length  int // pieces that wait at once; more are refused
	workers int // goroutines at once

	mu      sync.Mutex
	waiting []func()
	running int
	idle    chan struct{} // closed when nothing runs; nil while nobody waits for it
	closed  bool
}

// add queues f, and reports false where the queue is full or closed.
func (q *queue) add(f func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waiting) >= q.length {
		return false
	}
	q.waiting = append(q.waiting, f)
	if q.running < q.workers {
		q.running++
		go q.work()
	}
	return true
}

func (q *queue) work() {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.running--
			if q.running == 0 && q.idle != nil {
				close(q.idle)
				q.idle = nil
			}
			q.mu.Unlock()
			return
		}
		f := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		f()
	}
}

// close refuses further work and waits until what was queued is done, or ctx is. It returns how many pieces were then
// left, with the context's error.
func (q *queue) close(ctx context.Context) (left int, err error) {
	q.mu.Lock()
	q.closed = true
	if q.running == 0 {
		q.mu.Unlock()
		return 0, nil
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	q.mu.Unlock()
	select {
	case <-idle:
		return 0, nil
	case <-ctx.Done():
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.waiting) + q.running, ctx.Err()
	}
}
