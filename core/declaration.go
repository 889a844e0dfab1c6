package kernia

import (
	"context"
	"fmt"

	"github.com/kernia-go/kernia/ports"
)

// A Feature is one capability given to [New]: a struct of options whose zero value is the recommended setting. Its
// one method describes what it adds and does nothing else.
type Feature interface {
	Declare(d *Declaration)
}

// A Declaration collects what one feature adds to an Auth: operations, tables, fields, hooks. It is used during
// [New] alone.
type Declaration struct {
	feature    string
	auth       *Auth
	operations []*Operation
	tables     []tableDraft
	users      []Extra
	sessions   []Extra
	hooks      Hooks
	authorize  []credential
	issued     []func(c *Call, token string)
	interrupts []func(ctx context.Context, c *Call, user User) error
	needs      []string
	err        error
}

// Name gives the feature the name that errors, operations and other features know it by. Call it first.
func (d *Declaration) Name(name string) { d.feature = name }

// Fail makes New return err with the feature's name: a setting that cannot work, a port that is missing.
func (d *Declaration) Fail(err error) { d.fail(err) }

func (d *Declaration) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Fetcher returns Config.Fetcher, to call other servers with. Where there is none it returns nil and New fails.
func (d *Declaration) Fetcher() ports.Fetcher {
	if d.auth.config.Fetcher == nil {
		d.fail(badSetting("Fetcher", "is missing and the feature needs it; nethttp.NewClient makes one"))
	}
	return d.auth.config.Fetcher
}

// Needs makes New fail unless the named feature is there as well.
func (d *Declaration) Needs(feature string) { d.needs = append(d.needs, feature) }

// UserField adds a column to users.
func (d *Declaration) UserField(f Extra) { d.users = append(d.users, f) }

// SessionField adds a column to sessions.
func (d *Declaration) SessionField(f Extra) { d.sessions = append(d.sessions, f) }

// Hooks adds the feature's steps around changes to users, sessions and accounts. A feature calls it once.
func (d *Declaration) Hooks(h Hooks) { d.hooks = h }

// Interrupt adds a step that every sign-in passes before a session exists: a second factor, a ban. An error ends
// the sign-in with that answer.
func (d *Declaration) Interrupt(step func(ctx context.Context, c *Call, user User) error) {
	d.interrupts = append(d.interrupts, step)
}

// Authorize adds a way to present a session by the Authorization header: read gets what follows the scheme, whose case
// does not matter, and returns the session's token; ok false means that the header says nothing here and the cookie
// counts.
func (d *Declaration) Authorize(scheme string, read func(c *Call, value string) (token string, ok bool)) {
	d.authorize = append(d.authorize, credential{scheme: scheme, read: read})
}

// Issued adds a step for every answer that sets the session cookie; token is the session's.
func (d *Declaration) Issued(step func(c *Call, token string)) { d.issued = append(d.issued, step) }

// Auth returns the Auth being made. Only keep it for later: it is complete when New returns.
func (d *Declaration) Auth() *Auth { return d.auth }

type credential struct {
	scheme string
	read   func(c *Call, value string) (token string, ok bool)
}

type tableDraft struct {
	model    *ports.Model
	complete func(s *schema, byName map[string]*ports.Model) error
}

// collect runs every feature's Declare and puts the parts together.
func (a *Auth) collect(features []Feature) error {
	core := &Declaration{auth: a}
	a.declareCore(core)
	all := []*Declaration{core}
	names := map[string]bool{}
	for _, f := range features {
		d := &Declaration{auth: a, feature: fmt.Sprintf("%T", f)}
		f.Declare(d)
		if d.err == nil && names[d.feature] {
			d.err = fmt.Errorf("is given twice")
		}
		names[d.feature] = true
		all = append(all, d)
	}
	for _, d := range all {
		if err := a.take(d, names); err != nil {
			return fmt.Errorf("kernia: feature %s: %w", d.feature, err)
		}
	}
	if err := a.config.Hooks.check(); err != nil {
		return badSetting("Hooks", "%w", err)
	}
	a.hooks = append(a.hooks, a.config.Hooks)
	return a.complete(all)
}

