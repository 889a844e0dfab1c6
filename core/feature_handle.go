package kernia

import (
	"context"
	"errors"
)

var (
	errEarly   = errors.New("kernia: a handle of a feature is used before New has returned, or was never declared")
	errForeign = errors.New("kernia: a feature's handle belongs to another Auth: one feature value that keeps handles was given to New twice")
)

// usable reports why a handle of this Auth cannot be used in ctx, or nil.
func (a *Auth) usable(ctx context.Context) error {
	if a == nil || a.kv == nil {
		return errEarly
	}
	if c := CallFrom(ctx); c != nil && c.auth != a {
		return errForeign
	}
	return nil
}
