package config

import (
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// Session describes sessions and their table.
type Session struct {
	// The table of sessions.
	ModelName string `key:"modelName" unset:"session"`
	// As `user.fields`.
	Fields map[string]string `key:"fields"`
	// As `user.additionalFields`.
	AdditionalFields Named[Field] `key:"additionalFields"`
	// How long a remembered session lives from its last refresh, up to 400 days.
	ExpiresIn int64 `key:"expiresIn" default:"604800"`
	// How old it must be to be refreshed; 0 refreshes at every use.
	UpdateAge int64 `key:"updateAge" default:"86400"`
	// How long after sign-in it may do what needs a fresh one; 0 is for ever.
	FreshAge int64 `key:"freshAge" default:"86400"`
	// Sessions are never extended.
	DisableSessionRefresh bool `key:"disableSessionRefresh"`
	// Only `POST /get-session` extends sessions; `GET` says `needsRefresh`.
	DeferSessionRefresh bool        `key:"deferSessionRefresh"`
	CookieCache         CookieCache `key:"cookieCache"`
	// With `redis.url`: sessions are kept in the database as well, for what Redis loses.
	StoreSessionInDatabase bool `key:"storeSessionInDatabase"`
	// With `redis.url`: how many sessions one user has, up to 1000; one more ends the oldest.
	PerUser int64 `key:"perUser,own" default:"100"`
	// How the database keeps tokens: `hashed`, so that who reads it cannot sign in, or `plain`, for a database shared
	// with Better Auth.
	StoreTokens string `key:"storeTokens,own" default:"hashed"`
}

// CookieCache keeps the session of a browser in a protected cookie for a while, so that most requests need no store.
type CookieCache struct {
	// The cookie is there.
	Enabled bool `key:"enabled"`
	// How long it counts, in seconds. What was revoked or changed is noticed after this long at the latest.
	MaxAge int64 `key:"maxAge" default:"300"`
	// `compact`, `jwt` (both signed) or `jwe` (encrypted).
	Strategy string `key:"strategy" default:"compact"`
	// Another version makes all cookies worthless.
	Version string `key:"version" default:"1"`
}

func (o *CookieCache) check(c *checker) {
	c.atLeast("maxAge", o.MaxAge, 1)
	c.oneOf("strategy", o.Strategy, "compact", "jwt", "jwe")
}

func (o *CookieCache) config() kernia.CacheConfig {
	forms := map[string]kernia.CacheForm{"jwt": kernia.CacheJWT, "jwe": kernia.CacheJWE}
	return kernia.CacheConfig{Enabled: o.Enabled, MaxAge: seconds(o.MaxAge), Form: forms[o.Strategy], Version: o.Version}
}

func (s *Session) check(c *checker) {
	c.oneOf("storeTokens", s.StoreTokens, "hashed", "plain")
	c.atLeast("expiresIn", s.ExpiresIn, 1)
	c.atLeast("perUser", s.PerUser, 1)
	if s.StoreSessionInDatabase && c.all.Redis.URL == "" {
		c.wrong("storeSessionInDatabase", "needs redis.url; without it sessions are in the database anyway")
	}
}

func (s *Settings) session() kernia.SessionConfig {
	c := kernia.SessionConfig{
		ExpiresIn: seconds(s.Session.ExpiresIn), UpdateAge: seconds(s.Session.UpdateAge), FreshAge: seconds(s.Session.FreshAge),
		DisableRefresh: s.Session.DisableSessionRefresh, DeferRefresh: s.Session.DeferSessionRefresh, Cache: s.Session.CookieCache.config(), PerUser: int(s.Session.PerUser),
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

// seconds returns n as the core takes it: what Better Auth calls 0, always or for ever, is negative there.
func seconds(n int64) time.Duration {
	if n == 0 {
		return -1
	}
	return time.Duration(min(n, 1<<33)) * time.Second // 272 years, lest it overflow
}