// take adds what one feature declared, if it may: given are the names of all features.
func (a *Auth) take(d *Declaration, given map[string]bool) error {
	if d.err != nil {
		return d.err
	}
	for _, need := range d.needs {
		if !given[need] {
			return fmt.Errorf("needs feature %s, which is not given to New", need)
		}
	}
	for _, o := range d.operations {
		if err := a.router.add(o); err != nil {
			return err
		}
	}
	if err := d.hooks.check(); err != nil {
		return err
	}
	a.hooks = append(a.hooks, d.hooks)
	a.authorize = append(a.authorize, d.authorize...)
	a.issued = append(a.issued, d.issued...)
	a.interrupts = append(a.interrupts, d.interrupts...)
	return nil
}

// complete builds the schema from what everybody declared.
func (a *Auth) complete(all []*Declaration) error {
	users, err := extras("UserFields", a.config.UserFields, all, func(d *Declaration) []Extra { return d.users })
	if err != nil {
		return err
	}
	sessions, err := extras("SessionFields", a.config.SessionFields, all, func(d *Declaration) []Extra { return d.sessions })
	if err != nil {
		return err
	}
	if a.schema, err = newSchema(a.config.IDs, users, sessions); err != nil {
		return err
	}
	if a.config.RateLimit.InStore {
		a.schema.addRateLimit()
	}
	byName := map[string]*ports.Model{}
	for _, m := range a.schema.all {
		byName[m.Name] = m
	}
	for _, d := range all {
		for _, t := range d.tables {
			if byName[t.model.Name] != nil {
				return fmt.Errorf("kernia: feature %s: table %q is declared twice", d.feature, t.model.Name)
			}
			byName[t.model.Name] = t.model
			a.schema.all = append(a.schema.all, t.model)
		}
	}
	for _, d := range all {
		for _, t := range d.tables {
			if err := t.complete(a.schema, byName); err != nil {
				return fmt.Errorf("kernia: feature %s: %w", d.feature, err)
			}
		}
	}
	return a.schema.name(a.config.Tables)
}

// extras returns what the features and then the application's own setting add to a table.
func extras(setting string, own []Extra, all []*Declaration, of func(*Declaration) []Extra) ([]extraField, error) {
	var out []extraField
	seen := map[string]bool{}
	add := func(e Extra) error {
		x := e.extra()
		if x.name == "" || seen[x.name] {
			return fmt.Errorf("field %q has no name or is there already", x.name)
		}
		if x.unique && !x.fallback.IsNull() {
			return fmt.Errorf("field %q is unique and has a default that only one record can hold", x.name)
		}
		if reserved(x.name) {
			return fmt.Errorf("field %q has a name that requests use for something else", x.name)
		}
		if x.required && !x.input && x.fallback.IsNull() {
			return fmt.Errorf("field %q is required, has no default and cannot be set", x.name)
		}
		seen[x.name] = true
		out = append(out, x)
		return nil
	}
	for _, d := range all {
		for _, e := range of(d) {
			if err := add(e); err != nil {
				return nil, fmt.Errorf("kernia: feature %s: %w", d.feature, err)
			}
		}
	}
	for _, e := range own {
		if err := add(e); err != nil {
			return nil, badSetting(setting, "%w", err)
		}
	}
	return out, nil
}

// reserved reports whether an operation of the core or of sign-up reads a member of that name, in either spelling,
// before added fields see it.
func reserved(field string) bool {
	for _, name := range append(redirectNames[:], "rememberMe", "password", "newPassword", "currentPassword", "token", "revokeOtherSessions") {
		if field == name || field == snake(name) {
			return true
		}
	}
	return false
}
