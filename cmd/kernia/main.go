// Kernia is the stand-alone server and its tools: sign-up, sign-in and sessions over HTTP without writing Go. Run
// "kernia help" to see the commands.
package main

import (
	"os"

	"github.com/kernia-go/kernia/cmd/kernia/internal/cli"
)

//go:generate env KERNIA_TEST_WRITE=1 go test -count=1 -run TestReference ./...

func main() { os.Exit(cli.Main(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }
