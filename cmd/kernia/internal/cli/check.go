package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// check returns what is wrong with settings that each have the right type. What the core checks itself is not here.
func (s *settings) check(running bool) []error {
	var all []error
	wrong := func(path, format string, args ...any) {
		all = append(all, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
	}
	oneOf := func(path, value string, allowed ...string) {
		if value != "" && !slices.Contains(allowed, value) {
			wrong(path, "want one of %s", strings.Join(allowed, ", "))
		}
	}
	atLeast := func(path string, value *int64, least int64) {
		if value != nil && *value < least {
			wrong(path, "want %d or more", least)
		}
	}
	oneOf("http", s.HTTP, names(frames(), func(f frame) string { return f.name })...)
	oneOf("store.driver", s.Store.Driver, names(drivers(), func(d driver) string { return d.name })...)
	if s.driver().needsDSN && s.Store.DSN == "" {
		wrong("store.dsn", "is missing: driver %s needs one", s.Store.Driver)
	}
	oneOf("password.hasher", s.Password.Hasher, "argon2id", "scrypt")
	oneOf("session.storeTokens", s.Session.StoreTokens, "hashed", "plain")
	oneOf("advanced.database.generateId", s.Advanced.Database.GenerateID, "uuid", "serial")
	oneOf("advanced.defaultCookieAttributes.sameSite", strings.ToLower(s.Advanced.DefaultCookieAttributes.SameSite), "lax", "strict", "none")
	atLeast("emailAndPassword.minPasswordLength", s.EmailAndPassword.MinPasswordLength, 1)
	atLeast("emailAndPassword.maxPasswordLength", s.EmailAndPassword.MaxPasswordLength, 1)
	atLeast("session.expiresIn", s.Session.ExpiresIn, 1)
	if s.EmailAndPassword.RequireEmailVerification {
		wrong("emailAndPassword.requireEmailVerification", "is not built yet")
	}
	if s.Session.StoreSessionInDatabase && s.Redis.URL == "" {
		wrong("session.storeSessionInDatabase", "needs redis.url; without it sessions are in the database anyway")
	}
	all = append(all, s.checkLimits()...)
	if running && !s.Development {
		all = append(all, s.checkMissing()...)
	}
	all = append(all, s.checkSecrets()...)
	all = append(all, s.checkAdvanced()...)
	all = append(all, checkFields("user", s.User.AdditionalFields)...)
	return append(all, checkFields("session", s.Session.AdditionalFields)...)
}

func (s *settings) checkSecrets() []error {
	var all []error
	seen := map[int64]bool{}
	for i, v := range s.Secrets {
		switch {
		case v.Value == "":
			all = append(all, fmt.Errorf("secrets[%d].value: is missing", i))
		case seen[v.Version]:
			all = append(all, fmt.Errorf("secrets[%d].version: is there twice", i))
		}
		seen[v.Version] = true
	}
	return all
}

// checkMissing is about what a server in production cannot do without.
func (s *settings) checkMissing() []error {
	var all []error
	if s.Secret == "" && len(s.Secrets) == 0 {
		all = append(all, errors.New(`secret: is missing: make one with "kernia secret" and set the key or KERNIA_SECRET`))
	}
	if s.BaseURL == "" {
		all = append(all, errors.New("baseURL: is missing: set the public URL of the routes, as https://api.example.com/api/auth"))
	}
	return all
}

func (s *settings) checkLimits() []error {
	var all []error
	r := &s.RateLimit
	switch {
	case !slices.Contains([]string{"", "memory", "database", "secondary-storage"}, r.Storage):
		all = append(all, errors.New("rateLimit.storage: want one of memory, database, secondary-storage"))
	case r.Storage == "secondary-storage" && s.Redis.URL == "":
		all = append(all, errors.New("rateLimit.storage: secondary-storage needs redis.url"))
	case r.Storage == "memory" && s.Redis.URL != "":
		all = append(all, errors.New("rateLimit.storage: with redis.url limits are counted there or in the database"))
	}
	atLeast := func(path string, n *int64, needed bool) {
		if n == nil && needed || n != nil && *n < 1 {
			all = append(all, fmt.Errorf("%s: want 1 or more", path))
		}
	}
	atLeast("rateLimit.window", r.Window, false)
	atLeast("rateLimit.max", r.Max, false)
	for _, rule := range r.CustomRules {
		if !rule.Value.off {
			atLeast("rateLimit.customRules."+rule.Name+".window", rule.Value.Window, true)
			atLeast("rateLimit.customRules."+rule.Name+".max", rule.Value.Max, true)
		}
	}
	return all
}

func (s *settings) checkAdvanced() []error {
	var all []error
	a := &s.Advanced
	for i, text := range a.IPAddress.TrustedProxies {
		if _, err := network(text); err != nil {
			all = append(all, fmt.Errorf("advanced.ipAddress.trustedProxies[%d]: want a network, as 10.0.0.0/8, or an address", i))
		}
	}
	if a.CrossSubDomainCookies.Domain != "" && !a.CrossSubDomainCookies.Enabled {
		all = append(all, errors.New("advanced.crossSubDomainCookies.domain: has no effect unless enabled is true"))
	}
	if a.CrossSubDomainCookies.Enabled && a.CrossSubDomainCookies.Domain == "" && s.BaseURL == "" {
		all = append(all, errors.New("advanced.crossSubDomainCookies.domain: is missing, and there is no baseURL to take it from"))
	}
	if secure := a.DefaultCookieAttributes.Secure; secure != nil && *secure != s.secureCookies() {
		all = append(all, errors.New("advanced.defaultCookieAttributes.secure: differs from what advanced.useSecureCookies or the scheme of baseURL says; set advanced.useSecureCookies"))
	}
	return all
}

// secureCookies reports whether cookies are for TLS alone, as far as the configuration tells.
func (s *settings) secureCookies() bool {
	if s.Advanced.UseSecureCookies != nil {
		return *s.Advanced.UseSecureCookies
	}
	return strings.HasPrefix(strings.ToLower(s.BaseURL), "https://")
}

// network reads a CIDR, or an address as the network of it alone.
func network(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

func names[T any](list []T, name func(T) string) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = name(v)
	}
	return all
}
