// Command servers starts the database servers that the tests want, runs a command with their addresses in its
// environment, and stops them when the command has ended:
//
//	go run ./tools/servers [-mongo] [-browser] -- go test work
//
// The command finds them in KERNIA_TEST_POSTGRES_URL, KERNIA_TEST_REDIS_URL and, with -mongo,
// KERNIA_TEST_MONGO_URL. A variable that is set already is left alone and its server not started. What is missing
// is installed where this runs as root on a system with apt-get; elsewhere the output says what to install, the
// command runs without it, and with CI=true nothing runs at all.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// patience bounds how long a command may take to end once it was asked to.
const patience = 10 * time.Second

// A server is one thing that tests connect to.
type server struct {
	name  string
	env   string // the variable that carries its URL
	hint  string // how to get it
	start func(dir string) (address string, stop func(), err error)
}

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	flags := flag.NewFlagSet("servers", flag.ContinueOnError)
	mongo := flags.Bool("mongo", false, "start the stand-in for MongoDB too")
	browser := flags.Bool("browser", false, "see to it that Chromium and Node are there")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() == 0 {
		say("no command: go run ./tools/servers [-mongo] [-browser] -- COMMAND")
		return 2
	}
	// From here on a signal ends the command, or the next step, and not this process with its servers half up.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	wanted := []server{postgres(), redis()}
	if *mongo {
		wanted = append(wanted, mongoStandIn())
	}
	install(wanted, *browser)
	p := provide(wanted)
	defer p.stop()
	p.lacks = append(p.lacks, lacksBetween()...)
	if *browser {
		p.lacks = append(p.lacks, lacksBrowser()...)
	}
	if len(p.lacks) > 0 && os.Getenv("CI") == "true" {
		say("nothing runs, since CI=true and this is missing:\n  %s", strings.Join(p.lacks, "\n  "))
		return 1
	}
	code := command(flags.Args(), p.env, signals)
	if len(p.lacks) > 0 {
		say("tests that need these did not run:\n  %s", strings.Join(p.lacks, "\n  "))
	}
	return code
}

// provided is what runs, and what does not.
type provided struct {
	env   []string
	stops []func()
	lacks []string
}

func provide(wanted []server) *provided {
	p := &provided{}
	for _, s := range wanted {
		if given := os.Getenv(s.env); given != "" {
			say("%s: the one in %s, %s", s.name, s.env, redact(given))
			continue
		}
		dir, err := os.MkdirTemp("", "kernia-"+s.name+"-")
		if err != nil {
			p.lacks = append(p.lacks, s.name+": "+err.Error())
			continue
		}
		address, stop, err := s.start(dir)
		if err != nil {
			_ = os.RemoveAll(dir)
			p.lacks = append(p.lacks, fmt.Sprintf("%s: %v (%s, or set %s)", s.name, err, s.hint, s.env))
			continue
		}
		say("%s: started, %s", s.name, redact(address))
		p.env = append(p.env, s.env+"="+address)
		p.stops = append(p.stops, func() {
			stop()
			_ = os.RemoveAll(dir)
		})
	}
	return p
}

func (p *provided) stop() {
	for _, stop := range p.stops {
		stop()
	}
}

// command runs args to their end and returns the exit code. What signals receives is passed on, so that the
// servers outlive the command and not the other way round.
func command(args, env []string, signals <-chan os.Signal) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		say("%v", err)
		return 127
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var late <-chan time.Time
	for {
		select {
		case err := <-done:
			return exitCode(err)
		case s := <-signals:
			_ = cmd.Process.Signal(s)
			if late == nil {
				late = time.After(patience)
			}
		case <-late:
			_ = cmd.Process.Kill()
		}
	}
}

// exitCode is the shell's: the command's own, or 128 and the signal that ended it.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return 1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// redact hides the password of an address.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that is no URL"
	}
	return u.Redacted()
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "servers: "+format+"\n", args...)
}
