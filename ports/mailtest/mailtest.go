// Package mailtest is the conformance kit for [ports.Mailer]: an implementation is right when [Run] passes against it. It
// needs the standard library alone.
//
// Call it from a test of your own package. Each promise of the port is one subtest, named after the promise, so that a
// failing run reads as the list of promises that do not hold.
package mailtest

import (
	"context"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A Box is a Mailer and where it delivers to.
type Box struct {
	Mailer ports.Mailer

	// Delivered returns every message that has been delivered, decoded. The kit calls it when Send has returned.
	Delivered func() ([]Delivery, error)
}

// A Delivery is one message in one mailbox.
type Delivery struct {
	To     string // the address, which is that of the mailbox and not what a header says
	Header string // lines of the header, as they arrived; "" where there is none
	Text   string // all that the recipient can read, without any encoding
}

// Options say what the kit tests.
type Options struct {
	// Open returns an empty Box. What it starts, it stops by t.Cleanup.
	Open func(t *testing.T) Box

	// Broken returns Mailers that cannot deliver, by what is wrong: servers that refuse, hang or break off. The kit sends
	// with each, and expects an error without secrets. Nil: there is nothing that can break.
	Broken func(t *testing.T) map[string]ports.Mailer
}

// Run checks every promise of [ports.Mailer].
func Run(t *testing.T, o Options) {
	t.Helper()
	for _, c := range promises() {
		t.Run(c.name, func(t *testing.T) {
			p := &probe{tb: t, patience: 30 * time.Second, open: func() Box { return o.Open(t) }}
			if o.Broken != nil {
				p.broken = func() map[string]ports.Mailer { return o.Broken(t) }
			}
			c.check(p)
		})
	}
}

// A tb is the part of [testing.T] that a promise needs, so that the kit's own test can record what fails.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// A promise is one thing the port says, with the check that fails where it does not hold.
type promise struct {
	name  string
	check func(p *probe)
}

// A probe is what one check works with.
type probe struct {
	tb
	open     func() Box
	broken   func() map[string]ports.Mailer
	patience time.Duration // how long a call may take
}

// send sends m, but does not wait for ever.
func (p *probe) send(box Box, m ports.Mail) error {
	ctx, cancel := context.WithTimeout(p.Context(), p.patience)
	defer cancel()
	return box.Mailer.Send(ctx, m)
}

// delivered returns what has arrived.
func (p *probe) delivered(box Box) []Delivery {
	p.Helper()
	all, err := box.Delivered()
	if err != nil {
		p.Fatalf("Delivered = %v", err)
	}
	return all
}
