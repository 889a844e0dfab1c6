package kerniasqlite

import "context"

// OpenLoose opens a file without enforcing foreign keys, since the kit stores references that lead nowhere, and
// without waiting for the disk, since no test cuts the power.
func OpenLoose(ctx context.Context, path string, options ...Options) (*Store, error) {
	return open(ctx, path, "&_pragma=foreign_keys(0)&_pragma=synchronous(0)", first(options))
}

// ParseTime reads a stored time.
var ParseTime = parseTime
