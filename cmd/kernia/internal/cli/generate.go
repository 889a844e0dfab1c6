package cli

import (
	"context"
	"flag"
)

func generateCommand() command {
	return command{
		name: "generate", brief: "write the whole schema as a file of statements", run: generate,
		help: `Usage: kernia generate [--config FILE] [--missing]

Writes the statements that make every table, column and key in an empty database, for tools that keep the schema
themselves: SQL for SQLite and PostgreSQL, one command a line for MongoDB. The same configuration gives the same
text, so it can be checked in. The first line makes it a migration of goose; others read it as a comment.

  --config FILE  the configuration; without one, the environment (see "kernia help serve")
  --missing      write only what the configured database lacks: the next migration, after a feature or a field was added

The configured database is changed in no case. PostgreSQL and MongoDB must be there to be asked; SQLite needs no
file.
`,
	}
}

func generate(ctx context.Context, c *call) error {
	var missing *bool
	s, err := c.offline("generate", func(f *flag.FlagSet) { missing = f.Bool("missing", false, "") })
	if err != nil {
		return err
	}
	d := s.driver()
	if d.empty == nil {
		return wrong{errNoSchema}
	}
	open := d.empty
	if *missing && !d.absent(s.Store.DSN) {
		open = d.open
	}
	store, err := open(ctx, s.Store.DSN)
	if err != nil {
		return err
	}
	plan, err := s.migrate(ctx, store, false)
	if err = store.closed(err); err != nil {
		return err
	}
	if d.sql() {
		c.stdout.printf("-- +goose Up\n\n")
	}
	for i, step := range plan.Steps {
		if i > 0 {
			c.stdout.printf("\n")
		}
		c.stdout.printf("%s %s\n%s\n", d.comment, step.Summary, statement(d, step))
	}
	if *missing {
		return c.tellBlocked(plan.Duplicates)
	}
	return nil
}
