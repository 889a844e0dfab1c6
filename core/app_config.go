package kernia

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// Config has all settings of an Auth. Store, BaseURL and Secret are required; the zero value of every other setting is
// the recommended one.
type Config struct {
	// BaseURL is the public URL of the routes with its path, as in "https://api.example.com/api/auth". Links, cookies
	// and the origin check depend on it. Without a path, the path is DefaultBasePath.
	BaseURL string

	// BasePath is the path under which this program sees the routes, if it differs from that of BaseURL: set it behind
	// a proxy that strips a prefix.
	BasePath string

	// Secret signs cookies and derives every other key: 32 bytes or more, from a random source. One that Kernia's own
	// examples show is refused, except for a BaseURL on localhost or under a reserved domain such as example.com.
	Secret string

	// OldSecrets are earlier values of Secret. What they signed or encrypted still verifies and opens until they
	// are removed here: do that once Session.ExpiresIn has passed, or at once for a secret that leaked.
	OldSecrets []string

	// OldSecretsUntil is when OldSecrets end: cookies, bearer tokens and mailed links that they signed or encrypted no
	// longer count from then on. What features have encrypted in the store still opens. The zero Time means no end.
	OldSecretsUntil time.Time

	// Store keeps users, sessions and accounts.
	Store ports.Store

	// Development allows BaseURL and Secret to be empty: the URL is then taken from each request's Host, and a secret
	// is made and kept in SecretFile. It loosens no check.
	Development bool

	// SecretFile is where Development keeps its secret, which only its owner can read; "" means "kernia.secret".
	SecretFile string

	// TrustedOrigins are further origins, besides that of BaseURL, that may send requests with cookies and be targets
	// of redirects: "https://app.example.com", patterns like "https://*.example.com", custom schemes like "myapp://".
	TrustedOrigins []string

	// TrustedOriginsFor returns further trusted origins for one request: those of a tenant, say. Nil means none. An
	// error refuses the request.
	TrustedOriginsFor func(ctx context.Context, c *Call) ([]string, error)

	// KV keeps one-time values, rate-limit counts and, if Session.Place says so, sessions. If it is nil, one-time
	// values are in the store's table "verification", and counts in this process.
	KV ports.KV

	Session   SessionConfig
	Cookies   CookieConfig
	RateLimit RateLimitConfig
	Guesses   GuessConfig

	// UserFields and SessionFields are the application's own columns; see Field.
	UserFields    []Extra
	SessionFields []Extra

	// Tables renames tables and columns, which otherwise have Better Auth's names. The keys are "user", "session",
	// "account" and so on.
	Tables map[string]Naming

	// IDs is the form of new ids. The zero IDKind makes 32 letters and digits.
	IDs ports.IDKind

	// NewID makes the ids of new records; model is "user", "session" or another table's name. If it is nil or returns
	// "", ids are made as IDs says. An id of another form than IDs is an error. It must be safe for concurrent use.
	NewID func(ctx context.Context, model string) (string, error)

	// Hooks are the application's; those of features run before them.
	Hooks Hooks

	// DisabledPaths are routes that answer 404 "Not Found", such as "/update-user".
	DisabledPaths []string

	// ErrorURL is where routes that redirect send the browser after an error, instead of to the built-in page.
	ErrorURL string

	// TrustedProxies are the networks of proxies whose X-Forwarded-For header is trusted. Without any, the client's
	// address is the peer's, and the header is ignored.
	TrustedProxies []netip.Prefix

	// BodyLimit is the largest size of a request body in bytes; 0 means 1 MiB.
	BodyLimit int64

	// Timeout bounds one request, store calls included; 0 means 5 s.
	Timeout time.Duration

	// Hasher hashes passwords; nil means Argon2id(), which verifies scrypt, bcrypt and PBKDF2 too.
	Hasher ports.PasswordHasher

	// Imported are the forms of password hashes that other programs left in the store, so that a wrong password costs
	// the same work whatever hash an account has, and where there is no account. Each is "scrypt" for Better Auth's, or
	// a hash cut off after its parameters: "$2b$12$", "$pbkdf2-sha256$i=600000$", "pbkdf2_sha256$390000$". Nil means
	// "scrypt"; an empty list means that there are none, which makes a wrong password cheaper. A form that is missing
	// here verifies too, and counts in this process from the first hash that it meets. A Hasher of your own must
	// implement ports.EvenHasher for this.
	Imported []string

	// Events receives the audit trail; nil means that there is none.
	Events ports.Events

	// Mailer sends mail to users: links to verify an address, to reset a password and so on. If it is nil and a feature
	// needs it, New fails.
	Mailer ports.Mailer

	// Fetcher calls other servers, for features that need it; nethttp.NewClient makes one. If it is nil and a feature
	// needs it, New fails.
	Fetcher ports.Fetcher

	// Logger receives errors and warnings for the operator; nil means slog.Default().
	Logger *slog.Logger

	// Clock and Random are for tests; nil means the system's.
	Clock  ports.Clock
	Random ports.Random
}

