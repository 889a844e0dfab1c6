package cli

import (
	"context"
	"errors"
	"flag"
	"text/tabwriter"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

func routesCommand() command {
	return command{
		name: "routes", brief: "list the routes of a configuration", run: routes,
		help: `Usage: kernia routes [--config FILE]

Lists the routes of the configured server: method, path, who may call, and the feature that has it.

  --config FILE  the configuration; without one, the environment (see "kernia help serve")

Who may call: anyone; signed-in, callers with a session or another credential; live, callers with a session that the
store has confirmed; fresh, callers who signed in recently. An operation without a method is not a route: only Go code
can call it.
`,
	}
}

func routes(_ context.Context, c *call) error {
	s, err := c.offline("routes", func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	auth, err := s.build(s.fake(memory.New(), quiet()))
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	rows := &output{w: w}
	rows.printf("METHOD\tPATH\tACCESS\tFEATURE\n")
	for _, o := range auth.Operations() {
		method, path, feature := o.Method, auth.BasePath()+o.Path, o.Feature
		if method == "" {
			method, path = "-", o.Path
		}
		if feature == "" {
			feature = "core"
		}
		rows.printf("%s\t%s\t%s\t%s\n", method, path, access(o.Access), feature)
	}
	return errors.Join(rows.err, w.Flush())
}

func access(a kernia.Access) string {
	switch a {
	case kernia.Anyone:
		return "anyone"
	case kernia.SignedIn:
		return "signed-in"
	case kernia.Live:
		return "live"
	case kernia.Fresh:
		return "fresh"
	}
	return "unknown"
}
