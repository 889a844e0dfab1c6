package transporttest

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A handed is what a transport handed to the core for one request. Its strings and bytes are those very ones.
type handed struct {
	ctx                               context.Context //nolint:containedctx // keeping it is what is tested
	method, path, query, host, remote string
	secure                            bool
	header                            map[string][]string
	body                              []byte
	length                            int64
	more                              []string // what the core made of it
}

// reach reads the request of a Call where the core keeps it: nothing that the core exports shows all of it, and a
// copy would not tell whether the transport made one.
func reach(ctx context.Context) *handed {
	r := reflect.ValueOf(kernia.CallFrom(ctx)).Elem().FieldByName("request").Elem()
	text := func(name string) string { return r.FieldByName(name).String() }
	h := &handed{
		ctx: ctx, method: text("Method"), path: text("Path"), query: text("Query"), host: text("Host"),
		remote: text("Remote"), secure: r.FieldByName("Secure").Bool(), header: map[string][]string{},
		body: r.FieldByName("Body").Bytes(), length: r.FieldByName("Length").Int(),
	}
	for it := r.FieldByName("Header").MapRange(); it.Next(); {
		lines := []string{}
		for i := range it.Value().Len() {
			lines = append(lines, it.Value().Index(i).String())
		}
		h.header[it.Key().String()] = lines
	}
	return h
}

// text returns everything in h as one string that shares no memory with it.
func (h *handed) text() string {
	var b strings.Builder
	for _, s := range []string{h.method, h.path, h.query, h.host, h.remote, string(h.body)} {
		b.WriteString(s + "\n")
	}
	for _, name := range slices.Sorted(maps.Keys(h.header)) {
		for _, line := range h.header[name] {
			b.WriteString(name + ": " + line + "\n")
		}
	}
	b.WriteString(strings.Join(h.more, "\n"))
	return b.String()
}

// A probe is the kit's feature: operations whose answers a transport must carry, and a record of what came.
type probe struct {
	auth   *kernia.Auth
	closed atomic.Int64 // how often the disabled operation ran
	wait   atomic.Pointer[waiter]

	mu   sync.Mutex
	seen []*handed
}

// A waiter tells when an operation began to wait and when it stopped.
type waiter struct{ began, ended chan struct{} }

func (p *probe) waiting() *waiter {
	w := &waiter{began: make(chan struct{}), ended: make(chan struct{})}
	p.wait.Store(w)
	return w
}

// block ends when ctx does.
func (p *probe) block(ctx context.Context) error {
	w := p.wait.Swap(nil)
	if w == nil {
		return nil
	}
	close(w.began)
	<-ctx.Done()
	close(w.ended)
	return ctx.Err()
}

func (p *probe) note(ctx context.Context, more ...string) {
	h := reach(ctx)
	h.more = more
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, h)
}

