package kernia

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/input"
)

// Access says who may call an operation; it is checked after the input and before the handler. Give it to [Post] or
// [Get] as an option. The zero Access is [Anyone].
type Access uint8

// Who may call an operation.
const (
	Anyone   Access = iota // everybody
	SignedIn               // callers with a session or another credential, such as an API key; a cached session will do
	Live                   // callers with a session that the store has confirmed; no other credential
	Fresh                  // callers who signed in recently, with a session that the store has confirmed
)

func (a Access) apply(o *Operation) { o.Access = a }

// An Operation describes one thing that an Auth can do: its route, its input and output, and what it may answer.
// [Auth.Serve] and [Invoke] run it.
type Operation struct {
	Feature string // who declared it; "" for the core
	Method  string // "GET" or "POST"; "" for an operation without a route
	Path    string // as "/sign-in/email"; a segment ":name" takes any value. Without a route, its name
	Access  Access
	Errors  []*Error     // what it may answer besides errors of input, origin and session
	In      reflect.Type // the struct of its input; a field marked json:"-" is for callers from Go alone
	Out     reflect.Type
	Forms   bool      // takes URL-encoded bodies as well
	Limit   *RateRule // its own rate limit; nil: that of Config.RateLimit

	before []beforeStep
	after  []afterStep

	login   bool // the origin is checked even without a cookie
	anyBody bool
	noBody  bool
	need    input.Need
	input   inputPlan
	run     func(ctx context.Context, c *Call, in reflect.Value) (any, error)
}

// Name returns "METHOD path", or the bare name of an operation without a route.
func (o *Operation) Name() string {
	if o.Method == "" {
		return o.Path
	}
	return o.Method + " " + o.Path
}

// An Option refines an operation as it is declared: an [Access], or what the functions below return.
type Option interface{ apply(o *Operation) }

type option func(*Operation)

func (f option) apply(o *Operation) { f(o) }

// Errors lists the errors that the operation may answer, besides those that every operation may: of input, origin,
// session, rate limit and outages. The kit for features checks the list.
func Errors(errs ...*Error) Option {
	return option(func(o *Operation) { o.Errors = append(o.Errors, errs...) })
}

// TakesForms makes the operation accept URL-encoded bodies as well as JSON.
func TakesForms() Option { return option(func(o *Operation) { o.Forms = true }) }

// SignsIn marks an operation that begins a session by credentials in its body. A browser must then send the request
// from a trusted origin, even without a cookie.
func SignsIn() Option { return option(func(o *Operation) { o.login = true }) }

// OptionalBody allows the body to be missing.
func OptionalBody() Option { return option(func(o *Operation) { o.need = input.Optional }) }

// AnyBody accepts any JSON as the body and ignores it.
func AnyBody() Option { return option(func(o *Operation) { o.need, o.anyBody = input.Ignored, true }) }

// Unread ignores the body and its content type.
func Unread() Option { return option(func(o *Operation) { o.need, o.noBody = input.Ignored, true }) }

// Limit gives the operation its own rate limit: at most so many calls from one client address in one window. Rules of
// Config.RateLimit come before it.
func Limit(calls int, window time.Duration) Option {
	return option(func(o *Operation) { o.Limit = &RateRule{Path: o.Path, Max: calls, Window: window} })
}

// Post declares an operation that changes something; its route is POST path.
//
// The fields of In have a json tag with their name and an in tag with words separated by commas: query or path (where
// the value comes from, in place of the body), either (from the body or else the query), null (an [Optional] may be
// null), email, min=N, max=N, oneof=a|b, coerce (a boolean of the query), any (a json.RawMessage of any kind). Types are
// string, bool, int64, float64, json.RawMessage (an object), [Strings], structs of such fields, slices of these, an
// [Optional] of each, and [FieldValues]. A blank field with the tag in:"strict" refuses unknown members.
func Post[In, Out any](d *Declaration, path string, run func(ctx context.Context, c *Call, in In) (Out, error), opts ...Option) {
	declare(d, "POST", path, run, opts)
}

// Get declares an operation that a link or a page load may call; its route is GET path.
func Get[In, Out any](d *Declaration, path string, run func(ctx context.Context, c *Call, in In) (Out, error), opts ...Option) {
	declare(d, "GET", path, run, opts)
}

// Func declares an operation without a route: only Go code can call it, by its name.
func Func[In, Out any](d *Declaration, name string, run func(ctx context.Context, c *Call, in In) (Out, error), opts ...Option) {
	declare(d, "", name, run, opts)
}

func declare[In, Out any](d *Declaration, method, path string, run func(context.Context, *Call, In) (Out, error), opts []Option) {
	o := &Operation{Method: method, Path: path, In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out]()}
	for _, opt := range opts {
		opt.apply(o)
	}
	if method == "GET" {
		o.need = input.Ignored
	}
	o.run = func(ctx context.Context, c *Call, in reflect.Value) (any, error) {
		return run(ctx, c, *in.Addr().Interface().(*In))
	}
	var err error
	if o.input, err = compileInput(o.In); err != nil {
		d.fail(fmt.Errorf("operation %s: %w", o.Name(), err))
		return
	}
	if method != "" && !validRoute(path) {
		d.fail(fmt.Errorf("operation %s: a path begins with / and has plain segments", o.Name()))
		return
	}
	d.operations = append(d.operations, o)
}

func validRoute(path string) bool {
	if len(path) < 2 || path[0] != '/' || strings.HasSuffix(path, "/") || strings.Contains(path, "//") {
		return false
	}
	return !strings.ContainsAny(path, "?#%\\* ")
}
