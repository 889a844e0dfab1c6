package config

import kernia "github.com/kernia-go/kernia/core"

// RateLimit bounds how often one address may call.
type RateLimit struct {
	// How often one address may call one route is bounded.
	Enabled *bool `key:"enabled" unset:"true, in development false"`
	// Of routes without a rule.
	Window int64 `key:"window" default:"10"`
	// Of routes without a rule, in one window.
	Max int64 `key:"max" default:"100"`
	// Where counts are: `memory`, `database` (the table rateLimit), or `secondary-storage`, which is Redis.
	Storage string `key:"storage" unset:"with Redis there, else in memory"`
	// Rules by path, as `{"/sign-in/email": {"window": 10, "max": 3}, "/get-session": false}`. A `*` is any
	// characters but a slash; the first rule that matches counts; false is no limit.
	CustomRules Named[Rule] `key:"customRules"`
}

// A Rule is the limit of the routes that match a path; false in the file means none.
type Rule struct {
	// The time in which calls are counted.
	Window int64 `key:"window" unset:"needed"`
	// How many calls one address has in it.
	Max int64 `key:"max" unset:"needed"`

	off bool
}

func (r *Rule) switchOff() { r.off = true }

func (r *RateLimit) check(c *checker) {
	c.oneOf("storage", r.Storage, "memory", "database", "secondary-storage")
	switch redis := c.all.Redis.URL != ""; {
	case r.Storage == "secondary-storage" && !redis:
		c.wrong("storage", "secondary-storage needs redis.url")
	case r.Storage == "memory" && redis:
		c.wrong("storage", "with redis.url limits are counted there or in the database")
	}
	c.atLeast("window", r.Window, 1)
	c.atLeast("max", r.Max, 1)
}

func (r *Rule) check(c *checker) {
	if !r.off {
		c.atLeast("window", r.Window, 1)
		c.atLeast("max", r.Max, 1)
	}
}

func (r *RateLimit) config() kernia.RateLimitConfig {
	c := kernia.RateLimitConfig{
		Disabled: r.Enabled != nil && !*r.Enabled, Enabled: r.Enabled != nil && *r.Enabled,
		Window: seconds(r.Window), Max: int(r.Max), InStore: r.Storage == "database",
	}
	for _, rule := range r.CustomRules {
		to := kernia.RateRule{Path: rule.Name}
		if !rule.Value.off {
			to.Window, to.Max = seconds(rule.Value.Window), int(rule.Value.Max)
		}
		c.Rules = append(c.Rules, to)
	}
	return c
}
