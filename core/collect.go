package kernia

import (
	"fmt"
	"slices"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/core/internal/input"
	"github.com/kernia-go/kernia/core/internal/near"
	"github.com/kernia-go/kernia/core/internal/origin"
	"github.com/kernia-go/kernia/ports"
)

type tableDraft struct {
	model    *ports.Model
	complete func(s *schema.Schema, byName map[string]*ports.Model) error
	settle   func() error
}

// collect runs every feature's Declare and puts the parts together.
func (a *Auth) collect(features []Feature) error {
	core := &Declaration{auth: a}
	a.declareCore(core)
	all := []*Declaration{core}
	names := map[string]bool{}
	a.purposes = map[string]bool{}
	for _, f := range features {
		d := &Declaration{auth: a, feature: fmt.Sprintf("%T", f)}
		f.Declare(d)
		for _, step := range d.last {
			step()
		}
		if d.err == nil && names[d.feature] {
			d.err = fmt.Errorf("is given twice")
		}
		names[d.feature] = true
		all = append(all, d)
	}
	a.features = names
	for _, d := range all {
		if err := a.take(d, names); err != nil {
			return fmt.Errorf("kernia: feature %s: %w", d.feature, err)
		}
	}
	if err := a.checkPaths(); err != nil {
		return err
	}
	a.hooks = append(a.hooks, a.config.Hooks)
	a.watched = slices.ContainsFunc(a.hooks, func(h Hooks) bool { return h.Session.BeforeDelete != nil || h.Session.AfterDelete != nil })
	if err := a.steps(all); err != nil {
		return err
	}
	if err := a.settleCookies(all); err != nil {
		return err
	}
	return a.complete(all)
}

// checkPaths refuses settings for routes that look misspelled: they would protect nothing. A route of a feature that is
// not given may be named.
func (a *Auth) checkPaths() error {
	var routes []string
	for _, o := range a.router.operations {
		if o.Method != "" {
			routes = append(routes, o.Path)
		}
	}
	for _, path := range a.config.DisabledPaths {
		covers := func(route string) bool { return origin.Path([]string{path}, route) }
		if meant := near.Word(path, routes); meant != "" && !slices.ContainsFunc(routes, covers) {
			return badSetting("DisabledPaths", "%q is no route; %q is one", path, meant)
		}
	}
	for _, rule := range a.config.RateLimit.Rules {
		if meant := near.Word(rule.Path, routes); meant != "" && !slices.ContainsFunc(routes, rule.matches) {
			return badSetting("RateLimit", "a rule is for %q, which is no route; %q is one", rule.Path, meant)
		}
	}
	return nil
}

// take adds what one feature declared, if it may: given are the names of all features.
func (a *Auth) take(d *Declaration, given map[string]bool) error {
	if d.err != nil {
		return d.err
	}
	for _, name := range d.requires {
		if !given[name] {
			return fmt.Errorf("requires feature %s, which is not given to New", name)
		}
	}
	for _, purpose := range d.purposes {
		if a.purposes[purpose] {
			return fmt.Errorf("declares the purpose %q, which another feature or it itself has declared", purpose)
		}
		a.purposes[purpose] = true
	}
	for _, o := range d.operations {
		o.Feature = d.feature
		if err := a.router.add(o); err != nil {
			return err
		}
	}
	a.hooks = append(a.hooks, d.hooks...)
	a.credential = append(a.credential, d.credential...)
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
	a.userExtras, a.sessionExtras = users, sessions
	if a.schema, err = schema.New(a.config.IDs, added(users), added(sessions)); err != nil {
		return fmt.Errorf("kernia: %w", err)
	}
	if a.config.RateLimit.InStore {
		a.schema.AddRateLimit()
	}
	byName := map[string]*ports.Model{}
	for _, m := range a.schema.All {
		byName[m.Name] = m
	}
	for _, d := range all {
		for _, t := range d.tables {
			if byName[t.model.Name] != nil {
				return fmt.Errorf("kernia: feature %s: table %q is declared twice", d.feature, t.model.Name)
			}
			byName[t.model.Name] = t.model
			a.schema.All = append(a.schema.All, t.model)
		}
	}
	for _, d := range all {
		for _, t := range d.tables {
			if err := t.complete(a.schema, byName); err != nil {
				return fmt.Errorf("kernia: feature %s: %w", d.feature, err)
			}
		}
		for _, complete := range d.keys {
			if err := complete(a.schema); err != nil {
				return fmt.Errorf("kernia: feature %s: %w", d.feature, err)
			}
		}
	}
	for _, d := range all {
		for _, t := range d.tables {
			if err := t.settle(); err != nil {
				return fmt.Errorf("kernia: feature %s: %w", d.feature, err)
			}
		}
	}
	for table, naming := range a.config.Tables {
		if err := a.schema.Rename(table, naming.Table, naming.Columns); err != nil {
			return badSetting("Tables", "%w", err)
		}
	}
	return nil
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
		if x.makes != nil && !x.fallback.IsNull() {
			return fmt.Errorf("field %q has two defaults", x.name)
		}
		if seen[input.Snake(x.name)] || slices.ContainsFunc(out, func(o extraField) bool { return input.Snake(o.name) == x.name }) {
			return fmt.Errorf("field %q is the other spelling of a field that is there already", x.name)
		}
		if x.required && !x.input && !x.hasDefault() {
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
		if field == name || field == input.Snake(name) {
			return true
		}
	}
	return false
}

// added returns the fields as the schema has them.
func added(fields []extraField) []schema.Added {
	out := make([]schema.Added, len(fields))
	for i, e := range fields {
		out[i] = schema.Added{
			Name: e.name, Column: e.column, Type: e.kind, Hidden: e.hidden, Required: e.required, Unique: e.unique, Default: e.fallback,
		}
	}
	return out
}
