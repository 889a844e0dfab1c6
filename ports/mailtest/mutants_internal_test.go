package mailtest // its own test: it needs the table of promises, which no user does

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A recorder stands in for testing.T and remembers what failed.
type recorder struct {
	*testing.T
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// check runs one promise against the reference with a flaw and returns what failed.
func check(t *testing.T, c promise, f flaw) []string {
	t.Helper()
	r := &recorder{T: t}
	p := &probe{
		tb: r, patience: 10 * time.Second,
		open: func() Box { m := &reference{flaw: f}; return Box{m, func() ([]Delivery, error) { return m.box, nil }} },
		broken: func() map[string]ports.Mailer {
			return map[string]ports.Mailer{"no server": &reference{flaw: f, down: true}}
		},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.check(p)
	}()
	<-done
	return r.errors
}

func TestPromises(t *testing.T) {
	for _, c := range promises() {
		if errors := check(t, c, ""); len(errors) > 0 {
			t.Errorf("%s fails for the reference: %q", c.name, errors)
		}
	}
	broken := map[string]bool{}
	for f, breaks := range flaws {
		t.Run(string(f), func(t *testing.T) {
			for _, name := range breaks {
				i := slices.IndexFunc(promises(), func(c promise) bool { return c.name == name })
				if i < 0 {
					t.Fatalf("no promise is called %s", name)
				}
				if errors := check(t, promises()[i], f); len(errors) == 0 {
					t.Errorf("%s holds for a Mailer that breaks it", name)
				}
				broken[name] = true
			}
		})
	}
	for _, c := range promises() {
		if !broken[c.name] {
			t.Errorf("no mutant breaks %s: nothing shows that it can fail", c.name)
		}
	}
}

// A flaw is what is wrong with a mutant; "" is nothing.
type flaw string

var flaws = map[flaw][]string{
	"SendsNothing":        {"DeliversEachKind", "DeliversInAnyLanguage", "DeliversOrRefusesOtherKinds", "ServesManyAtOnce"},
	"SendsTwice":          {"DeliversEachKind", "ServesManyAtOnce"},
	"ForgetsTheLink":      {"DeliversEachKind"},
	"ForgetsTheCode":      {"DeliversEachKind"},
	"ForgetsTheAddress":   {"DeliversEachKind"},
	"NeedsAUser":          {"DeliversEachKind"},
	"RefusesLanguages":    {"DeliversInAnyLanguage"},
	"DropsUnknownKinds":   {"DeliversOrRefusesOtherKinds"},
	"FailsOnUnknownKinds": {"DeliversOrRefusesOtherKinds"},
	"TrustsNames":         {"WritesWhatUsersTypedAsText_F10"},
	"RefusesNames":        {"WritesWhatUsersTypedAsText_F10"},
	"TrustsAddresses":     {"RefusesBadAddresses_F10"},
	"SendsToSeveral":      {"RefusesBadAddresses_F10"},
	"SharesItsMail":       {"ServesManyAtOnce"},
	"IgnoresItsContext":   {"HonoursItsContext"},
	"SendsAndFails":       {"HonoursItsContext", "RefusesBadAddresses_F10"},
	"HidesWhatIsWrong":    {"SaysWhatIsWrong"},
	"SaysNothing":         {"SaysWhatIsWrong"},
	"QuotesTheLink":       {"KeepsSecretsOutOfErrors"},
	"QuotesTheCode":       {"KeepsSecretsOutOfErrors"},
	"QuotesTheAddress":    {"KeepsSecretsOutOfErrors"},
	"QuotesTheName":       {"KeepsSecretsOutOfErrors"},
}

// A reference is a Mailer into its memory with one flaw.
type reference struct {
	flaw flaw
	down bool

	mu   sync.Mutex
	last ports.Mail
	box  []Delivery
}

func (r *reference) Send(ctx context.Context, m ports.Mail) error {
	err := r.refuses(ctx, m)
	if err == nil || r.flaw == "SendsAndFails" {
		r.deliver(m)
	}
	switch {
	case err == nil || r.flaw == "SaysNothing":
		return nil
	case r.flaw == "HidesWhatIsWrong":
		return errors.New("something is wrong")
	case r.flaw == "QuotesTheLink":
		return fmt.Errorf("%w: %s", err, m.URL)
	case r.flaw == "QuotesTheCode":
		return fmt.Errorf("%w: %s", err, m.Code)
	case r.flaw == "QuotesTheAddress":
		return fmt.Errorf("%w: %s", err, m.To)
	case r.flaw == "QuotesTheName":
		return fmt.Errorf("%w: %s", err, m.User.Name)
	}
	return err
}

func (r *reference) refuses(ctx context.Context, m ports.Mail) error {
	switch {
	case ctx.Err() != nil && r.flaw != "IgnoresItsContext":
		return ctx.Err()
	case m.Check() != nil && r.flaw != "TrustsAddresses" && (r.flaw != "SendsToSeveral" || !strings.Contains(m.To, ",")):
		return m.Check()
	case r.down:
		return ports.ErrUnavailable
	case r.flaw == "RefusesLanguages" && m.Language != "",
		r.flaw == "RefusesNames" && strings.ContainsAny(m.User.Name, "\r\n"),
		r.flaw == "NeedsAUser" && m.User.ID == "":
		return ports.ErrInvalid
	case r.flaw == "FailsOnUnknownKinds" && m.Kind == "another-kind":
		return ports.ErrUnavailable
	}
	return nil
}

func (r *reference) deliver(m ports.Mail) {
	r.mu.Lock()
	if r.last.To == "" {
		r.last = m
	}
	if r.flaw == "SharesItsMail" {
		m.URL, m.Token = r.last.URL, r.last.Token
	}
	defer r.mu.Unlock()
	text := fmt.Sprintf("%s %s %s", m.URL, m.Code, m.NewEmail)
	switch r.flaw {
	case "SendsNothing":
		return
	case "ForgetsTheLink":
		text = m.Code + m.NewEmail
	case "ForgetsTheCode":
		text = m.URL + m.NewEmail
	case "ForgetsTheAddress":
		text = m.URL + m.Code
	}
	if r.flaw == "DropsUnknownKinds" && m.Kind == "another-kind" {
		return
	}
	name := m.User.Name
	if r.flaw != "TrustsNames" {
		name = strings.Map(func(r rune) rune { return max(r, ' ') }, name)
	}
	d := Delivery{To: m.To, Header: "To: " + name + " <" + m.To + ">", Text: text}
	r.box = append(r.box, d)
	if r.flaw == "SendsTwice" {
		r.box = append(r.box, d)
	}
}
