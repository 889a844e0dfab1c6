package main

import (
	"os"
	"os/exec"
	"strings"
)

// install fetches what is missing where that is possible without asking: as root on a system with apt-get. What
// it cannot do shows when a server does not start.
func install(wanted []server, browser bool) {
	packages := missing(wanted, browser)
	if len(packages) == 0 || !root() {
		return
	}
	if _, err := lookup("apt-get"); err != nil {
		return
	}
	say("installing %s", strings.Join(packages, " "))
	if err := apt("update", "-q"); err != nil {
		say("apt-get update: %v", err)
	}
	if err := apt(append([]string{"install", "-y", "-q", "--no-install-recommends"}, packages...)...); err != nil {
		say("apt-get install: %v", err)
	}
}

// missing returns the Debian packages of what is wanted, not there, and not given by its variable.
func missing(wanted []server, browser bool) []string {
	var packages []string
	for _, s := range wanted {
		if os.Getenv(s.env) != "" {
			continue
		}
		if _, err := postgresBin(); err != nil && s.name == "postgres" {
			packages = append(packages, "postgresql")
		}
		if _, err := lookup("redis-server"); err != nil && s.name == "redis" {
			packages = append(packages, "redis-server")
		}
	}
	for program, of := range between() {
		if _, err := lookup(program, "/usr/sbin/"+program); err != nil {
			packages = append(packages, of)
		}
	}
	if !browser {
		return packages
	}
	if _, err := chromium(); err != nil {
		packages = append(packages, "chromium")
	}
	// The JavaScript server's SQLite is compiled when it is installed, and so is what the race detector needs.
	for tool, of := range compilers() {
		if _, err := lookup(tool); err != nil {
			packages = append(packages, of)
		}
	}
	return packages
}

// between are the programs that stand between clients and servers, with their Debian packages. Tests start them.
func between() map[string]string {
	return map[string]string{"nginx": "nginx", "pgbouncer": "pgbouncer"}
}

// lacksBetween says which of them are missing.
func lacksBetween() []string {
	var lacks []string
	for program, of := range between() {
		if _, err := lookup(program, "/usr/sbin/"+program); err != nil {
			lacks = append(lacks, "proxy: "+err.Error()+" (apt-get install "+of+")")
		}
	}
	return lacks
}

// compilers are programs with their Debian packages.
func compilers() map[string]string {
	return map[string]string{"g++": "g++", "make": "make", "python3": "python3"}
}

func chromium() (string, error) { return lookup("chromium", "chromium-browser", "google-chrome") }

// lacksBrowser says what the tests in a browser still need.
func lacksBrowser() []string {
	var lacks []string
	if _, err := chromium(); err != nil {
		lacks = append(lacks, "browser: "+err.Error()+" (apt-get install chromium)")
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := lookup(name); err != nil {
			lacks = append(lacks, "javascript: "+err.Error()+" (install Node 20 or newer with npm)")
		}
	}
	for tool, of := range compilers() {
		if _, err := lookup(tool); err != nil {
			lacks = append(lacks, "compiler: "+err.Error()+" (apt-get install "+of+")")
		}
	}
	return lacks
}

func apt(args ...string) error {
	cmd := exec.Command("apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
