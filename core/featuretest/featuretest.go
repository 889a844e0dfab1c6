// Package featuretest proves that a feature keeps what every feature promises: it answers the errors that it declares
// and no others, takes every field in both spellings, asks other features before a session begins, loses nothing to an
// outage, and so on. A feature of your own has one test, which calls [Run] with a sample of each call.
//
// Each promise is one subtest, named after the promise, so that a failing run reads as the list of promises that do
// not hold.
package featuretest

import (
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A Sample is one call of one operation and what it comes to. A feature needs one that succeeds for each operation, with
// every field of the input in one of them, and one for each error that an operation declares. A feature that only has
// steps samples the operations of others, which the option [With] adds. The kit runs each sample many times, changed in
// one way or another, every time on an empty store.
type Sample struct {
	Operation string         // its name, as "POST /note/create"
	Input     string         // a JSON object; parameters of the query and the path are among its members. "" means {}
	Given     func(s *Stage) // prepares what must be there before; nil means nothing
	Want      *kernia.Error  // what it answers; nil means that it succeeds
	PageOnly  bool           // it needs what only HTTP has: cookies or headers of the request

	Feature kernia.Feature           // in place of Run's: the same feature with other settings
	Config  func(cfg *kernia.Config) // changes settings, after the option [Config]
}

// A Stage is where one sample is run: an Auth of its own on an empty store, and a page of its own origin. The clock
// stands still, and random values come in the same order on every stage.
//
// Once Given has returned, an operation that needs a session is called by "ann@example.com" who has just signed in,
// unless Given has signed somebody in.
type Stage struct {
	testing.TB
	Auth  *kernia.Auth
	Page  *kerniatest.Browser // calls the operation
	Clock *memory.Clock
	Input string // as in the sample; Given may change it

	box       memory.Mailer
	store     *store
	guest     *guest
	operation *kernia.Operation
}

// Run proves that the feature keeps its promises.
func Run(t *testing.T, feature kernia.Feature, samples []Sample, opts ...Option) {
	t.Helper()
	o := defaults()
	for _, opt := range opts {
		opt(&o)
	}
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			for _, p := range g.promises {
				t.Run(p.name, func(t *testing.T) { p.prove(&kit{TB: t, options: o, feature: feature, samples: samples}) })
			}
		})
	}
}

// An Option says what else a feature needs. Options are [With], [Config] and [Store].
type Option func(*options)

type options struct {
	with   []kernia.Feature
	config func(cfg *kernia.Config)
	open   func(t testing.TB) ports.Store
}

func defaults() options {
	return options{open: open, config: func(*kernia.Config) {}}
}

// With gives every Auth further features: those that the feature requires, or whose operations the samples call.
func With(features ...kernia.Feature) Option { return func(o *options) { o.with = features } }

// Config changes the settings of every Auth. The kit itself sets BaseURL, Secret, Store, Clock, Random and Logger, and a
// Mailer unless one is set here.
func Config(change func(cfg *kernia.Config)) Option { return func(o *options) { o.config = change } }

// Store makes the kit run on the stores that open returns, each empty, in place of stores in memory. Open stops by
// t.Cleanup what it starts.
func Store(open func(t testing.TB) ports.Store) Option { return func(o *options) { o.open = open } }

// A promise is one sentence about features and its proof.
type promise struct {
	name  string // in the present tense
	prove func(k *kit)
}

type group struct {
	name     string
	promises []promise
}

// groups returns every promise, one group a file.
func groups() []group {
	return []group{
		{"Error", failing()},
		{"Input", reading()},
		{"Output", writing()},
		{"Access", admitting()},
		{"SignIn", signingIn()},
		{"Row", storing()},
		{"Redirect", leading()},
		{"Limit", limiting()},
		{"Call", calling()},
		{"Outage", enduring()},
		{"Value", sharing()},
	}
}
