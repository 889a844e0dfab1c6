// Cli is a command-line tool whose users sign up and in: no server, no HTTP, only function calls.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

var errUsage = errors.New("usage: cli sign-up NAME EMAIL | sign-in EMAIL | whoami | sign-out (passwords come from the standard input)")

func main() {
	folder, err := os.UserConfigDir()
	if err == nil {
		err = run(context.Background(), filepath.Join(folder, "kernia-cli"), os.Args[1:], os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run keeps the database, its secret and the token of who is signed in, in the folder.
func run(ctx context.Context, folder string, args []string, in io.Reader, out io.Writer) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	store, err := kerniasqlite.Open(ctx, filepath.Join(folder, "users.db"))
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	auth, err := kernia.New(kernia.Config{
		Development: true, SecretFile: filepath.Join(folder, "secret"), Store: store,
	}, emailpassword.Feature{})
	if err != nil {
		return err
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		return err
	}
	file := filepath.Join(folder, "token")
	switch {
	case len(args) == 3 && args[0] == "sign-up":
		made, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: args[1], Email: args[2], Password: line(in)})
		if err != nil {
			return err
		}
		return os.WriteFile(file, []byte(*made.Token), 0o600)
	case len(args) == 2 && args[0] == "sign-in":
		signed, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: args[1], Password: line(in)})
		if err != nil {
			return err
		}
		return os.WriteFile(file, []byte(signed.Token), 0o600)
	case len(args) != 1 || args[0] != "whoami" && args[0] != "sign-out":
		return errUsage
	}
	token, err := os.ReadFile(file) //nolint:gosec // a file in the folder of the user who runs this
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if args[0] == "sign-out" {
		return errors.Join(emailpassword.SignOut(kernia.As(ctx, string(token)), auth), os.RemoveAll(file))
	}
	p, err := auth.Verify(ctx, string(token))
	switch {
	case err != nil: // the store is down, which says nothing about who it is
		return err
	case p == nil:
		return kernia.ErrUnauthorized
	}
	_, err = fmt.Fprintf(out, "%s <%s>\n", p.User.Name, p.User.Email)
	return err
}

func line(in io.Reader) string {
	s, _ := bufio.NewReader(in).ReadString('\n') // what ends without a line break is a line too
	return strings.TrimRight(s, "\r\n")
}