// LogValue keeps the secrets out of logs.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("base_url", c.BaseURL), slog.Bool("development", c.Development))
}

// String keeps the secrets out of what is printed.
func (c Config) String() string { return "kernia.Config{BaseURL: " + c.BaseURL + "}" }

// GoString keeps the secrets out of what is printed.
func (c Config) GoString() string { return c.String() }

// SessionConfig says how long sessions live. Zero values are Better Auth's defaults.
type SessionConfig struct {
	ExpiresIn      time.Duration // how long a remembered session lives from its last refresh; 0 means 7 days
	UpdateAge      time.Duration // how old a session must be to be refreshed; 0 means 1 day, negative means at every use
	FreshAge       time.Duration // how long after sign-in a session counts as fresh; 0 means 1 day, negative means for ever
	DisableRefresh bool          // sessions are never extended
	Place          Place         // where sessions are kept
	PerUser        int           // how many sessions one user has in Config.KV; one more ends the oldest. 0 means 100; at most 1000
	StoreTokens    TokenForm     // how tokens are kept in the store
	DeferRefresh   bool          // only POST /get-session extends sessions, for stores of which replicas are read
	Cache          CacheConfig   // sessions kept in a cookie for a while
}

// CacheConfig keeps the session of a browser, and its user, in a protected cookie of their own, so that guards and GET
// requests need no store while it lasts. Operations that change something, or that need [Live] or [Fresh], always ask
// the store. The cookie has what answers show: hidden fields are missing in it.
type CacheConfig struct {
	Enabled bool

	// MaxAge is how long a cookie counts; 0 means 5 minutes. A session that was revoked, or a user who was banned or
	// changed, is seen as before for at most this long where the cookie answers.
	MaxAge time.Duration

	Form CacheForm // how the cookie is protected

	// Version is part of every cookie; another one makes all cookies worthless. "" means "1". VersionFor, if it is not
	// nil, returns the version for one session in its place. It must be fast and safe for concurrent use.
	Version    string
	VersionFor func(s Session, u User) string
}

// CacheForm is how a cached session is protected. The zero CacheForm is [CacheCompact].
type CacheForm uint8

// The forms of cached sessions, all of which Better Auth reads and writes.
const (
	CacheCompact CacheForm = iota // signed; the shortest
	CacheJWT                      // a signed JSON Web Token, which other servers with the secret can read
	CacheJWE                      // encrypted: the browser's user cannot read it
)

// TokenForm is how session tokens are kept in the store. The zero TokenForm is [Hashed].
type TokenForm uint8

// The forms of stored tokens.
const (
	Hashed TokenForm = iota // a hash: whoever reads the database cannot sign in
	Plain                   // as Better Auth keeps them, for a database shared with a JavaScript server
)

// Place is where sessions are kept. The zero Place is [InStore].
type Place uint8

// The places of sessions.
const (
	InStore Place = iota // in the store's table
	InKV                 // in Config.KV only, which must implement ports.LinkedKV; if it loses sessions, their users are signed out
	InBoth               // in Config.KV, with a copy in the store in case it loses sessions
)

// CookieConfig says how cookies are named and where they go. Zero values are Better Auth's defaults.
type CookieConfig struct {
	Prefix      string            // before each name; "" means "better-auth"
	Names       map[string]string // whole names of single cookies, as {"session_token": "sid"}
	Secure      *bool             // the Secure attribute and the __Secure- prefix; nil means if BaseURL is https
	Domain      string            // the Domain attribute; "" means only the host. Deletion covers both
	SameSite    string            // "Lax", "Strict" or "None"; "" means Lax. None implies Secure
	Partitioned bool              // the Partitioned attribute; implies Secure
}

// DefaultBasePath is the path of the routes if BaseURL has none.
const DefaultBasePath = "/api/auth"

const (
	defaultBodyLimit = 1 << 20
	defaultTimeout   = 5 * time.Second
	day              = 24 * time.Hour
	maxCookieAge     = 400 * day
)

