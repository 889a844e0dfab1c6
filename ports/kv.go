package ports

import (
	"context"
	"fmt"
	"time"
)

// A KV keeps values that expire: one-time values, OAuth state, rate limits, sessions where they are placed there.
//
// Every method is safe for concurrent use and may be called from any number of processes on one server, honours
// its context, and fails with [ErrUnavailable], [ErrInvalid] (what [CheckKeys] and [Entry.Check] refuse) or the
// context's own error. An entry carries its own expiry, to the millisecond, judged by the [Clock] the KV was
// opened with and not by a server's: from the instant Expires on it is not found. A KV may forget an entry once
// it has expired; one that bounds its memory says in its documentation what it evicts.
type KV interface {
	// Find returns the entry under key.
	Find(ctx context.Context, key string) (Entry, bool, error)

	// Put stores e under key, in place of what was there.
	Put(ctx context.Context, key string, e Entry) error

	// Replace stores e under key if an entry that has not expired is there, in one atomic step, and reports
	// whether it did: a write-back never revives what was deleted.
	Replace(ctx context.Context, key string, e Entry) (bool, error)

	// Take removes the entry under key and returns it; of any number of callers one gets it.
	Take(ctx context.Context, key string) (Entry, bool, error)

	// Add counts one more under key unless l.Bound are counted already, in one atomic step. Each one counted
	// starts the window anew; when a whole window has passed without one, the count is zero again. What is
	// refused is not counted and moves nothing. A key has one window for ever; the bound may differ from call to call.
	Add(ctx context.Context, key string, l Limit) (LimitResult, error)

	// Reset forgets what Add counted under key; a key without a count does not matter.
	Reset(ctx context.Context, key string) error

	// Delete removes the entries under keys; those that are not there do not matter. Counts are no entries: only
	// Reset and the end of their window make them go.
	Delete(ctx context.Context, keys ...string) error
}

// An Entry is one value with the instant from which it is gone.
type Entry struct {
	Value   string
	Expires time.Time
}

// The bounds of keys and values, in bytes.
const (
	MaxKey   = 512
	MaxValue = 1 << 20
)

// CheckKeys returns an error wrapping [ErrInvalid] where a key is empty or longer than MaxKey.
func CheckKeys(keys ...string) error {
	for _, key := range keys {
		if key == "" || len(key) > MaxKey {
			return fmt.Errorf("%w: a key of %d bytes", ErrInvalid, len(key))
		}
	}
	return nil
}

// Check returns an error wrapping [ErrInvalid] where the value is longer than MaxValue.
func (e Entry) Check() error {
	if len(e.Value) > MaxValue {
		return fmt.Errorf("%w: a value of %d bytes", ErrInvalid, len(e.Value))
	}
	return nil
}

// A Limit bounds a count: at most Bound, forgotten Window after the last one counted.
type Limit struct {
	Bound  int64         // at least 1
	Window time.Duration // at least a millisecond
}

// A LimitResult is the answer to one Add.
type LimitResult struct {
	Allowed bool
	Count   int64         // how many are counted, this one included
	Wait    time.Duration // how long until the count is forgotten
}

// Groups is a [KV] that also lists which keys belong together, as the sessions of one user do. A group is a set
// of names kept beside the entries: a caller adds the name before it puts the entry, removes it after it deleted
// the entry, and skips names whose entry is gone.
type Groups interface {
	KV

	// AddMember adds member to group. The group is kept at least until expires, its members at least as long as theirs.
	AddMember(ctx context.Context, group, member string, expires time.Time) error

	// Members returns the members of group that have not expired, sorted.
	Members(ctx context.Context, group string) ([]string, error)

	// RemoveMembers removes members from group.
	RemoveMembers(ctx context.Context, group string, members ...string) error
}
