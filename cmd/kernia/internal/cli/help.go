package cli

import (
	"context"
	"fmt"
)

func helpCommand() command {
	return command{
		name: "help", brief: "tell about a command", run: help,
		help: `Usage: kernia help [COMMAND]

Lists the commands, or tells about one.
`,
	}
}

const about = `Kernia is an authentication server: sign-up, sign-in and sessions over HTTP, in the protocol of Better Auth.

Usage: kernia COMMAND [FLAGS]

`

const aboutMore = `
Run "kernia help COMMAND" for more about one. "kernia serve" needs no configuration to try it out.

Exit codes: 0 done; 1 failed; 2 the command line or the configuration is wrong, and nothing was touched;
3 (migrate, generate) existing records are in the way of a unique key.
`

func help(_ context.Context, c *call) error {
	if len(c.args) == 0 || c.args[0] == "-h" || c.args[0] == "--help" {
		overview(c.stdout)
		return nil
	}
	for _, cmd := range commands() {
		if cmd.name == c.args[0] && len(c.args) == 1 {
			c.stdout.printf("%s", cmd.help)
			return nil
		}
	}
	return wrong{fmt.Errorf("help: no command %q", c.args[0])}
}

func overview(w *output) {
	w.printf(about)
	for _, cmd := range commands() {
		w.printf("  %-10s%s\n", cmd.name, cmd.brief)
	}
	w.printf(aboutMore)
}
