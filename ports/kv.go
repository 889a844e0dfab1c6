package ports

import (
	"context"
	"fmt"
	"time"
)

// A KV keeps values that expire: one-time values, OAuth state, rate-limit counts and, if so configured, sessions.
//
// Every method is safe for concurrent use, by any number of processes on one server, and ends with its context. Errors
// are [ErrUnavailable], [ErrInvalid] (for what [CheckKeys] and [Entry.Check] refuse) or the context's own. An entry has
// its own expiry, to the millisecond. The [Clock] that the KV was opened with decides about it, not the server's clock:
// from the instant Expires on, the entry is not found. A KV may remove an entry once it has expired. A KV that bounds
// its memory documents what it evicts.
type KV interface {
	// Find returns the entry under key.
	Find(ctx context.Context, key string) (Entry, bool, error)

	// Put stores e under key and replaces any earlier entry.
	Put(ctx context.Context, key string, e Entry) error

	// Replace stores e under key only if there is an entry that has not expired, in one atomic step, and reports
	// whether it did. So writing an entry back never revives a deleted one.
	Replace(ctx context.Context, key string, e Entry) (bool, error)

	// Take removes the entry under key and returns it. Only one caller gets it, however many try at once.
	Take(ctx context.Context, key string) (Entry, bool, error)

	// Add counts one more under key, in one atomic step, unless l.Bound are counted already. Each counted call starts
	// the window again; when a whole window passes without one, the count is zero again. A refused call is not counted
	// and does not extend the window. A key always has the same window; the bound may differ from call to call.
	Add(ctx context.Context, key string, l Limit) (LimitResult, error)

	// Reset sets the count under key to zero. A key without a count is no error.
	Reset(ctx context.Context, key string) error

	// Delete removes the entries under keys. A key without an entry is no error. It does not touch counts: only Reset
	// and the end of the window clear a count.
	Delete(ctx context.Context, keys ...string) error
}

// An Entry is one value with the instant at which it expires.
type Entry struct {
	Value   string
	Expires time.Time
}

// The bounds of keys and values, in bytes.
const (
	MaxKey   = 512
	MaxValue = 1 << 20
)

// CheckKeys returns an error wrapping [ErrInvalid] if a key is empty or longer than MaxKey.
func CheckKeys(keys ...string) error {
	for _, key := range keys {
		if key == "" || len(key) > MaxKey {
			return fmt.Errorf("%w: a key of %d bytes", ErrInvalid, len(key))
		}
	}
	return nil
}

// Check returns an error wrapping [ErrInvalid] if the value is longer than MaxValue.
func (e Entry) Check() error {
	if len(e.Value) > MaxValue {
		return fmt.Errorf("%w: a value of %d bytes", ErrInvalid, len(e.Value))
	}
	return nil
}

// A Limit bounds a count: at most Bound. The count is reset when Window has passed since the last counted call.
type Limit struct {
	Bound  int64         // at least 1
	Window time.Duration // at least a millisecond
}

// A LimitResult is the answer to one Add.
type LimitResult struct {
	Allowed bool
	Count   int64         // the count, with this call if it is allowed
	Wait    time.Duration // how long until the count is reset
}

// A LinkedKV is a [KV] that can also change an entry only if it still is what was read, and follow a link from one entry
// to another. Sessions need both.
type LinkedKV interface {
	KV

	// Swap stores e under key only if the entry there has the value and expiry of old, or, if old is nil, only if there
	// is no entry. It does so in one atomic step and reports whether it did. False may also mean that it did, but that
	// its answer was lost and it was sent again: read, and see what is missing. An e that has expired removes the entry.
	Swap(ctx context.Context, key string, old *Entry, e Entry) (bool, error)

	// Follow returns the entry under key and the entry that it links to: the one whose key is the first line of its
	// value, up to the first newline. The second is read no earlier than the first, and in the same round trip if the
	// server can. It reports false if either is missing, or if the value has no newline.
	Follow(ctx context.Context, key string) (e, linked Entry, ok bool, err error)
}
