package memory

import "context"

// readers is how many calls may read at once.
const readers = 16

// A lock lets readers in together and a writer alone. Unlike sync.RWMutex it lets go of who stops waiting.
type lock struct {
	turn  chan struct{} // held by the one who waits for seats, so that nobody overtakes
	seats chan struct{} // one for each reader, all for a writer
}

func newLock() lock {
	return lock{turn: make(chan struct{}, 1), seats: make(chan struct{}, readers)}
}

// acquire takes n seats, or none and returns the context's error.
func (l lock) acquire(ctx context.Context, n int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.turn }()
	for i := range n {
		select {
		case l.seats <- struct{}{}:
		case <-ctx.Done():
			l.release(i)
			return ctx.Err()
		}
	}
	return nil
}

func (l lock) release(n int) {
	for range n {
		<-l.seats
	}
}
