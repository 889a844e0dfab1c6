package cli

import (
	"context"
	"flag"
	"strings"
)

func migrateCommand() command {
	return command{
		name: "migrate", brief: "bring the database's tables up to date", run: migrate,
		help: `Usage: kernia migrate [--config FILE] [--print]

Compares the database with what the configuration needs and adds the tables, columns and keys that are missing. It
never drops or rewrites anything, and any number of processes may run it at once.

  --config FILE  the configuration; without one, the environment (see "kernia help serve")
  --print        print the statements and change nothing

A unique key that existing records violate is left out and reported with the ids of such records; the exit code is
then 3. Remove the duplicates and run the command again.
`,
	}
}

func migrate(ctx context.Context, c *call) error {
	var dry *bool
	s, err := c.offline("migrate", func(f *flag.FlagSet) { dry = f.Bool("print", false, "") })
	if err != nil {
		return err
	}
	d := s.driver()
	if d.fleeting(s.Store.DSN) {
		return wrong{errNoSchema}
	}
	open := d.open
	if *dry && d.absent(s.Store.DSN) {
		open = d.empty
	}
	store, err := open(ctx, s.Store.DSN)
	if err != nil {
		return err
	}
	plan, err := s.migrate(ctx, store, !*dry)
	if err = store.closed(err); err != nil {
		return err
	}
	switch {
	case *dry:
		writeStatements(c.stdout, d, plan.Steps)
		if len(plan.Steps) == 0 {
			c.stderr.printf("The schema is up to date.\n")
		}
	case len(plan.Steps) == 0 && len(plan.Duplicates) == 0:
		c.stdout.printf("The schema is up to date.\n")
	default:
		for _, step := range plan.Steps {
			c.stdout.printf("%s\n", strings.ToUpper(step.Summary[:1])+step.Summary[1:])
		}
	}
	return c.tellBlocked(plan.Duplicates)
}
