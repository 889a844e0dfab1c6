package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// Mailer is a [ports.Mailer] that keeps what was sent, for tests. The zero Mailer is empty and ready to use.
type Mailer struct {
	mu   sync.Mutex
	list []ports.Mail
	read int           // how many Next has returned
	more chan struct{} // closed when the next mail comes; nil while nobody waits
}

var _ ports.Mailer = (*Mailer)(nil)

// Send keeps m, whatever its kind. It fails only if ctx is done or the address is not one ([ports.Mail.Check]).
func (box *Mailer) Send(ctx context.Context, m ports.Mail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.Check(); err != nil {
		return err
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	box.list = append(box.list, m)
	if box.more != nil {
		close(box.more)
		box.more = nil
	}
	return nil
}

// All returns what was sent, the oldest first. The caller owns the slice.
func (box *Mailer) All() []ports.Mail {
	box.mu.Lock()
	defer box.mu.Unlock()
	return slices.Clone(box.list)
}

// Next returns the oldest mail that Next has not returned yet. It waits for one until ctx is done; its error is then that
// of ctx. Mail is sent behind the answer, so a test that reads it must wait.
func (box *Mailer) Next(ctx context.Context) (ports.Mail, error) {
	for {
		box.mu.Lock()
		if box.read < len(box.list) {
			m := box.list[box.read]
			box.read++
			box.mu.Unlock()
			return m, nil
		}
		if box.more == nil {
			box.more = make(chan struct{})
		}
		more := box.more
		box.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return ports.Mail{}, ctx.Err()
		}
	}
}
