package featuretest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
)

// noteSamples are those of the feature that the mutants are made of.
func noteSamples() []Sample {
	known := func(s *Stage) { s.Page.SignIn("bob@example.com"); s.forget() }
	return []Sample{
		{Operation: "POST /note/create", Input: `{"text":"milk","colorCode":"red"}`},
		{Operation: "POST /note/create", Input: `{"text":"milk"}`},
		{Operation: "POST /note/create", Input: `{"text":""}`, Want: errEmpty},
		{Operation: "POST /note/clear"},
		{Operation: "GET /note/read", Given: func(s *Stage) {
			s.Page.SignIn("ann@example.com")
			s.Input = `{"noteId":"` + s.Page.Post("/note/create", `{"text":"milk"}`).Text("id") + `"}`
		}},
		{Operation: "note/count"},
		{Operation: "POST /note/enter", Input: `{"email":"bob@example.com","code":"1234","callbackURL":"/in","returnURL":"/in"}`, Given: known},
		{Operation: "POST /note/enter", Input: `{"email":"eve@example.com","code":"1234"}`, Want: errUnknown},
		{Operation: "POST /note/enter", Input: `{"email":"bob@example.com","code":"1"}`, Given: known, Want: errCode},
		{
			Operation: "POST /note/enter", Input: `{"email":"bob@example.com","code":"1234"}`, Want: kernia.ErrTooManyAttempts,
			Given: func(s *Stage) {
				known(s)
				for range 3 {
					s.Page.Post("/note/enter", `{"email":"bob@example.com","code":"1"}`)
				}
			},
		},
	}
}

// TestSound shows that the feature within the mutants keeps every promise.
func TestSound(t *testing.T) { Run(t, notes{}, noteSamples()) }

// A mutant is a feature that breaks its promises in one way, and the promises that must notice.
type mutant struct {
	defect  string
	breaks  string         // promises by group and name, separated by spaces
	more    []Sample       // of operations that only the defect adds
	samples []Sample       // in place of all others
	feature kernia.Feature // in place of notes
}

// TestMutants shows that every mutant is rejected by the promises that it breaks, and every promise can be broken.
func TestMutants(t *testing.T) {
	all, unbroken := map[string]promise{}, map[string]bool{}
	for _, g := range groups() {
		for _, p := range g.promises {
			all[g.name+"/"+p.name], unbroken[g.name+"/"+p.name] = p, true
		}
	}
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.defect, " ", "_"), func(t *testing.T) {
			for name := range strings.FieldsSeq(m.breaks) {
				p, ok := all[name]
				if !ok {
					t.Errorf("%s is no promise", name)
					continue
				}
				delete(unbroken, name)
				if failures := prove(t, p, m); len(failures) == 0 {
					t.Errorf("%s holds for a feature that %s", name, m.defect)
				} else if testing.Verbose() {
					t.Logf("%s: %.300s", name, failures[0])
				}
			}
		})
	}
	for name := range unbroken {
		t.Errorf("no mutant breaks %s: the promise cannot fail", name)
	}
}

// prove runs one promise on a mutant and returns its failures.
func prove(t *testing.T, p promise, m mutant) []string {
	t.Helper()
	r := &recorder{TB: t}
	k := &kit{TB: r, options: defaults(), feature: notes{defect: m.defect}, samples: append(noteSamples(), m.more...)}
	if m.samples != nil {
		k.samples = m.samples
	}
	if m.feature != nil {
		k.feature = m.feature
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		p.prove(k)
	}()
	<-done
	return r.failures
}

// A recorder is a testing.TB that takes down failures.
type recorder struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
