package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCommand(t *testing.T) {
	t.Run("PassesTheExitCodeOn", func(t *testing.T) {
		for _, c := range []struct {
			script string
			want   int
		}{
			{"exit 0", 0},
			{"exit 7", 7},
			{"kill -TERM $$", 128 + int(syscall.SIGTERM)},
			{`test "$KERNIA_TEST_X" = here`, 0},
		} {
			if got := command([]string{"sh", "-c", c.script}, []string{"KERNIA_TEST_X=here"}, nil); got != c.want {
				t.Errorf("command(%q) = %d, want %d", c.script, got, c.want)
			}
		}
	})
	t.Run("PassesSignalsOn", func(t *testing.T) {
		ready := filepath.Join(t.TempDir(), "ready")
		signals := make(chan os.Signal, 1)
		code := make(chan int, 1)
		script := `trap 'exit 9' TERM; : > "$READY"; while :; do sleep 0.02; done`
		go func() { code <- command([]string{"sh", "-c", script}, []string{"READY=" + ready}, signals) }()
		deadline := time.Now().Add(patience)
		for _, err := os.Stat(ready); err != nil && time.Now().Before(deadline); _, err = os.Stat(ready) {
			time.Sleep(5 * time.Millisecond)
		}
		signals <- syscall.SIGTERM
		if got := <-code; got != 9 {
			t.Errorf("exit code after SIGTERM = %d, want 9", got)
		}
	})
}

func TestProvide(t *testing.T) {
	var stopped int
	works := server{name: "works", env: "KERNIA_TEST_WORKS_URL", start: func(string) (string, func(), error) {
		return "works://user:secret@host", func() { stopped++ }, nil
	}}
	fails := server{name: "fails", env: "KERNIA_TEST_FAILS_URL", hint: "buy one", start: func(string) (string, func(), error) {
		return "", nil, errors.New("none here")
	}}
	t.Run("StartsWhatIsNotGivenAndStopsIt", func(t *testing.T) {
		p := provide([]server{works})
		p.stop()
		if got, want := strings.Join(p.env, " "), "KERNIA_TEST_WORKS_URL=works://user:secret@host"; got != want {
			t.Errorf("env = %q, want %q", got, want)
		}
		if stopped != 1 {
			t.Errorf("stopped %d times, want once", stopped)
		}
	})
	t.Run("LeavesWhatIsGivenAlone", func(t *testing.T) {
		t.Setenv("KERNIA_TEST_FAILS_URL", "fails://elsewhere")
		if p := provide([]server{fails}); len(p.env)+len(p.stops)+len(p.lacks) != 0 {
			t.Errorf("provide = %+v, want nothing", p)
		}
	})
	t.Run("SaysWhatIsMissingAndHowToGetIt", func(t *testing.T) {
		p := provide([]server{fails})
		want := "fails: none here (buy one, or set KERNIA_TEST_FAILS_URL)"
		if len(p.lacks) != 1 || p.lacks[0] != want {
			t.Errorf("lacks = %q, want %q", p.lacks, want)
		}
	})
}

func TestRun(t *testing.T) {
	t.Run("RefusesToRunWithoutAServerInCI", func(t *testing.T) {
		for _, name := range []string{"KERNIA_TEST_POSTGRES_URL", "KERNIA_TEST_REDIS_URL"} {
			t.Setenv(name, "given://elsewhere")
		}
		t.Setenv("KERNIA_TEST_MONGO_URL", "") // make test itself has set it
		t.Setenv("PATH", "")
		mark := filepath.Join(t.TempDir(), "ran")
		args := []string{"-mongo", "--", "/bin/sh", "-c", ": > " + mark} // without a PATH nothing can be built
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		t.Setenv("CI", "true")
		if got := run(args); got != 1 {
			t.Errorf("run with CI=true = %d, want 1", got)
		}
		if _, err := os.Stat(mark); err == nil {
			t.Error("the command ran")
		}
		t.Setenv("CI", "")
		if got := run(args); got != 0 {
			t.Errorf("run without CI = %d, want 0", got)
		}
	})
}

func TestRedact(t *testing.T) {
	t.Run("HidesPasswords", func(t *testing.T) {
		if got := redact("postgres://u:hunter2@h/db"); strings.Contains(got, "hunter2") {
			t.Errorf("redact = %q", got)
		}
	})
}
