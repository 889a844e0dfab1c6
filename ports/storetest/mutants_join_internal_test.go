package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

type joinKey struct{}

// begin is a [JoinFunc] on a store in memory: the application's transaction is a Tx that waits to be ended.
func begin(ctx context.Context, s ports.Store) (context.Context, func(commit bool) error, error) {
	begun, verdict, done := make(chan context.Context), make(chan error), make(chan error, 1)
	go func() {
		done <- s.Tx(ctx, func(ctx context.Context) error {
			begun <- context.WithValue(ctx, joinKey{}, true)
			return <-verdict
		})
	}()
	end := func(commit bool) error {
		if commit {
			verdict <- nil
			return <-done
		}
		verdict <- errUndo
		<-done
		return nil
	}
	return <-begun, end, nil
}

// indexed is a store in memory that knows the keys that it was told to add.
type indexed struct {
	ports.Store
	keys sync.Map // model and key
}

func (s *indexed) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	for _, m := range models {
		if len(m.Fields) > 0 {
			s.keys.Store(m.Name+" "+m.Fields[0].ColumnName(), true)
		}
		for _, k := range slices.Concat(m.Unique, m.Index) {
			s.keys.Store(m.Name+" "+k.String(), true)
		}
	}
	return s.Store.Migrate(ctx, models, apply)
}

// explain is an [ExplainFunc].
func explain(_ context.Context, s ports.Store, q *ports.Query, _ []ports.Value) (string, bool, error) {
	var key ports.Key
	for _, c := range q.Where {
		key = append(key, c.Field)
	}
	_, ok := s.(*broken).Store.(*indexed).keys.Load(q.Model.Name + " " + key.String())
	return "a scan", ok, nil
}

func keyMutants() []mutant {
	without := func(name, breaks string, edit func(m *ports.Model)) mutant {
		return onMigrate(name, breaks, func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
			models = slices.Clone(models)
			for i, m := range models {
				c := *m
				edit(&c)
				models[i] = &c
			}
			return s.Migrate(ctx, models, apply)
		})
	}
	return []mutant{
		without("ids are no key", "Keys/LooksUpByIDs", func(m *ports.Model) {
			m.Fields = slices.Clone(m.Fields)
			m.Fields[0].Column = "uuid"
		}),
		without("unique keys have no index", "Keys/LooksUpByUniqueKeys", func(m *ports.Model) { m.Unique = nil }),
		without("indexes are left out", "Keys/LooksUpByIndexes", func(m *ports.Model) { m.Index = nil }),
	}
}

func joinMutants() []mutant {
	onJoined := func(name, breaks string, joined func(ctx context.Context) bool) mutant {
		return mutant{name, breaks, func(s ports.Store, _ *shared) *broken { return &broken{Store: s, joined: joined} }}
	}
	return []mutant{
		onJoined("every context is joined", "Join/KnowsTheTransactionOfTheApplication", func(context.Context) bool { return true }),
		onJoined("no context is joined", "Join/KnowsTheTransactionOfTheApplication", func(context.Context) bool { return false }),
		{
			"what joins is never committed", "Join/CommitsWithTheApplication Join/RollsBackASavepointAlone",
			func(s ports.Store, _ *shared) *broken {
				return &broken{
					Store: s,
					create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
						if ctx.Value(joinKey{}) != nil {
							return r, nil
						}
						return s.Create(ctx, m, r)
					},
				}
			},
		},
		{
			"a delete runs outside the joined transaction", "Join/RollsBackWithTheApplication",
			func(s ports.Store, _ *shared) *broken {
				var late func()
				return &broken{
					Store: s,
					remove: func(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
						n, err := s.Delete(ctx, d, args)
						if ctx.Value(joinKey{}) != nil {
							late = func() { _, _ = s.Delete(context.Background(), d, args) }
						}
						return n, err
					},
					find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
						if late != nil && ctx.Value(joinKey{}) == nil {
							late()
							late = nil
						}
						return s.Find(ctx, q, args)
					},
				}
			},
		},
		{
			"Tx inside a joined transaction is none", "Join/RollsBackASavepointAlone",
			func(s ports.Store, _ *shared) *broken {
				return &broken{Store: s, tx: func(ctx context.Context, f func(ctx context.Context) error) error {
					if ctx.Value(joinKey{}) != nil {
						return f(ctx)
					}
					return s.Tx(ctx, f)
				}}
			},
		},
		{
			"a savepoint commits on its own", "Join/LosesACommittedSavepointWithTheWhole",
			func(s ports.Store, _ *shared) *broken {
				var inner *ports.Record
				var of *ports.Model
				return &broken{
					Store: s,
					create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
						if ctx.Value(joinKey{}) != nil {
							inner, of = &r, m
						}
						return s.Create(ctx, m, r)
					},
					find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
						if inner != nil && ctx.Value(joinKey{}) == nil {
							_, _ = s.Create(ctx, of, *inner)
							inner = nil
						}
						return s.Find(ctx, q, args)
					},
				}
			},
		},
	}
}

// TestJoinable shows that a store that can join says so to the kit.
func TestJoinable(t *testing.T) {
	o := newOptions(nil)
	if o.undeclared(&broken{Store: memory.New()}) == "" {
		t.Error("a store that can join needs no storetest.Joining")
	}
	if wrong := o.undeclared(memory.New()); wrong != "" {
		t.Errorf("a store that cannot join: %s", wrong)
	}
}
