package memory

import (
	"context"

	"github.com/kernia-go/kernia/ports"
)

// A FetchFunc is a [ports.Fetcher] for tests: the function answers in place of every server.
type FetchFunc func(ctx context.Context, r ports.FetchRequest) (ports.FetchResponse, error)

// Fetch checks r and returns what f answers.
func (f FetchFunc) Fetch(ctx context.Context, r ports.FetchRequest) (ports.FetchResponse, error) {
	if err := ctx.Err(); err != nil {
		return ports.FetchResponse{}, err
	}
	if _, err := r.Check(); err != nil {
		return ports.FetchResponse{}, err
	}
	return f(ctx, r)
}
