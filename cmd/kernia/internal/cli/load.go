package cli

import (
	"errors"
	"flag"
	"log/slog"

	"github.com/kernia-go/kernia/cmd/kernia/config"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// settings are the configuration of one run.
type settings struct{ *config.Settings }

// configFlag adds the flag that names the configuration file.
func configFlag(f *flag.FlagSet) *string { return f.String("config", "", "") }

// load returns the settings of the file, "" for none, with the environment's over them. What only a running server
// needs may be missing unless running is set.
func load(file string, env map[string]string, running bool) (*settings, error) {
	s, err := config.Load(file, env)
	if err != nil {
		return nil, wrong{err}
	}
	err = s.Check()
	if running {
		err = errors.Join(err, s.Missing())
	}
	if err != nil {
		return nil, wrong{err}
	}
	return &settings{s}, nil
}

// A setup is what an Auth of the settings runs on; kv and mailer may be nil.
type setup struct {
	store  ports.Store
	kv     ports.KV
	mailer ports.Mailer
	log    *slog.Logger
}

// build makes an Auth of the settings.
func (s *settings) build(on setup) (*kernia.Auth, error) {
	cfg, features, err := s.Core()
	if err != nil {
		return nil, wrong{err}
	}
	cfg.Store, cfg.KV, cfg.Mailer, cfg.Logger = on.store, on.kv, on.mailer, on.log
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		return nil, wrong{s.Explain(err)}
	}
	return auth, nil
}

// prove builds once without the stores, so that a mistake is told before a database is touched.
func (s *settings) prove(log *slog.Logger) error {
	_, err := s.build(s.fake(memory.New(), log))
	return err
}

// fake is a setup on store that keeps and sends nothing else.
func (s *settings) fake(store ports.Store, log *slog.Logger) setup {
	on := setup{store: store, log: log}
	if s.Redis.URL != "" {
		on.kv = memory.NewKV(memory.KVOptions{})
	}
	if s.Mail.SMTP != "" || s.Mail.Outbox != "" {
		on.mailer = new(memory.Mailer)
	}
	return on
}
