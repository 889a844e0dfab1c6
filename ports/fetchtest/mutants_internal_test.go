package fetchtest // its own test: it needs the table of promises, which no user does

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A recorder stands in for testing.T and remembers what failed.
type recorder struct {
	*testing.T
	errors chan string
}

func (r *recorder) Errorf(format string, args ...any) {
	select {
	case r.errors <- fmt.Sprintf(format, args...):
	default: // a hundred are enough
	}
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// check runs one promise against the reference with a flaw and returns what failed.
func check(t *testing.T, c promise, p probe, f flaw) []string {
	t.Helper()
	r := &recorder{T: t, errors: make(chan string, 100)}
	p.tb = r
	p.open = func(s Setting) ports.Fetcher { return newReference(s, f) }
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.check(&p)
	}()
	<-done
	var errors []string
	for len(r.errors) > 0 {
		errors = append(errors, <-r.errors)
	}
	return errors
}

func TestPromises(t *testing.T) {
	p := probe{trap: newTrap(t), patience: 20 * time.Second}
	names := map[string]bool{}
	for _, c := range promises() {
		if names[c.name] {
			t.Errorf("two promises are called %s", c.name)
		}
		names[c.name] = true
		if errors := check(t, c, p, ""); len(errors) > 0 {
			t.Errorf("%s fails for the reference: %q", c.name, errors)
		}
	}

	broken := map[string]bool{}
	for f, breaks := range flaws {
		t.Run(string(f), func(t *testing.T) {
			p := p
			if f != "ReadsAnyHeader" { // this one reads 16 MiB: ended by its time limit, it would look like a refusal
				p.patience = 2 * time.Second // some never end by themselves
			}
			for _, name := range breaks {
				i := slices.IndexFunc(promises(), func(c promise) bool { return c.name == name })
				if i < 0 {
					t.Fatalf("no promise is called %s", name)
				}
				if errors := check(t, promises()[i], p, f); len(errors) == 0 {
					t.Errorf("%s holds for a Fetcher that breaks it", name)
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
	"DropsTheBody":                {"SendsTheRequest"},
	"UnescapesThePath":            {"SendsTheRequest"},
	"SetsHeaderLines":             {"SendsTheRequest"},
	"FailsOnStatus":               {"ReturnsTheAnswer"},
	"KeepsOneLineOfAName":         {"ReturnsTheAnswer"},
	"LeavesTheBodyCompressed":     {"ReturnsTheBodyDecompressed"},
	"KeepsCookies":                {"KeepsNoCookies"},
	"TriesAgain":                  {"SendsAPostOnce"},
	"ClosesConnections":           {"KeepsTheConnection"},
	"SharesItsAnswer":             {"ServesManyAtOnce"},
	"FollowsRedirects":            {"ReturnsRedirects_C10"},
	"CallsHTTP":                   {"RefusesHTTP_C10"},
	"CallsAnyAddress":             {"RefusesInternalAddresses_C10", "JudgesTheDialledAddress_C10", "CallsNamedOriginsAlone_C10"},
	"CallsAllButPrivateAddresses": {"RefusesInternalAddresses_C10"},
	"JudgesTheURLAlone":           {"JudgesTheDialledAddress_C10"},
	"ComparesHostsAlone":          {"CallsNamedOriginsAlone_C10"},
	"ComparesAddressesAlone":      {"RefusesHTTP_C10", "CallsNamedOriginsAlone_C10"},
	"AsksTheEnvironment":          {"IgnoresProxiesOfTheEnvironment_C10"},
	"TrustsAnyCertificate":        {"VerifiesCertificates"},
	"ReadsAnyBody":                {"LimitsTheBody", "LimitsTheDecompressedBody"},
	"CutsTheBody":                 {"LimitsTheBody", "LimitsTheDecompressedBody"},
	"CountsCompressedBytes":       {"LimitsTheDecompressedBody"},
	"ReadsAnyHeader":              {"LimitsTheHeader"},
	"WaitsForEver":                {"LimitsTheTime"},
	"LimitsTheHeadAlone":          {"LimitsTheTime"},
	"IgnoresItsContext":           {"HonoursItsContext"},
	"ChecksNothing":               {"RefusesInvalidRequests"},
	"TakesHalfABody":              {"SaysUnavailable"},
	"TakesAnyStatus":              {"SaysUnavailable"},
	"QuotesTheURL":                {"KeepsSecretsOutOfErrors"},
	"QuotesTheAnswer":             {"KeepsSecretsOutOfErrors"},
}

var _ ports.Fetcher = (*reference)(nil)

// Fetch is the reference's, with what is wrong around it.
func (f *reference) Fetch(ctx context.Context, r ports.FetchRequest) (ports.FetchResponse, error) {
	if f.flaw == "IgnoresItsContext" {
		ctx = context.WithoutCancel(ctx)
	}
	answer, err := f.fetch(ctx, r)
	switch {
	case err != nil && f.flaw == "TriesAgain":
		return f.fetch(ctx, r)
	case err == nil && f.flaw == "FailsOnStatus" && answer.Status >= 400:
		return ports.FetchResponse{}, ports.ErrUnavailable
	case err == nil && f.flaw == "SharesItsAnswer":
		f.mu.Lock()
		defer f.mu.Unlock()
		f.shared = append(f.shared[:0], answer.Body...)
		answer.Body = f.shared
	case err == nil && f.flaw == "KeepsOneLineOfAName":
		answer.Header = slices.CompactFunc(answer.Header, func(a, b ports.HeaderLine) bool { return a.Name == b.Name })
	}
	return answer, err
}
