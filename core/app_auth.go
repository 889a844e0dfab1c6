package kernia

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/core/internal/cookiecache"
	"github.com/kernia-go/kernia/core/internal/origin"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/core/internal/tablekv"
	"github.com/kernia-go/kernia/ports"
)

// An Auth is one configured set of accounts, sessions and features. Make it with [New]; it is safe for concurrent
// use, and two Auths share nothing.
type Auth struct {
	Users    Users    // the people and machines that can sign in
	Sessions Sessions // who is signed in
	Accounts Accounts // by which passwords and identities users sign in

	config        Config
	schema        *schema.Schema
	userExtras    []extraField // the fields added to users
	sessionExtras []extraField // the fields added to sessions
	router        router
	keys          *secret.Ring
	trusted       *origin.Set
	cookies       coreCookies
	jar           []*Cookie
	purposes      map[string]bool // of one-time values and throttles
	queries       queries
	patches       patches
	trail         trail
	background    queue
	guesses       *Throttle // of passwords
	passwords     passwordBounds
	kept          sessionPlace
	cache         *cookiecache.Codec // nil: sessions are not cached in a cookie
	kv            ports.KV
	counts        tablekv.Counter

	features   map[string]bool // by name
	hooks      []Hooks
	watched    bool // some hook wants to know of sessions that end
	credential []authenticator
	issued     []func(c *Call, token string)
	interrupts []func(ctx context.Context, c *Call, at Attempt) error
	checks     []func(ctx context.Context, password string) error // of new passwords
	verified   bool                                               // sign-in by a password needs a verified address
	greets     bool                                               // new users are asked to verify theirs
	verifier   Verifier                                           // nil: nobody can be asked
	unknown    sync.Once                                          // warns of clients whose address is unknown
	replaces   bool                                               // the verifier replaces others
	joined     func(ctx context.Context) bool                     // whether a context is in a transaction of the application's own; nil: never
}

// New returns an Auth for the configuration and features, or an error that names the setting or feature and what
// it lacks; one about a setting is a [SettingError]. It touches no database and starts no goroutine.
func New(cfg Config, features ...Feature) (*Auth, error) {
	cfg, err := cfg.settled()
	if err != nil {
		return nil, err
	}
	a := &Auth{config: cfg, passwords: passwordBounds{8, 128}}
	a.Users, a.Sessions, a.Accounts = Users{a}, Sessions{a}, Accounts{a}
	if err := a.unlock(); err != nil {
		return nil, err
	}
	patterns := cfg.TrustedOrigins
	if cfg.BaseURL != "" {
		own, ok := origin.Of(cfg.BaseURL)
		if !ok {
			return nil, badSetting("BaseURL", "has no origin")
		}
		patterns = append([]string{own}, patterns...)
	}
	if a.trusted, err = origin.Parse(patterns); err != nil {
		return nil, badSetting("TrustedOrigins", "%w", err)
	}
	if err := a.collect(features); err != nil {
		return nil, err
	}
	a.queries = newQueries(a.schema)
	if err := a.place(); err != nil {
		return nil, err
	}
	if err := a.openCache(); err != nil {
		return nil, err
	}
	a.trail.init(a)
	a.background = queue{length: backgroundLength, workers: backgroundWorkers}
	if j, ok := cfg.Store.(ports.Joinable); ok {
		a.joined = j.Joined
	}
	return a, nil
}

// unlock checks the secret, or makes and keeps one in development.
func (a *Auth) unlock() error {
	c := &a.config
	if c.Secret == "" && c.Development {
		made, err := developmentSecret(c)
		if err != nil {
			return err
		}
		c.Secret = made
	}
	for i, s := range append([]string{c.Secret}, c.OldSecrets...) {
		err := secret.Check(s)
		if err == nil && secret.Published(s) && !origin.Private(c.BaseURL) {
			err = secret.ErrKnown
		}
		if err != nil {
			name := "Secret"
			if i > 0 {
				name = "OldSecrets"
			}
			return badSetting(name, "%w", err)
		}
	}
	a.keys = secret.New(c.Secret, c.OldSecrets...)
	c.Secret, c.OldSecrets = "", nil // the ring has them, and it prints nothing
	return nil
}

