package cli

import (
	"fmt"
	"io"
)

// An output is a writer that remembers its first error: a file of statements that is cut short must not look whole.
type output struct {
	w   io.Writer
	err error
}

// Write writes p, unless a write before it failed.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// printf writes as fmt.Printf does.
func (o *output) printf(format string, args ...any) { _, _ = fmt.Fprintf(o, format, args...) }
