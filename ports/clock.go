package ports

import (
	"time"
)

// A Clock tells the time. It is safe for concurrent use.
type Clock interface {
	// Now returns the current instant.
	Now() time.Time
}

// SystemClock is the clock of the machine. The zero SystemClock is ready to use.
type SystemClock struct{}

// Now returns the machine's time.
func (SystemClock) Now() time.Time { return time.Now() } //nolint:forbidigo // the one place that asks

// A Random fills buffers with unpredictable bytes. It is safe for concurrent use.
type Random interface {
	// Read fills all of p. After an error, the content of p must not be used.
	Read(p []byte) (n int, err error)
}