// take returns what came since the last take.
func (p *probe) take() []*handed {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

type echoInput struct {
	Value string                  `json:"value" in:"path"`
	Query kernia.Optional[string] `json:"q" in:"query"`
}

type echoOutput struct {
	Value string `json:"value"`
	Query string `json:"q"`
}

type signInput struct {
	Email  string                `json:"email"`
	Forget kernia.Optional[bool] `json:"forget"`
}

type listInput struct {
	Query string `json:"q" in:"query"`
}

type keepInput struct {
	Value kernia.Optional[string] `json:"value"`
	Rest  kernia.FieldValues
}

type done struct {
	Done bool `json:"done"`
}

// Declare adds the operations of the kit.
func (p *probe) Declare(d *kernia.Declaration) {
	d.Name("kit")
	p.auth = d.Auth()
	kernia.Get(d, "/kit/echo/:value", func(ctx context.Context, _ *kernia.Call, in echoInput) (echoOutput, error) {
		p.note(ctx, in.Value, in.Query.Value)
		return echoOutput{in.Value, in.Query.Value}, nil
	})
	kernia.Get(d, "/kit/one", func(_ context.Context, _ *kernia.Call, in listInput) (echoOutput, error) {
		return echoOutput{Query: in.Query}, nil
	})
	kernia.Post(d, "/kit/keep", func(ctx context.Context, c *kernia.Call, in keepInput) (done, error) {
		p.note(ctx, in.Value.Value, c.ClientAddress(), c.Header("User-Agent"))
		return done{true}, nil
	}, kernia.TakesForms())
	kernia.Get(d, "/kit/address", func(ctx context.Context, c *kernia.Call, _ kernia.None) (echoOutput, error) {
		p.note(ctx)
		return echoOutput{Value: c.ClientAddress()}, nil
	})
	kernia.Get(d, "/kit/wait", func(ctx context.Context, _ *kernia.Call, _ kernia.None) (done, error) {
		return done{}, p.block(ctx)
	})
	kernia.Get(d, "/kit/closed", func(context.Context, *kernia.Call, kernia.None) (done, error) {
		p.closed.Add(1)
		return done{true}, nil
	})
	kernia.Get(d, "/kit/me", func(ctx context.Context, c *kernia.Call, _ kernia.None) (*kernia.SessionView, error) {
		who, err := c.Session(ctx)
		if err != nil {
			return nil, err
		}
		return &kernia.SessionView{Session: who.Session, User: who.User}, nil
	}, kernia.SignedIn)
	p.declareAnswers(d)
	p.declareSessions(d)
	p.declareEffects(d)
}

// declareAnswers adds operations with answers of every form.
func (p *probe) declareAnswers(d *kernia.Declaration) {
	kernia.Get(d, "/kit/headers", func(_ context.Context, c *kernia.Call, _ kernia.None) (done, error) {
		c.SetHeader("X-Kit-Text", `a, b; c="d" `+"\u00e9")
		c.SetHeader("Vary", "Accept-Language")
		c.SetHeader("Content-Language", "en, de")
		return done{true}, nil
	})
	kernia.Get(d, "/kit/page", func(context.Context, *kernia.Call, kernia.None) (kernia.Page, error) {
		return kernia.Page{Status: 203, Type: "application/x-kit", Body: []byte("<html>" + strings.Repeat("\x00\xff\r\n", 2000))}, nil
	})
	kernia.Get(d, "/kit/untyped", func(context.Context, *kernia.Call, kernia.None) (kernia.Page, error) {
		return kernia.Page{}, nil
	})
	kernia.Get(d, "/kit/redirect", func(_ context.Context, c *kernia.Call, _ kernia.None) (done, error) {
		c.Redirect("http://localhost:8080/a?b=c&d=%2F#e")
		return done{}, nil
	})
	kernia.Get(d, "/kit/panic", func(context.Context, *kernia.Call, kernia.None) (done, error) { panic("kit: an operation panics") })
	kernia.Get(d, "/kit/nil-panic", func(context.Context, *kernia.Call, kernia.None) (done, error) {
		var p *probe
		return done{p.auth != nil}, nil //nolint:govet // it is to panic
	})
}

// declareSessions adds operations that begin and end sessions.
func (p *probe) declareSessions(d *kernia.Declaration) {
	kernia.Post(d, "/kit/sign-in", func(ctx context.Context, c *kernia.Call, in signInput) (done, error) {
		u, err := p.auth.Users.FindByEmail(ctx, in.Email)
		if err != nil || u == nil {
			return done{}, err
		}
		if _, err := c.SignIn(ctx, kernia.Attempt{User: *u, Forget: in.Forget.Value}); err != nil {
			return done{}, err
		}
		c.SetHeader("X-Kit-Text", "signed in")
		return done{true}, nil
	})
	kernia.Post(d, "/kit/sign-in-panic", func(ctx context.Context, c *kernia.Call, in signInput) (done, error) {
		u, err := p.auth.Users.FindByEmail(ctx, in.Email)
		if err != nil || u == nil {
			return done{}, err
		}
		if _, err := c.SignIn(ctx, kernia.Attempt{User: *u, Forget: true}); err != nil {
			return done{}, err
		}
		panic("kit: an operation panics with a session begun")
	})
	kernia.Post(d, "/kit/sign-out", func(ctx context.Context, c *kernia.Call, _ kernia.None) (done, error) {
		return done{true}, c.SignOut(ctx)
	}, kernia.AnyBody())
}

// A store is one in memory that a promise can look at, break and stop.
type store struct {
	*memory.Store
	step atomic.Pointer[func(ctx context.Context, verb string) error]
}

// on makes f a part of every call from now on.
func (s *store) on(f func(ctx context.Context, verb string) error) { s.step.Store(&f) }

func (s *store) before(ctx context.Context, verb string) error {
	if f := s.step.Load(); f != nil {
		return (*f)(ctx, verb)
	}
	return nil
}

func (s *store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if err := s.before(ctx, "create"); err != nil {
		return nil, err
	}
	return s.Store.Create(ctx, m, r)
}

func (s *store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if err := s.before(ctx, "find"); err != nil {
		return nil, err
	}
	return s.Store.Find(ctx, q, args)
}

func (s *store) Update(ctx context.Context, m *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	if err := s.before(ctx, "update"); err != nil {
		return nil, false, err
	}
	return s.Store.Update(ctx, m, args)
}
