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

// build makes an Auth of the settings on store and kv, which may be nil.
func (s *settings) build(store ports.Store, kv ports.KV, log *slog.Logger) (*kernia.Auth, error) {
	cfg, features, err := s.Core()
	if err != nil {
		return nil, wrong{err}
	}
	cfg.Store, cfg.KV, cfg.Logger = store, kv, log
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		return nil, wrong{s.Explain(err)}
	}
	return auth, nil
}

// prove builds once without the stores, so that a mistake is told before a database is touched.
func (s *settings) prove(log *slog.Logger) error {
	_, err := s.build(memory.New(), s.fakeKV(), log)
	return err
}

// fakeKV stands for the key-value store of the settings where nothing is kept.
func (s *settings) fakeKV() ports.KV {
	if s.Redis.URL == "" {
		return nil
	}
	return memory.NewKV(memory.KVOptions{})
}
