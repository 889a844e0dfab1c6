package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A built server is an Auth with the names of its features, for the log.
type built struct {
	*kernia.Auth
	features []string
}

// build makes an Auth of the settings on store and kv, which may be nil.
func (s *settings) build(store ports.Store, kv ports.KV, log *slog.Logger) (built, error) {
	cfg := s.config()
	cfg.Store, cfg.KV, cfg.Logger = store, kv, log
	features, names := s.features()
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		return built{}, wrong{inKeys(err)}
	}
	return built{auth, names}, nil
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

// features returns what is switched on.
func (s *settings) features() (list []kernia.Feature, names []string) {
	e := &s.EmailAndPassword
	list = append(list, emailpassword.Feature{
		Disabled: !e.Enabled, DisableSignUp: e.DisableSignUp, NoSignInOnJoin: !isTrue(e.AutoSignIn),
		MinLength: int(number(e.MinPasswordLength)), MaxLength: int(number(e.MaxPasswordLength)),
	})
	if e.Enabled {
		names = append(names, "emailAndPassword")
	}
	if p := s.Plugins.Bearer; p != nil {
		list, names = append(list, bearer.Feature{RequireSignature: p.RequireSignature}), append(names, "bearer")
	}
	return list, names
}

func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func (s *settings) config() kernia.Config {
	c := kernia.Config{
		Development: s.Development, BaseURL: s.BaseURL, BasePath: s.BasePath, Secret: s.Secret,
		TrustedOrigins: s.TrustedOrigins, DisabledPaths: s.DisabledPaths, ErrorURL: s.OnAPIError.ErrorURL,
		UserFields: extras(s.User.AdditionalFields), SessionFields: extras(s.Session.AdditionalFields),
		Tables: s.tables(), IDs: s.ids(), Session: s.session(), Cookies: s.cookies(), RateLimit: s.rateLimit(),
		TrustedProxies: networks(s.Advanced.IPAddress.TrustedProxies),
	}
	if len(s.Secrets) > 0 {
		c.Secret = s.Secrets[0].Value
		for _, old := range s.Secrets[1:] {
			c.OldSecrets = append(c.OldSecrets, old.Value)
		}
		if s.Secret != "" {
			c.OldSecrets = append(c.OldSecrets, s.Secret) // what signed before there were several
		}
	}
	if s.Password.Hasher == "scrypt" {
		c.Hasher = kernia.Scrypt()
	}
	return c
}

func (s *settings) session() kernia.SessionConfig {
	c := kernia.SessionConfig{
		ExpiresIn: seconds(s.Session.ExpiresIn), UpdateAge: seconds(s.Session.UpdateAge), FreshAge: seconds(s.Session.FreshAge),
		DisableRefresh: s.Session.DisableSessionRefresh,
	}
	switch {
	case s.Redis.URL == "":
	case s.Session.StoreSessionInDatabase:
		c.Place = kernia.InBoth
	default:
		c.Place = kernia.InKV
	}
	if s.Session.StoreTokens == "plain" {
		c.StoreTokens = kernia.Plain
	}
	return c
}

func (s *settings) rateLimit() kernia.RateLimitConfig {
	r := &s.RateLimit
	c := kernia.RateLimitConfig{
		Disabled: r.Enabled != nil && !*r.Enabled, Enabled: r.Enabled != nil && *r.Enabled,
		Window: seconds(r.Window), Max: int(number(r.Max)), InStore: r.Storage == "database",
	}
	for _, rule := range r.CustomRules {
		c.Rules = append(c.Rules, kernia.RateRule{Path: rule.Name, Window: seconds(rule.Value.Window), Max: int(number(rule.Value.Max))})
	}
	return c
}

// seconds returns what the core calls a duration: 0 for the default, and for a zero that was given, which means
// always or never there, a negative one.
func seconds(n *int64) time.Duration {
	switch {
	case n == nil:
		return 0
	case *n == 0:
		return -1
	}
	return time.Duration(min(*n, 1<<33)) * time.Second // 272 years, lest it overflow
}

func (s *settings) cookies() kernia.CookieConfig {
	a := &s.Advanced
	d := a.DefaultCookieAttributes
	c := kernia.CookieConfig{
		Prefix: a.CookiePrefix, Secure: a.UseSecureCookies, SameSite: d.SameSite, Partitioned: d.Partitioned, Domain: d.Domain,
	}
	if a.CrossSubDomainCookies.Enabled {
		c.Domain = a.CrossSubDomainCookies.Domain
		if u, err := url.Parse(s.BaseURL); err == nil && c.Domain == "" {
			c.Domain = u.Hostname()
		}
	}
	for name, cookie := range a.Cookies {
		if c.Names == nil {
			c.Names = map[string]string{}
		}
		c.Names[name] = cookie.Name
	}
	return c
}

func (s *settings) ids() ports.IDKind {
	switch s.Advanced.Database.GenerateID {
	case "uuid":
		return ports.IDUUID
	case "serial":
		return ports.IDSerial
	}
	return s.driver().ids
}

func (s *settings) tables() map[string]kernia.Naming {
	all := map[string]kernia.Naming{}
	add := func(model, table string, columns map[string]string) {
		if table != "" || len(columns) > 0 {
			all[model] = kernia.Naming{Table: table, Columns: columns}
		}
	}
	add("user", s.User.ModelName, s.User.Fields)
	add("session", s.Session.ModelName, s.Session.Fields)
	add("account", s.Account.ModelName, s.Account.Fields)
	add("verification", s.Verification.ModelName, s.Verification.Fields)
	return all
}

// networks reads CIDRs and addresses that have been checked.
func networks(texts []string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		n, _ := network(text)
		all = append(all, n)
	}
	return all
}

// settingKeys has the keys of the configuration for the settings of the core.
var settingKeys = map[string]string{
	"Config.BaseURL":             "baseURL",
	"Config.BasePath":            "basePath",
	"Config.Secret":              "secret",
	"Config.OldSecrets":          "secrets",
	"Config.TrustedOrigins":      "trustedOrigins",
	"Config.DisabledPaths":       "disabledPaths",
	"Config.ErrorURL":            "onAPIError.errorURL",
	"Config.UserFields":          "user.additionalFields",
	"Config.SessionFields":       "session.additionalFields",
	"Config.Tables":              "modelName or fields",
	"Config.Session.ExpiresIn":   "session.expiresIn",
	"Config.Session.StoreTokens": "session.storeTokens",
	"Config.Cookies":             "advanced cookies",
	"Config.Cookies.Names":       "advanced.cookies",
	"Config.RateLimit":           "rateLimit",
}

// inKeys says in the configuration's words what the core says in its own.
func inKeys(err error) error {
	e, ok := errors.AsType[*kernia.SettingError](err)
	if !ok || settingKeys[e.Setting] == "" {
		return err
	}
	return fmt.Errorf("%s: %w", settingKeys[e.Setting], e.Err)
}
