package client_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// grace is what remains of go test's limit when commands are ended: beyond it this process would die without them.
const grace = 15 * time.Second

// within returns a context for commands of a test: it ends after limit, shortly before the limit of go test, or by a
// signal.
func within(t *testing.T, limit time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	end := time.Now().Add(limit)
	if deadline, ok := t.Deadline(); ok && deadline.Add(-grace).Before(end) {
		end = deadline.Add(-grace)
	}
	ctx, stop := signal.NotifyContext(context.WithoutCancel(t.Context()), syscall.SIGINT, syscall.SIGTERM)
	ctx, cancel := context.WithDeadline(ctx, end)
	return ctx, func() { cancel(); stop() }
}

// group lets a command end together with everything that it started, as the compilers of npm, when its context ends.
func group(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

func TestEndsWithItsChildren(t *testing.T) {
	ctx, cancel := within(t, time.Minute)
	defer cancel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := group(exec.CommandContext(ctx, "sh", "-c", "sleep 120 & echo begun; wait"))
	cmd.Stdout = w
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = cmd.Wait()
	_ = r.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := r.Read(make([]byte, 16)); !errors.Is(err, io.EOF) { // which comes when nobody has the other end
		t.Errorf("a child outlives the command that started it: %v", err)
	}
}
