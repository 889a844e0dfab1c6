package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kernia-go/kernia/ports"
)

type migrator func(s ports.Store, shared *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error)

// onMigrate is a mutant whose migrate works otherwise.
func onMigrate(name, breaks string, migrate migrator) mutant {
	return mutant{name, breaks, func(s ports.Store, shared *shared) *broken {
		return &broken{Store: s, migrate: func(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
			return migrate(s, shared, ctx, models, apply)
		}}
	}}
}

// onPlan is a mutant that tells another plan.
func onPlan(name, breaks string, edit func(p *ports.Plan)) mutant {
	return onMigrate(name, breaks, func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
		p, err := s.Migrate(ctx, models, apply)
		edit(&p)
		return p, err
	})
}

func migrateMutants() []mutant {
	return []mutant{
		onPlan("migrate is never done", "Migrate/PlansNothingTheSecondTime", func(p *ports.Plan) {
			p.Steps = append(p.Steps, ports.Step{Summary: "x", Statement: "x"})
		}),
		onMigrate("migrate always applies", "Migrate/ChangesNothingWithoutApply",
			func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, _ bool) (ports.Plan, error) {
				return s.Migrate(ctx, models, true)
			}),
		onPlan("steps without a statement", "Migrate/SaysWhatItDoes", func(p *ports.Plan) {
			for i := range p.Steps {
				p.Steps[i].Statement = ""
			}
		}),
		onPlan("steps of no kind", "Migrate/SaysWhatItDoes", func(p *ports.Plan) {
			for i := range p.Steps {
				p.Steps[i].Kind = 0
			}
		}),
		onPlan("every step is a column", "Migrate/SaysWhatItDoes", func(p *ports.Plan) {
			for i := range p.Steps {
				p.Steps[i].Kind = ports.AddColumn
			}
		}),
		onMigrate("a reference needs its table first", "Migrate/TakesModelsInAnyOrder",
			func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				if models[len(models)-1].Name == "user" {
					return ports.Plan{}, errBroken
				}
				return s.Migrate(ctx, models, apply)
			}),
		onMigrate("new fields are empty", "Migrate/AddsFieldsWithTheirDefaults",
			func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				models = slices.Clone(models)
				for i, m := range models {
					c := *m
					c.Fields = slices.Clone(m.Fields)
					for j := range c.Fields {
						if !c.Fields[j].Default.IsNull() && c.Fields[j].Type == ports.TypeString {
							c.Fields[j].Default = ports.String("")
						}
					}
					models[i] = &c
				}
				return s.Migrate(ctx, models, apply)
			}),
		onMigrate("keys come with new tables only", "Migrate/AddsKeys Migrate/AddsABlockedKeyOnceDuplicatesAreGone", func(s ports.Store, shared *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
			if _, old := shared.seen.LoadOrStore(models[0].Name, true); old {
				models = withoutKeys(models)
			}
			return s.Migrate(ctx, models, apply)
		}),
		onMigrate("duplicates are an error", "Migrate/ReportsDuplicatesInTheWay",
			func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				p, err := s.Migrate(ctx, models, apply)
				if len(p.Duplicates) > 0 {
					err = errBroken
				}
				return p, err
			}),
		onPlan("duplicates are counted by record", "Migrate/ReportsDuplicatesInTheWay", func(p *ports.Plan) {
			for i := range p.Duplicates {
				p.Duplicates[i].Groups = 32
			}
		}),
		onMigrate("a blocked key stops everything", "Migrate/WorksWithoutABlockedKey",
			func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				p, err := s.Migrate(ctx, models, false)
				if len(p.Duplicates) > 0 || err != nil {
					return p, err
				}
				return s.Migrate(ctx, models, apply)
			}),
		onMigrate("nulls are duplicates", "Migrate/CountsNoNullsAsDuplicates",
			func(s ports.Store, _ *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				p, err := s.Migrate(ctx, models, apply)
				for _, m := range models {
					for _, k := range m.Unique {
						if n, _ := s.Count(ctx, query(m, cond(k[0], ports.Null)), nil); n > 1 {
							p.Duplicates = append(p.Duplicates, ports.Duplicate{Model: m.Name, Key: k, Groups: 1})
						}
					}
				}
				return p, err
			}),
		onMigrate("migrate drops columns", "Migrate/DropsNothing",
			func(s ports.Store, shared *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				p, err := s.Migrate(ctx, models, apply)
				before, _ := shared.seen.Swap(models[0].Name, len(models[0].Fields))
				if n, _ := before.(int); n > len(models[0].Fields) {
					p.Steps = append(p.Steps, ports.Step{Summary: "drop", Statement: "drop"})
				}
				return p, err
			}),
		onMigrate("two at once collide", "Migrate/RunsTwiceAtOnce",
			func(s ports.Store, shared *shared, ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
				defer shared.busy.Add(-1)
				if shared.busy.Add(1) > 1 {
					return ports.Plan{}, errBroken
				}
				p, err := s.Migrate(ctx, models, false)
				time.Sleep(5 * time.Millisecond) // the gap in which the other sees the same plan
				if apply {
					_, err = s.Migrate(ctx, models, true)
				}
				return p, err
			}),
	}
}

// noRollback runs the function of a transaction and undoes nothing.
func noRollback(s ports.Store, _ *shared) *broken {
	return &broken{Store: s, tx: func(ctx context.Context, f func(ctx context.Context) error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f(ctx)
	}}
}

type inTx struct{ aborted bool }

type inTxKey struct{}

