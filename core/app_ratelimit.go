package kernia

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// RateLimitConfig bounds how often one client address may call one route. Limits are on unless Disabled, or in
// development unless Enabled; each counts from the last request it allowed. Where the counts cannot be reached,
// requests are refused.
type RateLimitConfig struct {
	Disabled bool          // no limits
	Enabled  bool          // in development too
	Window   time.Duration // of routes without a rule; 0 means 10 s
	Max      int           // of routes without a rule, in one Window; 0 means 100
	Rules    []RateRule    // before the built-in ones; the first that matches counts
	// RuleFor chooses the rule of one request, before Rules are looked at; route is the path of its route, or "/". Nil leaves it to them. An
	// error refuses the request.
	RuleFor func(ctx context.Context, c *Call, route string) (*RateRule, error)

	InStore bool // count in the store's table rateLimit, in place of Config.KV or this process
}

// GuessConfig bounds how often somebody may guess the password of one account, whatever addresses the guesses come from.
// An account that is guessed at too often cannot be signed in to by password until Window has passed since the last
// guess that was allowed; other ways to sign in, and a reset of the password, stay open. Unknown accounts answer alike.
type GuessConfig struct {
	Max    int           // wrong passwords in a row; 0 means 10
	Window time.Duration // at most a day; 0 means 10 minutes
}

func (g *GuessConfig) settle() {
	if g.Max == 0 {
		g.Max = 10
	}
	if g.Window == 0 {
		g.Window = 10 * time.Minute
	}
}

// A RateRule is the limit of the routes that match Path.
type RateRule struct {
	Path   string        // as "/sign-in/email"; a pattern of [path.Match], in which "*" stops at a slash; a last "/*" stands for all below
	Window time.Duration // at least a millisecond, at most a day
	Max    int           // at least 1; 0 means no limit at all
}

// builtinRules bound what guesses credentials, whatever feature it belongs to, as Better Auth does.
var builtinRules = [...]RateRule{
	{Path: "/sign-in/*", Window: 10 * time.Second, Max: 3},
	{Path: "/sign-up/*", Window: 10 * time.Second, Max: 3},
}

func (r *RateLimitConfig) settle(development bool) error {
	if r.Disabled && r.Enabled {
		return badSetting("RateLimit", "is both Enabled and Disabled")
	}
	r.Disabled = r.Disabled || development && !r.Enabled
	if r.Window == 0 {
		r.Window = 10 * time.Second
	}
	if r.Max == 0 {
		r.Max = 100
	}
	for _, rule := range slices.Concat(r.Rules, []RateRule{{Path: "/", Window: r.Window, Max: r.Max}}) {
		if rule.Path == "" || rule.Path[0] != '/' || rule.Max < 0 || rule.Window < time.Millisecond && rule.Max > 0 || rule.Window > longest {
			return badSetting("RateLimit", "a rule needs a path that begins with /, a window of a millisecond to a day, and a bound")
		}
		if _, err := path.Match(rule.Path, "/"); err != nil {
			return badSetting("RateLimit", "the path of the rule %q: %w", rule.Path, err)
		}
	}
	return nil
}

// matches reports whether the rule is for the path.
func (r *RateRule) matches(route string) bool {
	if below, ok := strings.CutSuffix(r.Path, "/*"); ok && !strings.ContainsAny(below, "*?[\\") {
		return strings.HasPrefix(route, below+"/")
	}
	ok, err := path.Match(r.Path, route)
	return ok && err == nil
}

// limit counts the request against its rule, under its route. Paths that are no route share one count, so that a
// flood of made-up paths makes no counts of its own.
func (c *Call) limit(ctx context.Context, route string) error {
	conf := &c.auth.config.RateLimit
	if conf.Disabled {
		return nil
	}
	if route = c.auth.router.route(route); route == "" {
		route = "/"
	}
	l := ports.Limit{Bound: int64(conf.Max), Window: conf.Window}
	rule, err := c.rule(ctx, route)
	if err != nil {
		return err
	}
	if rule != nil {
		l = ports.Limit{Bound: int64(rule.Max), Window: rule.Window}
	}
	if l.Bound == 0 {
		return nil
	}
	from := c.ClientAddress()
	if from == "" {
		from = "unknown"
		c.auth.unknown.Do(func() {
			c.auth.config.Logger.WarnContext(ctx, "the address of a client is unknown: all such clients share one rate limit; "+
				"does middleware replace the request's RemoteAddr? List proxies in Config.TrustedProxies instead")
		})
	}
	t, err := c.auth.counts.Add(ctx, limitPrefix+from+"|"+route, l)
	if err != nil {
		return err
	}
	if !t.Allowed {
		return ErrRateLimited.After(t.Wait)
	}
	return nil
}

// limitPrefix begins the keys under which requests are counted.
const limitPrefix = "rate-limit:"

// longest is the longest window of a rule.
const longest = day

func (c *Call) rule(ctx context.Context, route string) (*RateRule, error) {
	if choose := c.auth.config.RateLimit.RuleFor; choose != nil {
		if rule, err := choose(ctx, c, route); err != nil || rule != nil {
			return rule, err
		}
	}
	rules := c.auth.config.RateLimit.Rules
	for i := range rules {
		if rules[i].matches(route) {
			return &rules[i], nil
		}
	}
	if rule := c.auth.router.limits[route]; rule != nil {
		return rule, nil
	}
	for i := range builtinRules {
		if builtinRules[i].matches(route) {
			return &builtinRules[i], nil
		}
	}
	return nil, nil //nolint:nilnil // no rule of its own: the default counts
}
