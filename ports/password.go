package ports

import (
	"context"
)

// A PasswordHasher turns passwords into hashes that are safe to store, and verifies passwords against them. It is safe
// for concurrent use and bounds the memory of simultaneous calls. A call that waits for its turn ends with the
// context's error when the context is done.
type PasswordHasher interface {
	// Hash returns a new hash of password, with a new salt.
	Hash(ctx context.Context, password string) (string, error)

	// Verify reports whether hash was made from password. It takes the same time wherever they differ. stale reports
	// that the hash should be replaced by a new one. A hash of unknown form, or with parameters out of bounds, is an
	// error and never a match.
	Verify(ctx context.Context, password, hash string) (ok, stale bool, err error)
}

// An EvenHasher is a [PasswordHasher] that verifies hashes of other programs too, which cost more or less than its own,
// and lets no cost tell which accounts there are. It makes every failed Verify take the same work, whatever the hash.
type EvenHasher interface {
	PasswordHasher

	// Expect makes every failure cost as much as a hash of this form as well: a stored hash, or one that is cut off
	// after its parameters. It is called before all other methods. A form that the hasher does not verify is an error.
	Expect(form string) error

	// Reject takes the work of a failed Verify, for an account that does not exist.
	Reject(ctx context.Context, password string) error
}
