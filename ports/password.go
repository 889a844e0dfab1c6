package ports

import (
	"context"
)

// A PasswordHasher turns passwords into hashes that are safe to store and checks them again. It is safe for
// concurrent use, bounds the memory that calls at once may take, and ends with the context's error when that is
// done while a call waits its turn.
type PasswordHasher interface {
	// Hash returns a new hash of password, with a salt of its own.
	Hash(ctx context.Context, password string) (string, error)

	// Verify reports whether password gave hash, in time that does not depend on where they differ; stale reports
	// that the hash should be replaced by a new one. A hash in a form it does not know, or with parameters out of
	// its bounds, is an error and never a match.
	Verify(ctx context.Context, password, hash string) (ok, stale bool, err error)
}
