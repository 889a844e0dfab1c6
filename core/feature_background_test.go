package kernia_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// A logbook is where a test reads what was logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func logged(t *testing.T) (*kernia.Auth, *logbook) {
	t.Helper()
	l := &logbook{}
	return kerniatest.New(t, kernia.Config{Logger: slog.New(slog.NewTextHandler(l, nil))}), l
}

func TestEnqueue(t *testing.T) {
	auth, log := logged(t)
	type key struct{}
	var mu sync.Mutex
	var done []string
	do := func(name string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			done = append(done, name)
			if _, limited := ctx.Deadline(); !limited || ctx.Err() != nil || ctx.Value(key{}) != nil {
				t.Errorf("%s runs with the context of its caller", name)
			}
			return nil
		}
	}
	canceled, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, 1))
	auth.Enqueue(canceled, "mail", do("mail"))
	cancel()
	auth.Enqueue(t.Context(), "failing", func(context.Context) error { return errors.New("no such host") })
	auth.Enqueue(t.Context(), "panicking", func(context.Context) error { panic("oh") })
	err := auth.Tx(t.Context(), func(ctx context.Context) error {
		auth.Enqueue(ctx, "rolled back", do("rolled back"))
		return errors.New("no")
	})
	if err == nil {
		t.Error("Tx succeeds")
	}
	err = auth.Tx(t.Context(), func(ctx context.Context) error {
		auth.Enqueue(ctx, "committed", do("committed"))
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(strings.Join(done, " "), "committed") {
			t.Error("a task runs before the commit")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	auth.Enqueue(t.Context(), "late", do("late"))
	mu.Lock()
	defer mu.Unlock()
	if all := strings.Join(done, " "); all != "mail committed" && all != "committed mail" {
		t.Errorf("done: %s", all)
	}
	for _, want := range []string{`"background task failed" task=failing error="no such host"`, `"background task failed" task=panicking`, `"background task dropped" task=late`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}

func TestEnqueueIsBounded(t *testing.T) {
	auth, log := logged(t)
	release, running := make(chan struct{}), make(chan struct{}, 4)
	for range 4 {
		auth.Enqueue(t.Context(), "slow", func(context.Context) error { running <- struct{}{}; <-release; return nil })
	}
	for range 4 {
		<-running
	}
	for range 1024 {
		auth.Enqueue(t.Context(), "waiting", func(context.Context) error { return nil })
	}
	if log.String() != "" {
		t.Errorf("tasks that fit are dropped: %s", log)
	}
	auth.Enqueue(t.Context(), "over", func(context.Context) error { t.Error("a dropped task runs"); return nil })
	if !strings.Contains(log.String(), `"background task dropped" task=over`) {
		t.Errorf("log: %s", log)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := auth.Close(ended); err == nil || !strings.Contains(err.Error(), "1028 background tasks left") {
		t.Errorf("Close = %v", err)
	}
	close(release)
	if err := auth.Close(t.Context()); err != nil {
		t.Errorf("Close again = %v", err)
	}
}