// settled returns the configuration with every default filled in, or an error that names the setting to change.
func (c Config) settled() (Config, error) {
	if c.Store == nil {
		return c, badSetting("Store", "is missing")
	}
	if c.BaseURL == "" && !c.Development {
		return c, badSetting("BaseURL", "is missing: set the public URL of the routes, as https://api.example.com/api/auth")
	}
	if err := c.settlePaths(); err != nil {
		return c, err
	}
	for _, path := range c.DisabledPaths {
		if !validRoute(path) {
			return c, badSetting("DisabledPaths", "%q is no route; write it as /update-user", path)
		}
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = defaultBodyLimit
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.BodyLimit < 0 {
		return c, badSetting("BodyLimit", "must not be negative")
	}
	if c.Timeout < 0 {
		return c, badSetting("Timeout", "must not be negative")
	}
	c.settlePorts()
	if err := c.expectHashes(); err != nil {
		return c, err
	}
	c.Guesses.settle()
	if err := c.RateLimit.settle(c.Development); err != nil {
		return c, err
	}
	err := c.Session.settle()
	return c, err
}

// settlePaths brings BaseURL and BasePath into one form: no default left out, no slash at the end.
func (c *Config) settlePaths() error {
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return badSetting("BaseURL", "must be an http or https URL with a host, no query and no user")
		}
		path := strings.TrimRight(u.EscapedPath(), "/")
		if path == "" {
			path = DefaultBasePath
			if c.BasePath != "" {
				path = strings.TrimRight(c.BasePath, "/")
			}
		}
		c.BaseURL = strings.ToLower(u.Scheme) + "://" + strings.ToLower(u.Host) + path
		if c.BasePath == "" {
			c.BasePath = path
		}
	}
	if c.BasePath == "" {
		c.BasePath = DefaultBasePath
	}
	c.BasePath = strings.TrimRight(c.BasePath, "/")
	if c.BasePath != "" && (c.BasePath[0] != '/' || strings.Contains(c.BasePath, "//") || strings.ContainsAny(c.BasePath, "?#%\\ ")) {
		return badSetting("BasePath", "must begin with / and hold plain segments, as /api/auth")
	}
	return nil
}

// settlePorts fills in what the application left to us.
func (c *Config) settlePorts() {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = ports.SystemClock{}
	}
	if c.Random == nil {
		c.Random = systemRandom{}
	}
	if c.Hasher == nil {
		c.Hasher = Argon2id()
	}
}

// expectHashes tells the hasher which hashes there may be.
func (c *Config) expectHashes() error {
	even, ok := c.Hasher.(ports.EvenHasher)
	if !ok {
		if len(c.Imported) > 0 {
			return badSetting("Imported", "needs a Hasher that implements ports.EvenHasher")
		}
		return nil
	}
	forms := c.Imported
	if forms == nil {
		forms = []string{"scrypt"}
	}
	for i, form := range forms { // which may be a whole hash: it is not shown
		if err := even.Expect(form); err != nil {
			return badSetting("Imported", "entry %d: %w", i, err)
		}
	}
	return nil
}

func (s *SessionConfig) settle() error {
	set := func(d *time.Duration, fallback time.Duration) {
		switch {
		case *d == 0:
			*d = fallback
		case *d < 0:
			*d = 0
		}
	}
	if s.PerUser == 0 {
		s.PerUser = 100
	}
	if s.PerUser < 1 || s.PerUser > maxList {
		return badSetting("Session.PerUser", "must be between 1 and %d", maxList)
	}
	if s.ExpiresIn < 0 {
		return badSetting("Session.ExpiresIn", "must not be negative")
	}
	set(&s.ExpiresIn, 7*day)
	set(&s.UpdateAge, day)
	if s.FreshAge >= 0 {
		set(&s.FreshAge, day)
	}
	if s.ExpiresIn > maxCookieAge || s.ExpiresIn < time.Second {
		return badSetting("Session.ExpiresIn", "must be between 1 second and 400 days")
	}
	if s.Cache.MaxAge == 0 {
		s.Cache.MaxAge = 5 * time.Minute
	}
	if s.Cache.MaxAge < time.Second || s.Cache.MaxAge > maxCookieAge {
		return badSetting("Session.Cache.MaxAge", "must be between 1 second and 400 days")
	}
	if s.Cache.Form > CacheJWE {
		return badSetting("Session.Cache.Form", "is none of CacheCompact, CacheJWT and CacheJWE")
	}
	if s.Cache.Version == "" {
		s.Cache.Version = "1"
	}
	return nil
}
