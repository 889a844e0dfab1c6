package transporttest

import (
	"context"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// Run proves that programs which serve builds keep the contract of a transport. serve starts app on a TCP port of the
// loopback interface and returns its URL, "http://127.0.0.1:port", and what stops it.
func Run(t *testing.T, serve func(app App) (url string, stop func()), opts ...Option) {
	o := newOptions(opts)
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			for _, p := range g.promises {
				t.Run(p.name, func(t *testing.T) { p.prove(newKit(t, o, serve)) })
			}
		})
	}
}

// An App is the program that a transport is tested in. Four routes, each for GET and POST, stand beside those of
// Auth:
//
//	/required  behind RequireSession, answers what Visit returns
//	/optional  behind LoadSession, answers what Visit returns
//	/open      behind no guard, answers what Visit returns
//	/fail      behind LoadSession, fails with status 418 and the text "teapot" as handlers of the framework fail
//
// A failure is answered by the application's own error handler, where the framework has one: 418, "app: teapot".
type App struct {
	Auth *kernia.Auth

	// Path and Group say where the routes of Auth are: both empty, by Mount at the root; else by MountAt under
	// Path inside a group or sub-router that stands under Group.
	Group, Path string

	// Context, where it is not nil, is middleware before everything that gives the request another context.
	Context func(ctx context.Context) context.Context

	// Drain asks for middleware before everything that reads the whole body and keeps none of it.
	Drain bool

	// Commit asks for middleware before everything that answers status 202 and the text "early", sends both where
	// the framework can, and calls the next handler.
	Commit bool

	// Header asks for middleware before everything that adds these lines to the answer, cookies by Set-Cookie.
	Header []kernia.HeaderLine

	// Visit is the application's handler; the answer is plain text.
	Visit func(v Visit) (status int, body string)
}

// A Visit is what an application's handler sees of one request.
type Visit struct {
	// Context is the request's, as the framework hands it to handlers.
	Context context.Context //nolint:containedctx // a value that the promises examine

	Session *kernia.Principal // by the adapter's accessor
	Body    []byte
}

// An Option says what a framework cannot do. Options are [NoDisconnect], [CleansPaths],
// [CutsChunks] and [NoVersion].
type Option func(*options)

type options struct {
	noDisconnect bool
	cleansPaths  bool
	cutsChunks   bool
	noVersion    bool
	patience     time.Duration // for what must end by itself
}

// NoDisconnect is for an engine that does not notice when a client goes away: there Config.Timeout must end a call.
func NoDisconnect(o *options) { o.noDisconnect = true }

// CleansPaths is for a router that redirects paths with doubled slashes and dot segments to the clean ones.
func CleansPaths(o *options) { o.cleansPaths = true }

// CutsChunks is for an engine that does not tell a chunked body that was cut off between two chunks from a whole one.
func CutsChunks(o *options) { o.cutsChunks = true }

// NoVersion is for an engine that takes a request line without a version for one of HTTP/1.0 and does not tell.
func NoVersion(o *options) { o.noVersion = true }

func newOptions(opts []Option) options {
	o := options{patience: 10 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// A promise is one sentence of the contract and its proof.
type promise struct {
	name  string // in the present tense, with the attacks it withstands
	prove func(k *kit)
}

type group struct {
	name     string
	promises []promise
}

// groups returns every promise, one group a file.
func groups() []group {
	return []group{
		{"Request", handing()},
		{"Head", heading()},
		{"Client", addressing()},
		{"Context", lasting()},
		{"Body", reading()},
		{"Path", routing()},
		{"Answer", answering()},
		{"Merge", merging()},
		{"Effect", taking()},
		{"Failure", failing()},
		{"Guard", guarding()},
		{"Caller", knowing()},
	}
}
