package config

import (
	"errors"
	"fmt"
	"log/slog"

	kernia "github.com/kernia-go/kernia/core"
)

// Settings are a whole configuration: every key that a file can have, under the names of Better Auth's options. The
// tag key is the name in JSON, "own" after it marks a key that Better Auth does not have; default is the value where
// the key is missing, and unset describes a default that depends on other keys.
type Settings struct {
	// To try things out: secret and baseURL may be missing (the secret is then made and kept in `kernia.secret`),
	// tables are brought up to date at start, `/` is a page to try accounts and sessions, and rate limits are off unless
	// enabled. It loosens no other check.
	Development bool `key:"development,own"`
	// The name of the application, in mails and in authenticator apps.
	AppName string `key:"appName"`
	// Where to listen; port 0 takes a free one.
	Addr string `key:"addr,own" default:"127.0.0.1:8080"`
	// The framework that carries the routes: `nethttp`, `chi`, `echo`, `fiber`. Each gives the same answers to valid HTTP; what is not valid is refused in the words of the framework.
	HTTP string `key:"http,own" default:"chi"`
	// The public URL of the routes, path included. Links, cookies and the origin check rest on it. Without a path
	// it is `/api/auth`.
	BaseURL string `key:"baseURL" unset:"needed in production"`
	// The path under which this server sees the routes, where a proxy before it strips a prefix.
	BasePath string `key:"basePath" unset:"the path of baseURL"`
	// Signs cookies and derives every other key: 32 bytes or more from a random source, as `kernia secret` makes it.
	Secret string `key:"secret" unset:"needed in production"`
	// Several secrets in place of one, to replace them without signing anybody out. The first signs; the others, and
	// `secret` where it is set as well, still verify what they signed.
	Secrets []Secret `key:"secrets"`
	// When the old secrets end, as `2026-12-31T00:00:00Z`: cookies, tokens and mailed links that they signed no longer
	// count from then on. What is encrypted in the database still opens.
	OldSecretsUntil string `key:"oldSecretsUntil,own" unset:"they do not end"`
	// Origins besides baseURL's own whose pages may call with cookies (CORS and the origin check) and be redirected
	// to: `https://app.example.com`, `https://*.example.com`, `myapp://`.
	TrustedOrigins []string `key:"trustedOrigins"`
	// Routes that answer 404, as `/update-user`.
	DisabledPaths []string `key:"disabledPaths"`

	CORS              CORS              `key:"cors,own"`
	Store             Store             `key:"store,own"`
	Redis             Redis             `key:"redis,own"`
	Mail              Mail              `key:"mail,own"`
	EmailAndPassword  EmailAndPassword  `key:"emailAndPassword"`
	EmailVerification EmailVerification `key:"emailVerification"`
	Password          Password          `key:"password,own"`
	User              User              `key:"user"`
	Session           Session           `key:"session"`
	Account           Account           `key:"account"`
	Verification      Verification      `key:"verification"`
	Advanced          Advanced          `key:"advanced"`
	RateLimit         RateLimit         `key:"rateLimit"`
	OnAPIError        OnAPIError        `key:"onAPIError"`
	Plugins           Plugins           `key:"plugins"`

	file string            // where the settings are from; "" means no file
	from map[string]string // paths that come from the environment, with the name of the variable
}

// A Secret is one of several.
type Secret struct {
	// A number of its own for each secret.
	Version int64 `key:"version" default:"0"`
	// The secret.
	Value string `key:"value"`
}

// OnAPIError says what happens when a route fails.
type OnAPIError struct {
	// Where a browser is sent when a route that redirects fails.
	ErrorURL string `key:"errorURL" unset:"a built-in page"`
}

// Core returns what the settings say to [kernia.New], without what only a program has: stores, log and clock. The
// caller sets these, and passes an error of New through [Settings.Explain]. The error is that of [Settings.Check].
func (s *Settings) Core() (kernia.Config, []kernia.Feature, error) {
	if err := s.Check(); err != nil {
		return kernia.Config{}, nil, err
	}
	c := kernia.Config{
		Development: s.Development, BaseURL: s.BaseURL, BasePath: s.BasePath, Secret: s.Secret,
		TrustedOrigins: s.TrustedOrigins, DisabledPaths: s.DisabledPaths, ErrorURL: s.OnAPIError.ErrorURL,
		UserFields: extras(s.User.AdditionalFields), SessionFields: extras(s.Session.AdditionalFields),
		Tables: s.tables(), IDs: s.ids(), Session: s.session(), Cookies: s.cookies(), RateLimit: s.RateLimit.config(),
		TrustedProxies: networks(s.Advanced.IPAddress.TrustedProxies), Hasher: s.Password.hasher(), Imported: s.Password.Imported,
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
	if until, ok := asDate(s.OldSecretsUntil); ok {
		c.OldSecretsUntil = until.UTC()
	}
	features, _ := s.features()
	return c, features, nil
}

func (s *Settings) check(c *checker) {
	s.checkOrigins(c)
	c.oneOf("http", s.HTTP, "nethttp", "chi", "echo", "fiber")
	if _, ok := asDate(s.OldSecretsUntil); !ok && s.OldSecretsUntil != "" {
		c.wrong("oldSecretsUntil", "want a date with time, as 2026-12-31T00:00:00Z")
	}
	seen := map[int64]bool{}
	for i, v := range s.Secrets {
		switch {
		case v.Value == "":
			c.wrong(fmt.Sprintf("secrets[%d].value", i), "is missing")
		case seen[v.Version]:
			c.wrong(fmt.Sprintf("secrets[%d].version", i), "is there twice")
		}
		seen[v.Version] = true
	}
}

// Missing returns an error that names what a server in production cannot do without and the settings lack.
func (s *Settings) Missing() error {
	if s.Development {
		return nil
	}
	var all []error
	if s.Secret == "" && len(s.Secrets) == 0 {
		all = append(all, fmt.Errorf(`%s: is missing: make one with "kernia secret" and set the key or KERNIA_SECRET`, s.name("secret")))
	}
	if s.BaseURL == "" {
		all = append(all, fmt.Errorf("%s: is missing: set the public URL of the routes, as https://api.example.com/api/auth", s.name("baseURL")))
	}
	if len(all) > 0 {
		all = append(all, errors.New("To try the server out without them, set KERNIA_DEVELOPMENT=true.")) //nolint:revive,staticcheck // a line for people
	}
	return errors.Join(all...)
}

// String keeps the secrets out of what is printed.
func (s Settings) String() string { return "config.Settings{BaseURL: " + s.BaseURL + "}" }

// GoString keeps the secrets out of what is printed.
func (s Settings) GoString() string { return s.String() }

// LogValue keeps the secrets out of logs.
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.String()) }
