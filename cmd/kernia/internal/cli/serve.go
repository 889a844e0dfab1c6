package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/devpage"
	"github.com/kernia-go/kernia/ports"
)

func serveCommand() command {
	return command{
		name: "serve", brief: "run the server", run: serve,
		help: `Usage: kernia serve [--config FILE] [--addr HOST:PORT]

Runs the server until SIGINT or SIGTERM, and then finishes the requests it has begun.

  --config FILE     the configuration, a JSON file
  --addr HOST:PORT  listen there, whatever the configuration says; port 0 takes a free one

Every key of the file can also come from the environment, and the environment wins: KERNIA_ and the path of the key
in upper case with underscores, as KERNIA_BASE_URL for "baseURL" and KERNIA_STORE_DSN for "store.dsn". A text is
taken as it is, a list of texts is separated by commas, everything else is JSON. The keys are in
docs/reference/configuration.md. A key that is not known is an error.

Without any configuration the server starts in development mode: on SQLite in the file kernia.db, with a secret that
it makes and keeps in kernia.secret, with a page at / to try accounts and sessions, with its mail in the file
kernia-outbox.jsonl. In development mode it brings the tables up to date itself; otherwise "kernia migrate" does, and
the server does not start while a table or column is missing.

The server prints "listening on http://HOST:PORT" once it answers, and logs to standard error. GET /ready answers 200
while the store does, and 503 while it does not. Pages of trustedOrigins may call it with cookies (CORS); where a
proxy sets those headers, set "cors.enabled" to false.
`,
	}
}

// drain is how long requests under way may take after the server was told to stop.
const drain = 10 * time.Second

func serve(ctx context.Context, c *call) error {
	var file, addr *string
	err := c.flags("serve", func(f *flag.FlagSet) { file, addr = configFlag(f), f.String("addr", "", "") })
	if err != nil {
		return err
	}
	s, err := load(*file, c.env, true)
	if err != nil {
		return err
	}
	if *addr != "" {
		s.Addr = *addr
	}
	log := slog.New(slog.NewTextHandler(c.stderr, nil))
	if err := s.prove(log); err != nil {
		return err
	}
	if _, err := os.Stat("kernia.json"); err == nil && *file == "" {
		log.Warn("kernia.json is here and is not used; name it with --config")
	}
	mailer, err := s.mailer()
	if err != nil {
		return wrong{err}
	}
	store, err := s.driver().open(ctx, s.Store.DSN)
	if err != nil {
		return err
	}
	on := setup{store: store, mailer: mailer, log: log}
	if s.Redis.URL == "" {
		return store.closed(s.serve(ctx, c, on, nil, *file))
	}
	kv, err := kerniaredis.Open(ctx, s.Redis.URL)
	if err != nil {
		return store.closed(fmt.Errorf("redis.url: %w", err))
	}
	err = s.serve(ctx, c, on, kv, *file)
	return store.closed(errors.Join(err, kv.Close()))
}

// serve runs on stores that are open; kv may be nil.
func (s *settings) serve(ctx context.Context, c *call, on setup, kv *kerniaredis.KV, file string) error {
	on.kv = orNil(kv)
	auth, err := s.build(on)
	if err != nil {
		return err
	}
	log := on.log
	if err := s.ensureSchema(ctx, auth, file, log); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("addr: %w", err)
	}
	s.announce(c, auth, listener.Addr(), log)
	err = run(ctx, s.frame().make(auth, s.front(auth, kv), log), listener, log)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return errors.Join(err, auth.Close(ending))
}

// front returns what stands before the routes.
func (s *settings) front(auth *kernia.Auth, kv *kerniaredis.KV) *front {
	f := &front{auth: auth}
	if s.CORS.Enabled {
		f.cors = cors{auth, "GET, POST"}
		if len(s.CORS.Methods) > 0 {
			f.cors.methods = strings.Join(s.CORS.Methods, ", ")
		}
	}
	if kv != nil {
		f.kv = kv
	}
	if s.Development {
		page := s.page().Response(auth.BasePath())
		f.page = &page
	}
	return f
}

// page is the page of development mode.
func (s *settings) page() devpage.Page {
	return devpage.Page{
		Intro:     "The server runs in development mode. In production this page is gone.",
		MinLength: int(s.EmailAndPassword.MinPasswordLength),
		Next: []devpage.Step{
			{Text: "If your page has another origin than the server, add it to trustedOrigins."},
			{Text: "List all routes: run \"kernia routes\"."},
			{Text: "Before production, set baseURL and secret and switch development off."},
		},
	}
}

// orNil keeps a nil pointer from becoming an interface that is not nil.
func orNil(kv *kerniaredis.KV) ports.KV {
	if kv == nil {
		return nil
	}
	return kv
}

// announce says where the server listens and what is on.
func (s *settings) announce(c *call, auth *kernia.Auth, at net.Addr, log *slog.Logger) {
	log.Info("kernia serves", "addr", at.String(), "base_path", auth.BasePath(), "http", s.HTTP, "store", s.Store.Driver, "redis", s.Redis.URL != "",
		"features", strings.Join(s.FeaturesOn(), ","), "development", s.Development)
	if tcp, ok := at.(*net.TCPAddr); ok && s.Development && !tcp.IP.IsLoopback() {
		log.Warn("development mode listens where other machines can reach it")
	}
	switch {
	case s.Mail.Outbox != "" && s.Development:
		log.Info("mail goes to a file", "outbox", s.Mail.Outbox)
	case s.Mail.Outbox != "":
		log.Warn("mail is not delivered: it goes to a file", "outbox", s.Mail.Outbox)
	}
	c.stdout.printf("listening on http://%s\n", at)
}

// run serves until the context ends, and then until what was begun is done.
func run(ctx context.Context, srv server, l net.Listener, log *slog.Logger) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("kernia stops")
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := srv.Shutdown(ending)
	if served := <-failed; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	return err
}

// frame returns the framework of the settings, which have been checked.
func (s *settings) frame() frame {
	for _, f := range frames() {
		if f.name == s.HTTP {
			return f
		}
	}
	return frame{}
}

// ensureSchema brings the tables up to date where that is the server's business, and else refuses to start without
// a table or column. Keys and indexes it can do without: an existing database has its own.
func (s *settings) ensureSchema(ctx context.Context, auth *kernia.Auth, file string, log *slog.Logger) error {
	apply := s.Development || s.driver().fleeting(s.Store.DSN)
	plan, err := auth.Migrate(ctx, apply)
	if err != nil {
		return err
	}
	for _, b := range plan.Duplicates {
		log.Warn("a unique key is missing: several records hold one value", "model", b.Model, "key", b.Key.String(), "groups", b.Groups, "ids", b.IDs)
	}
	if apply || len(plan.Steps) == 0 {
		return nil
	}
	command := "kernia migrate"
	if file != "" {
		command += " --config " + file
	}
	if lacks := structural(plan.Steps); len(lacks) > 0 {
		return fmt.Errorf("the database lacks %d things, the first: %s\nRun \"%s\" first; with --print it shows what it would do.", //nolint:revive,staticcheck // lines for people
			len(plan.Steps), lacks[0].Summary, command)
	}
	log.Warn("the database lacks keys or indexes; kernia migrate adds them", "missing", len(plan.Steps), "first", plan.Steps[0].Summary, "command", command)
	return nil
}

// structural returns the steps without which calls would fail.
func structural(steps []ports.Step) []ports.Step {
	var all []ports.Step
	for _, step := range steps {
		switch step.Kind {
		case ports.AddIndex, ports.AddUnique, ports.AddReference:
		default:
			all = append(all, step)
		}
	}
	return all
}
