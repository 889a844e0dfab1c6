package featuretest

import (
	"context"
	"fmt"

	"github.com/kernia-go/kernia/ports"
)

// A store counts calls, and fails where it is told to.
type store struct {
	ports.Store
	models   []*ports.Model
	calls    int // all
	writes   int // those that change something
	sessions int // sessions that were created
	good     int // calls that succeed before all others fail, where down is set
	down     bool
}

func (s *store) call(write bool) error {
	s.calls++
	if write {
		s.writes++
	}
	if s.down {
		if s.good == 0 {
			return fmt.Errorf("featuretest: %w", ports.ErrUnavailable)
		}
		s.good--
	}
	return nil
}

// Migrate remembers the models.
func (s *store) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	s.models = models
	return s.Store.Migrate(ctx, models, apply)
}

// Create fails where the store is down.
func (s *store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if err := s.call(true); err != nil {
		return nil, err
	}
	if m.Name == "session" {
		s.sessions++
	}
	return s.Store.Create(ctx, m, r)
}

// Find fails where the store is down.
func (s *store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if err := s.call(false); err != nil {
		return nil, err
	}
	return s.Store.Find(ctx, q, args)
}

// Count fails where the store is down.
func (s *store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	if err := s.call(false); err != nil {
		return 0, err
	}
	return s.Store.Count(ctx, q, args)
}

// Update fails where the store is down.
func (s *store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	if err := s.call(true); err != nil {
		return nil, false, err
	}
	return s.Store.Update(ctx, u, args)
}

// Delete fails where the store is down.
func (s *store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	if err := s.call(true); err != nil {
		return 0, err
	}
	return s.Store.Delete(ctx, d, args)
}

// Take fails where the store is down.
func (s *store) Take(ctx context.Context, t *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	if err := s.call(true); err != nil {
		return nil, false, err
	}
	return s.Store.Take(ctx, t, args)
}

// model returns the model of the name, or nil.
func (s *store) model(name string) *ports.Model {
	for _, m := range s.models {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// rows returns what is in the table, at most 1000 records.
func (s *store) rows(ctx context.Context, m *ports.Model) ([]ports.Record, error) {
	return s.Store.Find(ctx, &ports.Query{Model: m, Limit: 1000, Once: true}, nil)
}
