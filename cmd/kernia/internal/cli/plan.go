package cli

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// errBlocked says that existing records are in the way of a unique key, which was told already.
var errBlocked = errors.New("blocked")

// quiet is the log of commands that have nothing to log.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// offline reads the settings for a command that answers no requests: secret and baseURL, which only a server
// needs, may be missing.
func (c *call) offline(name string, define func(f *flag.FlagSet)) (*settings, error) {
	var file *string
	err := c.flags(name, func(f *flag.FlagSet) {
		file = configFlag(f)
		define(f)
	})
	if err != nil {
		return nil, err
	}
	s, err := load(*file, c.env, false)
	if err != nil {
		return nil, err
	}
	if s.Secret == "" && len(s.Secrets) == 0 {
		s.Secret = newSecret()
	}
	if s.BaseURL == "" {
		s.BaseURL = "http://localhost"
	}
	return s, s.prove(quiet())
}

// migrate plans, or with apply adds, what the store lacks.
func (s *settings) migrate(ctx context.Context, store opened, apply bool) (ports.Plan, error) {
	auth, err := s.build(s.fake(store, quiet()))
	if err != nil {
		return ports.Plan{}, err
	}
	return auth.Migrate(ctx, apply)
}

// closed closes the store and joins its error to the one of the work before.
func (o opened) closed(err error) error {
	return errors.Join(err, o.close())
}

// writeStatements writes the steps of a plan, one statement a line.
func writeStatements(w *output, d driver, steps []ports.Step) {
	for _, step := range steps {
		w.printf("%s\n", statement(d, step))
	}
}

func (d driver) sql() bool { return d.comment == "--" }

func statement(d driver, step ports.Step) string {
	if !d.sql() {
		return step.Statement
	}
	return strings.TrimRight(step.Statement, "; \n") + ";"
}

// tellBlocked tells which unique keys cannot be added, and returns errBlocked where there is one.
func (c *call) tellBlocked(blocked []ports.Duplicate) error {
	for _, b := range blocked {
		c.stderr.printf("kernia: no unique key on %s of %q: %d values are held by several records (%s)\n",
			b.Key, b.Model, b.Groups, someIDs(b.IDs))
	}
	if len(blocked) > 0 {
		return errBlocked
	}
	return nil
}

func someIDs(ids []string) string {
	if len(ids) == 0 {
		return "ids unknown"
	}
	return "among them ids " + strings.Join(ids, ", ")
}
