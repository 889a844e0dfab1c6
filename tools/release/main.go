// Command release makes the modules of this repository available outside of its workspace:
//
//	go run ./tools/release pack -o DIR
//
// writes every module that others import, and the programs, into DIR in the layout of a module proxy and prints
// the version they have there. GOPROXY=file://DIR,… with GOSUMDB=off then serves them, without a tag.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release pack", flag.ContinueOnError)
	dir := flags.String("o", "dist/proxy", "the folder to write")
	if len(args) == 0 || args[0] != "pack" {
		return fmt.Errorf("release: go run ./tools/release pack -o DIR")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	root, err := workspace.Root(".")
	if err != nil {
		return err
	}
	version, err := pack(root, *dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, version)
	return err
}
