package transporttest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the transcript anew")

// TestTranscript writes the transcript where it is told to; the promise AnswersTheTranscript compares with it.
func TestTranscript(t *testing.T) {
	if !*update {
		return
	}
	var b strings.Builder
	seen := map[string]int{}
	newKit(t, options{}, program(broken{})).world().transcript(func(name string, s step, _ answer, text string) {
		if seen[name]++; seen[name] > 1 {
			name += fmt.Sprintf(" #%d", seen[name])
		}
		if s.target != "" && s.target != "/" {
			fmt.Fprintf(&b, "%s%s\n%s\n", mark, name, text)
		}
	})
	if err := os.WriteFile("testdata/transcript.txt", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSound shows that the transport within the mutants keeps every promise.
func TestSound(t *testing.T) { Run(t, program(broken{})) }

func promises() map[string]promise {
	all := map[string]promise{}
	for _, g := range groups() {
		for _, p := range g.promises {
			all[g.name+"/"+p.name] = p
		}
	}
	return all
}

// A mutant is a transport that breaks the contract in one way, and the promises that must notice.
type mutant struct {
	name   string
	breaks string // promises by group and the beginning of their name, separated by spaces
	broken broken
}

// TestMutants shows that every mutant is rejected by the promises that it breaks, and every promise can be broken.
func TestMutants(t *testing.T) {
	all := promises()
	unbroken := map[string]bool{}
	for name := range all {
		unbroken[name] = true
	}
	var mu sync.Mutex
	t.Run("all", func(t *testing.T) {
		for _, m := range mutants() {
			t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				for name := range strings.FieldsSeq(m.breaks) {
					p, ok := all[name]
					if !ok {
						t.Errorf("%s is no promise", name)
						continue
					}
					mu.Lock()
					delete(unbroken, name)
					mu.Unlock()
					if failures := prove(t, p, m.broken); len(failures) == 0 {
						t.Errorf("%s holds for a transport with this defect: %s", name, m.name)
					} else if testing.Verbose() {
						t.Logf("%s: %.300s", name, failures[0])
					}
				}
			})
		}
	})
	for name := range unbroken {
		t.Errorf("no mutant breaks %s: the promise cannot fail", name)
	}
}

// prove runs one promise on a broken transport and returns its failures.
func prove(t *testing.T, p promise, b broken) []string {
	t.Helper()
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				r.Errorf("panic: %v", v)
			}
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		p.prove(newKit(r, options{patience: 2 * time.Second}, program(b)))
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the promise does not end")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

// A recorder is a tester that takes down failures.
type recorder struct {
	ctx      context.Context //nolint:containedctx // as testing.T
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
