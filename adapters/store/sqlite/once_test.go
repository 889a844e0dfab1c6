package kerniasqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/kernia-go/kernia/ports"
)

// Queries that say Once leave no prepared statement behind, in a transaction or outside.
func TestAQueryUsedOnceIsNotPrepared(t *testing.T) {
	a := newAuth()
	s := openAuth(t, filepath.Join(t.TempDir(), "a.db"), a)
	ask := func(q *ports.Query) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Find(ctx, q, []ports.Value{ports.String("x")})
			_, counted := s.Count(ctx, q, []ports.Value{ports.String("x")})
			return errors.Join(err, counted)
		}
	}
	find := func(once bool) {
		t.Helper()
		q := &ports.Query{Model: a.user, Where: []ports.Condition{{Field: "email", Op: ports.Contains}}, Limit: 10, Once: once}
		if err := errors.Join(ask(q)(t.Context()), s.Tx(t.Context(), ask(q))); err != nil {
			t.Fatal(err)
		}
	}
	before := s.Prepared()
	for range 20 {
		find(true)
	}
	if n := s.Prepared(); n != before {
		t.Errorf("20 queries used once left %d prepared statements", n-before)
	}
	if find(false); s.Prepared() == before {
		t.Error("a query that is used again is not prepared")
	}
}
