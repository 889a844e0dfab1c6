package cli

import (
	"context"
	"flag"
)

func generateCommand() command {
	return command{
		name: "generate", brief: "write the whole schema as a file of statements", run: generate,
		help: `Usage: kernia generate [--config FILE]

Writes the statements that make every table, column and key in an empty database, for tools that keep the schema
themselves: SQL for SQLite and PostgreSQL, one command a line for MongoDB. The same configuration gives the same
text, so it can be checked in. The first line makes it a migration of goose; others read it as a comment.

  --config FILE  the configuration; without one, the environment (see "kernia help serve")

The configured database is changed in no case. PostgreSQL and MongoDB must be there to be asked; SQLite needs no
file.
`,
	}
}

func generate(ctx context.Context, c *call) error {
	s, err := c.offline("generate", func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	d := s.driver()
	if d.empty == nil {
		return wrong{errNoSchema}
	}
	store, err := d.empty(ctx, s.Store.DSN)
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
	return nil
}
