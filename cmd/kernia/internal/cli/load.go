package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// configFlag adds the flag that names the configuration file.
func configFlag(f *flag.FlagSet) *string { return f.String("config", "", "") }

// load returns the settings of the file, "" for none, with the environment's over them. Without any setting at all
// they are those to try the server out. What only a running server needs may be missing unless running is set.
func load(file string, env map[string]string, running bool) (*settings, error) {
	o := newObject()
	if file != "" {
		text, err := os.ReadFile(file) //nolint:gosec // the file that the user named
		if err != nil {
			return nil, wrong{err}
		}
		if o, err = parse(text); err != nil {
			return nil, wrong{fmt.Errorf("%s: %w", file, err)}
		}
	}
	from, err := overlay(o, env)
	if err != nil {
		return nil, wrong{err}
	}
	s := new(settings)
	if file == "" && len(from) == 0 {
		s.Development, s.EmailAndPassword.Enabled = true, true
	}
	d := decoder{from: from}
	if err := d.decode(o, s); err != nil {
		return nil, wrong{inFile(file, err)}
	}
	s.settle()
	if err := errors.Join(s.check(running)...); err != nil {
		return nil, wrong{inFile(file, err)}
	}
	return s, nil
}

// inFile puts the file's name before each of the problems that err joins.
func inFile(file string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if file == "" || !ok {
		return err
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, fmt.Errorf("%s: %w", file, e))
	}
	return errors.Join(all...)
}

// settle fills in what has a default.
func (s *settings) settle() {
	fallback := func(v *string, to string) {
		if *v == "" {
			*v = to
		}
	}
	fallback(&s.Addr, "127.0.0.1:8080")
	fallback(&s.HTTP, "chi")
	fallback(&s.Store.Driver, "sqlite")
	if s.Store.Driver == "sqlite" {
		fallback(&s.Store.DSN, "kernia.db")
	}
}
