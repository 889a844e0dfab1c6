// Package cli is the program kernia as a library: [Main] runs one command line and returns its exit code.
//
// Each command is one file, its help text inside. Package config reads the configuration, load.go builds with it;
// stores.go and frames.go have the stores and frameworks.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
)

// The exit codes of the program.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2 // the command line or the configuration is wrong; nothing was touched
	exitBlocked = 3 // of migrate: a key could not be added, because existing records violate it
)

// A command is one word after "kernia".
type command struct {
	name  string
	brief string // one line, for the list of commands
	help  string // usage and what there is to know
	run   func(ctx context.Context, c *call) error
}

// commands lists every command in the order in which help shows them.
func commands() []command {
	return []command{serveCommand(), migrateCommand(), generateCommand(), routesCommand(), secretCommand(), helpCommand()}
}

// A call is one run of one command.
type call struct {
	args           []string
	env            map[string]string
	stdout, stderr *output
}

// Main runs the command line args, without the program's name, with the environment env ("NAME=value"), and
// returns the exit code. It ends early, and gracefully, on SIGINT and SIGTERM.
func Main(args, env []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	c := &call{env: environment(env), stdout: &output{w: stdout}, stderr: &output{w: stderr}}
	name := "help"
	if len(args) > 0 {
		name, c.args = args[0], args[1:]
	}
	if name == "-h" || name == "-help" || name == "--help" {
		name = "help"
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			err := cmd.run(ctx, c)
			return c.exit(cmd, errors.Join(err, c.stdout.err))
		}
	}
	c.stderr.printf("kernia: unknown command %q\nRun \"kernia help\" for the list.\n", name)
	return exitUsage
}

// errShown ends a command whose failure was told already.
var errShown = errors.New("shown")

// A wrong is an error of whoever wrote the command line or the configuration.
type wrong struct{ error }

func (w wrong) Unwrap() error { return w.error }

// exit tells what went wrong and returns the exit code for it.
func (c *call) exit(cmd command, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		c.stdout.printf("%s", cmd.help)
		return exitDone
	case errors.Is(err, errBlocked):
		return exitBlocked
	case errors.Is(err, errShown):
		return exitFailed
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		c.stderr.printf("kernia: %s\n", strings.TrimPrefix(line, "kernia: "))
	}
	if _, ok := errors.AsType[wrong](err); ok {
		return exitUsage
	}
	return exitFailed
}

// flags returns an empty set of flags for the command and reads c.args with it once define has added them. The
// command takes no other arguments.
func (c *call) flags(name string, define func(f *flag.FlagSet)) error {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	define(f)
	err := f.Parse(c.args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if err != nil {
		return wrong{fmt.Errorf("%s: %w\nRun \"kernia help %s\" for its flags.", name, err, name)} //nolint:revive,staticcheck // a line for people
	}
	return nil
}

// environment returns env as a map; of a name that comes twice the last counts.
func environment(env []string) map[string]string {
	m := make(map[string]string, len(env))
	for _, e := range env {
		if name, value, ok := strings.Cut(e, "="); ok {
			m[name] = value
		}
	}
	return m
}
