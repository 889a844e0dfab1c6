// Package fetchtest is the conformance kit for [ports.Fetcher]: an implementation is right when [Run] passes against
// it. It needs the standard library alone, and calls servers of its own on the loopback interface.
//
// Call it from a test of your own package. Each promise of the port is one subtest, named after the promise, so
// that a failing run reads as the list of promises that do not hold.
package fetchtest

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A Setting is how the kit wants the Fetcher that it asks for.
type Setting struct {
	Origins   []string       // servers that may be called although they are not public, as "https://127.0.0.1:4711"
	Roots     *x509.CertPool // the certificate authorities to trust
	Timeout   time.Duration  // the limit of one call
	BodyLimit int64          // the most bytes of an answer's body, decompressed
}

// Run checks every promise of [ports.Fetcher]. Open returns a Fetcher with the setting and otherwise as an operator
// gets it by default; what it starts, it stops by t.Cleanup. Run sets the environment's proxy variables, so it must
// not run beside parallel tests.
func Run(t *testing.T, open func(t *testing.T, s Setting) ports.Fetcher) {
	t.Helper()
	trap := newTrap(t)
	for _, c := range promises() {
		t.Run(c.name, func(t *testing.T) {
			c.check(&probe{
				tb: t, trap: trap, patience: 30 * time.Second,
				open: func(s Setting) ports.Fetcher { return open(t, s) },
			})
		})
	}
}

// newTrap makes the environment name a proxy and counts who connects to it.
func newTrap(t *testing.T) *atomic.Int64 {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	caught := new(atomic.Int64)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			caught.Add(1)
			_ = c.Close()
		}
	}()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://"+listener.Addr().String())
		t.Setenv(strings.ToLower(name), "http://"+listener.Addr().String())
	}
	return caught
}

// A tb is the part of [testing.T] that a promise needs, so that the kit's own test can record what fails.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
	Cleanup(f func())
}

// A promise is one thing the port says, with the check that fails where it does not hold.
type promise struct {
	name  string
	check func(p *probe)
}

// A probe is what one check works with.
type probe struct {
	tb
	open     func(s Setting) ports.Fetcher
	trap     *atomic.Int64
	patience time.Duration // how long to wait for a call that ought to end by itself
}

func promises() []promise {
	var all []promise
	for _, group := range [][]promise{exchangePromises(), guardPromises(), limitPromises(), errorPromises()} {
		all = append(all, group...)
	}
	return all
}

// bodyLimit is the limit that the kit asks for.
const bodyLimit = 100_000

// fetcher returns a Fetcher that may call the servers.
func (p *probe) fetcher(servers ...*server) ports.Fetcher {
	p.Helper()
	s := Setting{Roots: x509.NewCertPool(), Timeout: p.patience / 2, BodyLimit: bodyLimit}
	for _, server := range servers {
		s.Origins = append(s.Origins, server.origin)
		if server.root != nil {
			s.Roots.AddCert(server.root)
		}
	}
	return p.open(s)
}

// fetch calls f, but does not wait for ever.
func (p *probe) fetch(f ports.Fetcher, r ports.FetchRequest) (ports.FetchResponse, error) {
	ctx, cancel := context.WithTimeout(p.Context(), p.patience)
	defer cancel()
	return f.Fetch(ctx, r)
}

// ok fetches r and fails the promise where there is no answer.
func (p *probe) ok(f ports.Fetcher, r ports.FetchRequest) ports.FetchResponse {
	p.Helper()
	answer, err := p.fetch(f, r)
	if err != nil {
		p.Fatalf("Fetch = %v, want an answer", err)
	}
	return answer
}

// fails fetches r and checks that the error is want.
func (p *probe) fails(f ports.Fetcher, r ports.FetchRequest, want error) {
	p.Helper()
	answer, err := p.fetch(f, r)
	if !errors.Is(err, want) || answer.Status != 0 || answer.Header != nil || answer.Body != nil {
		p.Fatalf("Fetch = status %d, %d bytes, %v, want the zero response and %v", answer.Status, len(answer.Body), err, want)
	}
}