// flat is a store in which a transaction inside another is no savepoint; with dooms an error in it ends the whole.
func flat(dooms bool) func(s ports.Store, _ *shared) *broken {
	return func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, tx: func(ctx context.Context, f func(ctx context.Context) error) error {
			if t, ok := ctx.Value(inTxKey{}).(*inTx); ok {
				err := f(ctx)
				t.aborted = t.aborted || dooms && err != nil
				return err
			}
			return s.Tx(ctx, func(ctx context.Context) error { return f(context.WithValue(ctx, inTxKey{}, &inTx{})) })
		}, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
			if t, ok := ctx.Value(inTxKey{}).(*inTx); ok && t.aborted {
				return nil, errBroken
			}
			return s.Create(ctx, m, r)
		}}
	}
}

func onTx(name, breaks string, tx func(s ports.Store, ctx context.Context, f func(ctx context.Context) error) error) mutant {
	return mutant{name, breaks, func(s ports.Store, _ *shared) *broken {
		return &broken{Store: s, tx: func(ctx context.Context, f func(ctx context.Context) error) error { return tx(s, ctx, f) }}
	}}
}

func txMutants() []mutant {
	return []mutant{
		onTx("a transaction runs twice", "Tx/RunsTheFunction", func(s ports.Store, ctx context.Context, f func(ctx context.Context) error) error {
			_ = s.Tx(ctx, func(ctx context.Context) error { _ = f(ctx); return errUndo })
			return s.Tx(ctx, f)
		}),
		onTx("a transaction hides the cause", "Tx/ReturnsTheErrorOfTheFunction", func(s ports.Store, ctx context.Context, f func(ctx context.Context) error) error {
			if err := s.Tx(ctx, f); err != nil {
				return fmt.Errorf("tx: %s", err) //nolint:errorlint // the defect
			}
			return nil
		}),
		onTx("a panic becomes an error", "Tx/PanicsAsTheFunctionDoes", func(s ports.Store, ctx context.Context, f func(ctx context.Context) error) (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = errBroken
				}
			}()
			return s.Tx(ctx, f)
		}),
		onTx("a transaction never commits", "Tx/CommitsEveryVerb", func(s ports.Store, ctx context.Context, f func(ctx context.Context) error) error {
			err := s.Tx(ctx, func(ctx context.Context) error {
				if err := f(ctx); err != nil {
					return err
				}
				return errUndo
			})
			if errors.Is(err, errUndo) {
				err = nil
			}
			return err
		}),
		{"no rollback", "Tx/RollsBackOnAnError Tx/RollsBackOnAPanic Tx/RollsBackACascade_D04 Tx/HidesWritesUntilItCommits Tx/RollsBackASavepointAlone " +
			"Tx/LosesACommittedSavepointWithTheWhole Tx/RefusesItsContextOnceItEnded", noRollback},
		onTx("a panic commits", "Tx/RollsBackOnAPanic Tx/RollsBackASavepointOnAPanic", func(s ports.Store, ctx context.Context, f func(ctx context.Context) error) error {
			var with any
			err := s.Tx(ctx, func(ctx context.Context) (err error) {
				with = panicked(func() { err = f(ctx) })
				return err
			})
			if with != nil {
				panic(with)
			}
			return err
		}),
		{"no savepoints", "Tx/RollsBackASavepointAlone Tx/RollsBackASavepointOnAPanic", flat(false)},
		{"an error dooms the whole transaction", "Tx/GoesOnAfterAConflictInASavepoint", flat(true)},
		{"a transaction does not see its writes", "Tx/SeesItsOwnWrites", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, tx: func(ctx context.Context, f func(ctx context.Context) error) error {
				return s.Tx(ctx, func(ctx context.Context) error { return f(context.WithValue(ctx, inTxKey{}, &inTx{})) })
			}, find: func(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
				if ctx.Value(inTxKey{}) != nil {
					return nil, nil
				}
				return s.Find(ctx, q, args)
			}}
		}},
		{"an ended transaction writes on its own", "Tx/RefusesItsContextOnceItEnded", func(s ports.Store, _ *shared) *broken {
			return &broken{Store: s, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				got, err := s.Create(ctx, m, r)
				if errors.Is(err, ports.ErrInvalid) {
					return s.Create(context.Background(), m, r)
				}
				return got, err
			}}
		}},
	}
}

// deaf is a store that does not listen to its context.
func deaf(s ports.Store, _ *shared) *broken {
	return &broken{Store: s, migrate: func(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
		return s.Migrate(context.WithoutCancel(ctx), models, apply)
	}, create: func(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
		return s.Create(context.WithoutCancel(ctx), m, r)
	}, update: func(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
		return s.Update(context.WithoutCancel(ctx), m, args)
	}, tx: func(ctx context.Context, f func(ctx context.Context) error) error {
		return s.Tx(context.WithoutCancel(ctx), f)
	}}
}

func contextMutants() []mutant {
	return []mutant{
		{"the context is ignored", "Context/EndsEveryVerbWhenCancelled Context/EndsEveryVerbAtItsDeadline Context/EndsACallThatWaits Context/EndsATransaction", deaf},
		onTake("a cancelled take says unavailable", "Context/EndsEveryVerbWhenCancelled Context/EndsEveryVerbAtItsDeadline",
			func(s ports.Store, ctx context.Context, m *ports.Take, args []ports.Value) (ports.Record, bool, error) {
				r, ok, err := s.Take(ctx, m, args)
				if ctx.Err() != nil {
					err = ports.ErrUnavailable
				}
				return r, ok, err
			}),
		onCreate("a cancelled create is confirmed", "Context/ConfirmsOnlyWhatIsStored",
			func(s ports.Store, ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
				got, err := s.Create(ctx, m, r)
				if errors.Is(err, context.Canceled) {
					return r, nil
				}
				return got, err
			}),
	}
}