// presented returns those of the keys, the current one first, that count for what a client presents.
func (a *Auth) presented(keys [][]byte) [][]byte {
	if len(keys) > 1 && a.oldEnded() {
		return keys[:1]
	}
	return keys
}

// oldEnded reports whether the old secrets have ended.
func (a *Auth) oldEnded() bool {
	until := a.config.OldSecretsUntil
	return !until.IsZero() && !a.config.Clock.Now().Before(until)
}

func developmentSecret(c *Config) (string, error) {
	path := c.SecretFile
	if path == "" {
		path = "kernia.secret"
	}
	for range 2 {
		kept, err := os.ReadFile(path) //nolint:gosec // the application chose the path
		if err == nil {
			return strings.TrimSpace(string(kept)), nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", badSetting("SecretFile", "%w", err)
		}
		made, err := secret.Generate(c.Random)
		if err != nil {
			return "", fmt.Errorf("kernia: making a secret: %w", err)
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // as above
		if errors.Is(err, os.ErrExist) {
			continue // another process was faster
		}
		if err != nil {
			return "", badSetting("SecretFile", "%w", err)
		}
		_, err = f.WriteString(made + "\n")
		if err = errors.Join(err, f.Close()); err != nil {
			return "", badSetting("SecretFile", "%w", err)
		}
		return made, nil
	}
	return "", badSetting("SecretFile", "appears and disappears")
}

// Migrate compares the database with what the core and the features need and returns what is missing; with apply it
// adds that. Keys that existing records violate are in the plan's Duplicates. Nothing is ever dropped.
func (a *Auth) Migrate(ctx context.Context, apply bool) (ports.Plan, error) {
	return a.config.Store.Migrate(ctx, a.schema.All, apply)
}

// Operations returns every operation of the core and the features, in the order of declaration.
func (a *Auth) Operations() []*Operation { return append([]*Operation(nil), a.router.operations...) }

// BaseURL returns the public URL of the routes without a slash at its end; "" in development without a configured one,
// where [Call.BaseURL] knows that of each request.
func (a *Auth) BaseURL() string { return a.config.BaseURL }

// Models returns the models of the core and the features, which stores take in [Auth.Migrate], for tools: generators of
// schemas, exports, administration. They are shared with every call and must not be changed.
func (a *Auth) Models() []*ports.Model { return slices.Clone(a.schema.All) }

// BasePath returns the path under which this program sees the routes, as "/api/auth"; "" means at the root.
func (a *Auth) BasePath() string { return a.config.BasePath }

// BodyLimit returns the most bytes a request body may have. A transport reads at most one byte more.
func (a *Auth) BodyLimit() int64 { return a.config.BodyLimit }

// TrustsOrigin reports whether a page of the origin may call with cookies, for a transport's CORS answer. Without a
// configured BaseURL only TrustedOrigins count.
func (a *Auth) TrustsOrigin(origin string) bool { return a.trusted.Trusts(origin) }

// Ready returns nil if the store and Config.KV, if there is one, accept a write within Config.Timeout. A standby, or a
// primary that became read-only, is not ready.
func (a *Auth) Ready(ctx context.Context) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	now := a.now()
	if _, _, err := a.config.Store.Update(ctx, &a.queries.touchNothing, []ports.Value{ports.String("ready"), ports.Time(now)}); err != nil {
		return err
	}
	if a.config.KV == nil {
		return nil
	}
	return a.config.KV.Put(ctx, "ready", ports.Entry{Expires: now.Add(time.Minute)})
}

// String keeps what the Auth holds out of what is printed.
func (a *Auth) String() string { return "kernia.Auth{BaseURL: " + a.config.BaseURL + "}" }

// GoString keeps what the Auth holds out of what is printed.
func (a *Auth) GoString() string { return a.String() }

// LogValue keeps what the Auth holds out of logs.
func (a *Auth) LogValue() slog.Value { return a.config.LogValue() }

func (a *Auth) now() time.Time { return a.config.Clock.Now().UTC().Truncate(time.Millisecond) }

type systemRandom struct{}

func (systemRandom) Read(p []byte) (int, error) { return rand.Read(p) }
