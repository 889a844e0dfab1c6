package kerniasqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

// The environment of a process that competes with another of its kind.
const (
	childVerb = "KERNIA_SQLITE_CHILD"
	childPath = "KERNIA_SQLITE_PATH"
)

func TestMain(m *testing.M) {
	if verb := os.Getenv(childVerb); verb != "" {
		n, err := compete(context.Background(), verb, os.Getenv(childPath))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(n)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const contested = 100

// compete does what the parent asks as soon as it says so, and returns how often it won.
func compete(ctx context.Context, verb, path string) (won int, err error) {
	a := newAuth()
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return 0, err
	}
	s, err := kerniasqlite.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if verb == "migrate" {
		plan, err := s.Migrate(ctx, a.all(), true)
		return len(plan.Steps), err
	}
	take := &ports.Take{Model: a.session, Key: ports.Key{"id"}}
	swap := &ports.Update{
		Model: a.user, Key: ports.Key{"id"}, Where: []ports.Condition{{Field: "name"}}, Set: []ports.Change{{Field: "name"}},
	}
	for i := range contested {
		var ok bool
		switch id := ports.String("r" + strconv.Itoa(i)); verb {
		case "take":
			_, ok, err = s.Take(ctx, take, []ports.Value{id})
		case "swap":
			_, ok, err = s.Update(ctx, swap, []ports.Value{id, ports.String("Ada"), ports.String("won")})
		}
		if err != nil {
			return 0, err
		}
		if ok {
			won++
		}
	}
	return won, nil
}

// race starts two processes at once on the database at path, and returns how often each won.
func race(t *testing.T, verb, path string) [2]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var begin [2]io.Writer
	var lines [2]*bufio.Reader
	var children [2]*exec.Cmd
	for i := range children {
		c := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
		c.Env = append(os.Environ(), childVerb+"="+verb, childPath+"="+path)
		c.Stderr = os.Stderr
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		begin[i], lines[i], children[i] = in, bufio.NewReader(out), c
	}
	for i := range children {
		if line, err := lines[i].ReadString('\n'); line != "ready\n" {
			t.Fatalf("a process said %q, %v", line, err)
		}
	}
	for i := range children {
		_, _ = fmt.Fprintln(begin[i], "go")
	}
	var won [2]int
	for i, c := range children {
		line, _ := lines[i].ReadString('\n')
		if err := c.Wait(); err != nil {
			t.Fatalf("a process that competes in %s: %v", verb, err)
		}
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		won[i] = n
	}
	return won
}

func TestProcesses(t *testing.T) {
	a := newAuth()
	prepared := func(t *testing.T) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "shared.db")
		s := openAuth(t, path, a)
		err := s.Tx(t.Context(), func(ctx context.Context) error {
			for i := range contested {
				id := "r" + strconv.Itoa(i)
				if _, err := s.Create(ctx, a.user, a.newUser(id)); err != nil {
					return err
				}
				if _, err := s.Create(ctx, a.session, a.newSession(id, id)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Run("TakeEachRecordOnce", func(t *testing.T) {
		if won := race(t, "take", prepared(t)); won[0]+won[1] != contested {
			t.Errorf("two processes took %d and %d of %d records", won[0], won[1], contested)
		}
	})
	t.Run("SwapEachRecordOnce", func(t *testing.T) {
		if won := race(t, "swap", prepared(t)); won[0]+won[1] != contested {
			t.Errorf("two processes changed %d and %d of %d records", won[0], won[1], contested)
		}
	})
	t.Run("MigrateOnce", func(t *testing.T) {
		for range 3 {
			path := filepath.Join(t.TempDir(), "new.db")
			won := race(t, "migrate", path)
			if (won[0] == 0) == (won[1] == 0) {
				t.Errorf("two processes that migrate took %d and %d steps, want all by one of them", won[0], won[1])
			}
			s := openAuth(t, path, a)
			if plan, err := s.Migrate(t.Context(), a.all(), false); err != nil || len(plan.Steps) > 0 {
				t.Errorf("Migrate after both = %v, %v", plan, err)
			}
		}
	})
}

// openAuth opens a file with a's tables.
func openAuth(t *testing.T, path string, a *auth) *kerniasqlite.Store {
	t.Helper()
	s, err := kerniasqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, s) })
	if _, err := s.Migrate(t.Context(), a.all(), true); err != nil {
		t.Fatal(err)
	}
	return s
}
