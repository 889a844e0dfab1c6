package kernia

import (
	"context"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A Throttle bounds how often somebody may guess: passwords of one account, codes of one challenge. It counts by a key
// that the caller of the route cannot change, such as the user's id, so that a change of address evades nothing. Make
// one with [Declaration.Throttle]; it is safe for concurrent use.
type Throttle struct {
	auth  *Auth
	name  string
	limit ports.Limit
}

// Throttle declares a bound: at most so many attempts by one key, after which the key waits until the window has passed
// since its last attempt. The name is unique among all features.
func (d *Declaration) Throttle(name string, attempts int, window time.Duration) *Throttle {
	d.purpose("throttle:" + name)
	if attempts < 1 || window < time.Millisecond || window > longest {
		d.fail(fmt.Errorf("throttle %q: needs an attempt or more, and a window of a millisecond to a day", name))
	}
	return &Throttle{auth: d.auth, name: name, limit: ports.Limit{Bound: int64(attempts), Window: window}}
}

// Attempt counts an attempt before it is made, and returns ErrTooManyAttempts where there were too many: the answer
// then says when to try again. Where the count cannot be reached it is an error as well.
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

// Reset forgets the attempts of the key, after one that succeeded.
func (t *Throttle) Reset(ctx context.Context, key string) error {
	if err := t.auth.usable(ctx); err != nil {
		return err
	}
	return t.auth.counts.Reset(ctx, t.key(key))
}

// key hashes what the caller gave: it may be long, and it may be an e-mail address.
func (t *Throttle) key(key string) string { return "throttle:" + t.name + ":" + digest(key) }
