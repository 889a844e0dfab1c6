package kernia

import (
	"context"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A Throttle limits guesses, such as passwords of one account or codes of one challenge. It counts by a key that the
// client cannot change, such as the user's id, so another address does not help. [Declaration.Throttle] makes one. It
// is safe for concurrent use.
type Throttle struct {
	auth  *Auth
	name  string
	limit ports.Limit
}

// Throttle declares a limit: at most so many attempts for one key. After that, the key must wait until the window has
// passed since the last allowed attempt. The name must be unique among all features.
func (d *Declaration) Throttle(name string, attempts int, window time.Duration) *Throttle {
	d.purpose("throttle:" + name)
	if attempts < 1 || window < time.Millisecond || window > longest {
		d.fail(fmt.Errorf("throttle %q: needs an attempt or more, and a window of a millisecond to a day", name))
	}
	return &Throttle{auth: d.auth, name: name, limit: ports.Limit{Bound: int64(attempts), Window: window}}
}

// Attempt counts an attempt. Call it before you check the guess. It returns ErrTooManyAttempts, which says when to try
// again, if there were too many, and another error if the count cannot be reached.
func (t *Throttle) Attempt(ctx context.Context, key string) error {
	if err := t.auth.usable(ctx); err != nil {
		return err
	}
	tally, err := t.auth.counts.Add(ctx, t.key(key), t.limit)
	if err != nil {
		return err
	}
	if tally.Allowed {
		return nil
	}
	return ErrTooManyAttempts.After(tally.Wait)
}

// Reset clears the count of the key. Call it after a success.
func (t *Throttle) Reset(ctx context.Context, key string) error {
	if err := t.auth.usable(ctx); err != nil {
		return err
	}
	return t.auth.counts.Reset(ctx, t.key(key))
}

// key hashes what the caller gave: it may be long, and it may be an e-mail address.
func (t *Throttle) key(key string) string { return "throttle:" + t.name + ":" + digest(key) }
