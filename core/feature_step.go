package kernia

import (
	"context"
	"fmt"
	"path"
)

// An Outcome is the result of an operation, for the steps after it.
type Outcome struct {
	Value any   // what the handler returned; nil if Err is set
	Err   error // why it failed, or a *Diversion; nil if it succeeded
}

type beforeStep struct {
	patterns []string
	step     func(ctx context.Context, c *Call) error
}

type afterStep struct {
	patterns []string
	step     func(ctx context.Context, c *Call, o *Outcome) error
}

type extraAnswers struct {
	patterns []string
	errors   []*Error
}

// Answers lists the errors that the feature's hooks, steps and credentials may return for operations whose path matches
// one of the patterns, as [Errors] does for the feature's own operations. Patterns are those of [Declaration.Before].
func (d *Declaration) Answers(patterns []string, errs ...*Error) {
	d.answers = append(d.answers, extraAnswers{patterns, errs})
}

// Before adds a step before operations whose path matches one of the patterns, such as "/sign-in/*" or "/sign-up/email"
// ([path.Match], where a * matches within one segment). The pattern "*" alone matches every operation. The step runs
// after the input was checked, and before access is checked. It may read the input by [Call.Input] and add cookies and
// headers. An error is the answer, and the operation does not run. The step also runs in calls without HTTP. Steps run
// in the order in which features were given to New.
func (d *Declaration) Before(patterns []string, step func(ctx context.Context, c *Call) error) {
	d.befores = append(d.befores, beforeStep{patterns, step})
}

// After adds a step after operations whose path matches one of the patterns, even if they failed. Patterns are those of
// [Declaration.Before]. It may add cookies and headers, and change the Outcome. An error of the step is the answer. Steps
// run in the reverse order.
func (d *Declaration) After(patterns []string, step func(ctx context.Context, c *Call, o *Outcome) error) {
	d.afters = append(d.afters, afterStep{patterns, step})
}

// steps gives every operation the steps that features put around it.
func (a *Auth) steps(all []*Declaration) error {
	for _, d := range all {
		for _, b := range d.befores {
			if err := a.around(d, b.patterns, func(o *Operation) { o.before = append(o.before, b) }); err != nil {
				return err
			}
		}
		for _, x := range d.answers {
			if err := a.around(d, x.patterns, func(o *Operation) { o.Errors = append(o.Errors, x.errors...) }); err != nil {
				return err
			}
		}
		for _, s := range d.afters {
			if err := a.around(d, s.patterns, func(o *Operation) { o.after = append([]afterStep{s}, o.after...) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// around calls add for every operation that one of the patterns matches.
func (a *Auth) around(d *Declaration, patterns []string, add func(o *Operation)) error {
	for _, o := range a.router.operations {
		for _, pattern := range patterns {
			ok, err := path.Match(pattern, o.Path)
			if err != nil {
				return fmt.Errorf("kernia: feature %s: the pattern %q of a step: %w", d.feature, pattern, err)
			}
			if ok || pattern == "*" {
				add(o)
				break
			}
		}
	}
	return nil
}

// run checks who may call and calls the handler, with the steps around it.
func (c *Call) run(ctx context.Context) (any, error) {
	if len(c.operation.after) == 0 {
		return c.handle(ctx)
	}
	var o Outcome
	o.Err = guarded(func() (err error) { o.Value, err = c.handle(ctx); return err })
	for _, s := range c.operation.after {
		if err := guarded(func() error { return s.step(ctx, c, &o) }); err != nil {
			return nil, err
		}
	}
	if o.Err != nil {
		return nil, o.Err
	}
	return o.Value, nil
}

func (c *Call) handle(ctx context.Context) (any, error) {
	for _, s := range c.operation.before {
		if err := guarded(func() error { return s.step(ctx, c) }); err != nil {
			return nil, err
		}
	}
	if err := c.check(ctx, c.operation.Access); err != nil {
		return nil, err
	}
	return c.operation.run(ctx, c, c.in)
}
