package kernia

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/kernia-go/kernia/core/internal/cookie"
	"github.com/kernia-go/kernia/core/internal/cookiecache"
	"github.com/kernia-go/kernia/core/internal/schema"
	"github.com/kernia-go/kernia/ports"
)

// openCache makes the codec of cached sessions, where they are enabled.
func (a *Auth) openCache() error {
	if !a.config.Session.Cache.Enabled {
		return nil
	}
	var err error
	a.cache, err = cookiecache.New(cookiecache.Form(a.config.Session.Cache.Form), a.keys.All()...)
	return err
}

// caches reports whether the call may take a cached session's word: it is a guard of the application, or only reads.
func (c *Call) caches() bool {
	return c.auth.cache != nil && c.request != nil && !c.confirmed &&
		(c.operation == nil || c.operation.Access < Live && safeMethod(c.request.Method))
}

// cached returns the session in the cache cookie, where it is that of one of the tokens and still counts; nil for none.
// A cookie that does not count is deleted by the answer.
func (c *Call) cached(tokens []string) *Principal {
	if !c.caches() {
		return nil
	}
	text, present := c.cacheCookie()
	if !present {
		c.missed = true
		return nil
	}
	now, codec := c.auth.now(), c.auth.cache
	if c.auth.oldEnded() {
		codec = codec.Current()
	}
	if object, ok := codec.Open(text, now); ok {
		if p := c.auth.cachedPrincipal(object, tokens); p != nil && now.Before(p.Session.ExpiresAt) {
			return p
		}
	}
	c.missed, c.stale = true, true
	return nil
}

// cacheCookie returns the value of the cache cookie, put together where it is in parts.
func (c *Call) cacheCookie() (text string, present bool) {
	k, header := c.auth.cookies.data, c.header["Cookie"]
	if text, ok := cookie.Find(header, k.name); ok {
		return text, true
	}
	text = k.joined(header)
	return text, text != ""
}

// cachedObject is the form of what a cache cookie holds.
type cachedObject struct {
	Session map[string]json.RawMessage `json:"session"`
	User    map[string]json.RawMessage `json:"user"`
	Version *string                    `json:"version"`
}

func (a *Auth) cachedPrincipal(object []byte, tokens []string) *Principal {
	var o cachedObject
	if json.Unmarshal(object, &o) != nil {
		return nil
	}
	session, ok := recordOf(a.schema.Session, o.Session)
	if !ok {
		return nil
	}
	user, ok := recordOf(a.schema.User, o.User)
	if !ok {
		return nil
	}
	p := &Principal{By: BySession, Session: a.schema.SessionOf(session), User: a.schema.UserOf(user), cached: true}
	if p.Session.UserID == "" || p.Session.UserID != p.User.ID || !isToken(p.Session.Token) || !slices.Contains(tokens, p.Session.Token) {
		return nil
	}
	version := "1"
	if o.Version != nil {
		version = *o.Version
	}
	if now, err := a.cacheVersion(p); err != nil || version != now {
		return nil
	}
	p.stored = a.stored(p.Session.Token)
	return p
}

// recordOf returns the record that the members describe. A member that is missing is null; ok is false where one has
// another type than its field.
func recordOf(m *ports.Model, members map[string]json.RawMessage) (r ports.Record, ok bool) {
	r = make(ports.Record, len(m.Fields))
	for i := range m.Fields {
		raw, has := members[m.Fields[i].Name]
		if has && schema.DecodeValue(m.Fields[i].Type, raw, &r[i]) != nil {
			return nil, false
		}
	}
	return r, true
}

// cacheVersion returns the version of the principal's cookie. If VersionFor panics there is none: the store answers.
func (a *Auth) cacheVersion(p *Principal) (version string, err error) {
	conf := &a.config.Session.Cache
	if conf.VersionFor == nil {
		return conf.Version, nil
	}
	err = guarded(func() error {
		version = conf.VersionFor(p.Session, p.User)
		return nil
	})
	if err != nil {
		a.config.Logger.Error("Config.Session.Cache.VersionFor", "error", err)
	}
	return version, err
}

// shortCache is how long the cookie of a session counts that is not remembered, in Better Auth's compact form.
const shortCache = time.Minute

// cacheLines returns the Set-Cookie lines that cache the principal's session.
func (c *Call) cacheLines(p *Principal, forget bool) []string {
	version, err := c.auth.cacheVersion(p)
	if err != nil {
		return nil
	}
	conf, now := &c.auth.config.Session.Cache, c.auth.now()
	life, age := conf.MaxAge, conf.MaxAge
	if forget {
		age = -1
		if conf.Form == CacheCompact {
			life = min(life, shortCache)
		}
	}
	object := p.Session.AppendJSON([]byte(`{"session":`))
	object = p.User.AppendJSON(append(object, `,"user":`...))
	object = strconv.AppendInt(append(object, `,"updatedAt":`...), now.UnixMilli(), 10)
	object = ports.AppendString(append(object, `,"version":`...), version)
	text, err := c.auth.cache.Seal(append(object, '}'), now, now.Add(life))
	if err != nil || len(text) > cookiecache.Max {
		return nil // the store answers
	}
	return c.auth.cookies.data.lines(c, text, age)
}
