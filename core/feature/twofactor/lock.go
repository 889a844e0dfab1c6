package twofactor

import (
	"context"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
)

const maxRounds = 16 // of a compare-and-set; each round that fails is another caller's success

var errContended = fmt.Errorf("%w: a second factor changed too often", ports.ErrUnavailable)

// attempt counts a failure, runs check, and forgets the failures where it succeeds. Counting first means that of many
// guesses at once no more are judged than may be. An error that is no wrong code counts too: that is the safe side.
func (t *feature) attempt(ctx context.Context, row *factor, check func() error) error {
	if t.Lock.Disabled {
		return check()
	}
	if err := t.count(ctx, row); err != nil {
		return err
	}
	if err := check(); err != nil {
		return err
	}
	return t.forgive(ctx, row)
}

// count adds a failure and locks at the last one that is allowed. Once a lock has passed, the count begins anew.
func (t *feature) count(ctx context.Context, row *factor) error {
	for range maxRounds {
		now := t.now()
		if row.LockedUntil != nil && now.Before(*row.LockedUntil) {
			return ErrLocked
		}
		n := int64(1)
		if row.Failures != nil && row.LockedUntil == nil {
			n += *row.Failures
		}
		var until *time.Time
		if n >= int64(t.Lock.Failures) {
			end := now.Add(t.Lock.Duration)
			until = &end
		}
		ok, err := t.setFailures(ctx, row, n, until)
		if err != nil || ok {
			return err
		}
		again, err := t.factors.Find(ctx, row.ID)
		if err != nil {
			return err
		}
		if again == nil {
			return ErrCode // the second factor was disabled meanwhile
		}
		*row = *again
	}
	return errContended
}

// forgive forgets the failures. A count that another caller changed meanwhile is not the one that was read.
func (t *feature) forgive(ctx context.Context, row *factor) error {
	for range maxRounds {
		again, err := t.factors.Find(ctx, row.ID)
		if err != nil {
			return err
		}
		if again == nil {
			return ErrCode // the second factor was disabled meanwhile
		}
		if ok, err := t.setFailures(ctx, again, 0, nil); err != nil || ok {
			return err
		}
	}
	return errContended
}

func (t *feature) setFailures(ctx context.Context, row *factor, n int64, until *time.Time) (bool, error) {
	if row.Failures == nil {
		changed, err := t.first.Do(ctx, row.ID, n, until)
		return changed != nil, err
	}
	changed, err := t.another.Do(ctx, row.ID, *row.Failures, n, until)
	return changed != nil, err
}
