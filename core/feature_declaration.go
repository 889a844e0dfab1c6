package kernia

import (
	"context"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/ports"
)

// A Feature is one capability given to [New]: a struct of options whose zero value is the recommended setting. Its one
// method describes what the feature adds, and does nothing else.
type Feature interface {
	Declare(d *Declaration)
}

// A Declaration collects what one feature adds to an Auth. Use it only inside Declare. It returns handles to cookies,
// tables, one-time values and so on: keep them, and use them once New has returned.
type Declaration struct {
	feature    string
	auth       *Auth
	operations []*Operation
	tables     []tableDraft
	keys       []func(s *schema.Schema) error
	users      []Extra
	sessions   []Extra
	hooks      []Hooks
	cookies    []*Cookie
	purposes   []string
	credential []authenticator
	issued     []func(c *Call, token string)
	interrupts []func(ctx context.Context, c *Call, at Attempt) error
	befores    []beforeStep
	afters     []afterStep
	answers    []extraAnswers
	requires   []string
	last       []func()
	err        error
}

// Name sets the feature's name, which errors, operations and other features use.
func (d *Declaration) Name(name string) { d.feature = name }

// Fail makes New return err together with the feature's name, for instance for a wrong setting or a missing port.
func (d *Declaration) Fail(err error) { d.fail(err) }

func (d *Declaration) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Fetcher returns Config.Fetcher, which calls other servers. If there is none, it returns nil, and New fails.
func (d *Declaration) Fetcher() ports.Fetcher {
	if d.auth.config.Fetcher == nil {
		d.fail(badSetting("Fetcher", "is missing and the feature needs it; nethttp.NewClient makes one"))
	}
	return d.auth.config.Fetcher
}

// later runs f once Declare has returned, when the feature's name is known.
func (d *Declaration) later(f func()) { d.last = append(d.last, f) }

// Requires makes New fail unless the named feature was given to it too.
func (d *Declaration) Requires(feature string) { d.requires = append(d.requires, feature) }

// UserField adds a column to users.
func (d *Declaration) UserField(f Extra) { d.users = append(d.users, f) }

// SessionField adds a column to sessions.
func (d *Declaration) SessionField(f Extra) { d.sessions = append(d.sessions, f) }

// Hooks adds hooks around changes to users, sessions and accounts. It may be called several times.
func (d *Declaration) Hooks(h Hooks) { d.hooks = append(d.hooks, h) }

// Issued adds a step that runs for every answer that sets the session cookie, with the session's token: after a sign-in
// by whatever operation, and when a session is extended. [Call.Begun] tells the two apart.
func (d *Declaration) Issued(step func(c *Call, token string)) { d.issued = append(d.issued, step) }

// Auth returns the Auth that New is making. Keep it, and use it once New has returned.
func (d *Declaration) Auth() *Auth { return d.auth }

// Clock returns the clock of the Auth. Tests replace it.
func (d *Declaration) Clock() ports.Clock { return d.auth.config.Clock }

// Random returns the source of randomness of the Auth. Tests replace it.
func (d *Declaration) Random() ports.Random { return d.auth.config.Random }
