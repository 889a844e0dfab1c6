package kerniaredis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kernia-go/kernia/ports"
)

// do runs one exchange with the server and maps its error. It returns as soon as the context is done: the client
// notices a deadline at best, never a cancellation, while it waits for a server that does not answer. The
// exchange is then left to end by the client's own timeouts.
func do[T any](ctx context.Context, verb string, f func() (T, error)) (T, error) {
	var zero T
	if ctx.Err() != nil {
		return zero, fail(ctx, verb, ctx.Err())
	}
	if ctx.Done() == nil {
		got, err := f()
		return got, fail(ctx, verb, err)
	}
	type answer struct {
		got T
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		got, err := f()
		answers <- answer{got, err}
	}()
	select {
	case a := <-answers:
		return a.got, fail(ctx, verb, a.err)
	case <-ctx.Done():
		return zero, fail(ctx, verb, ctx.Err())
	}
}

// fail maps an error of the client: the context's own where the context is done, else ErrUnavailable,
// whatever the server said: it was asked rightly, so no answer of it means that something is missing. The text
// never holds a key or a value, which servers like to quote. redis.Nil is no error and passes.
func fail(ctx context.Context, verb string, err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return err
	}
	var reply redis.Error
	switch {
	case errors.As(err, &reply):
		return fmt.Errorf("kerniaredis: %s: %w: the server says %s", verb, ports.ErrUnavailable, unquoted(reply.Error()))
	case ctx.Err() != nil:
		return fmt.Errorf("kerniaredis: %s: %w", verb, ctx.Err())
	case past(ctx): // the connection's timer, set to the same instant, was the first to fire
		return fmt.Errorf("kerniaredis: %s: %w", verb, context.DeadlineExceeded)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled): // the client's own, not the caller's
		return fmt.Errorf("kerniaredis: %s: %w: %v", verb, ports.ErrUnavailable, err) //nolint:errorlint // not to be taken for the caller's
	}
	return fmt.Errorf("kerniaredis: %s: %w: %w", verb, ports.ErrUnavailable, err)
}

// past reports whether the context's deadline has come.
func past(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= 0 //nolint:forbidigo // a context's deadline is a time of the system's clock
}

// unquoted cuts the text of a server's error before the first thing that it could be quoting.
func unquoted(text string) string {
	if i := strings.IndexAny(text, "'\"`:,("); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSpace(text)
}

// foreign is the error for what lies under one of our keys and is not ours. Nobody may take it for a missing entry.
func foreign(verb string) error {
	return fmt.Errorf("kerniaredis: %s: %w: something else lies under a key of this prefix", verb, ports.ErrUnavailable)
}
