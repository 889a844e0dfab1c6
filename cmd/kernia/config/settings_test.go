package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

const secret = "nC2fW7qL0vXyTz4sBd8gJk1mPrUe5hAo"

const minimal = `"baseURL": "https://a.example.com", "secret": "` + secret + `"`

// A setting is what some keys change in the configuration of the core.
type setting struct {
	keys   string
	json   string
	change func(c *kernia.Config)
}

var yes = true

var settings = []setting{
	{"development", `"development": true`, func(c *kernia.Config) { c.Development = true }},
	{"basePath", `"basePath": "/auth"`, func(c *kernia.Config) { c.BasePath = "/auth" }},
	{"secrets secrets[].value secrets[].version", `"secrets": [{"version": 2, "value": "x"}, {"version": 1, "value": "y"}]`, func(c *kernia.Config) {
		c.Secret, c.OldSecrets = "x", []string{"y", "nC2fW7qL0vXyTz4sBd8gJk1mPrUe5hAo"}
	}},
	{"oldSecretsUntil", `"oldSecretsUntil": "2026-12-31T01:00:00+01:00"`, func(c *kernia.Config) { c.OldSecretsUntil = time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC) }},
	{"password.imported", `"password": {"imported": ["$2b$12$"]}`, func(c *kernia.Config) { c.Imported = []string{"$2b$12$"} }},
	{"trustedOrigins", `"trustedOrigins": ["myapp://"]`, func(c *kernia.Config) { c.TrustedOrigins = []string{"myapp://"} }},
	{"disabledPaths", `"disabledPaths": ["/ok"]`, func(c *kernia.Config) { c.DisabledPaths = []string{"/ok"} }},
	{"onAPIError onAPIError.errorURL", `"onAPIError": {"errorURL": "/oops"}`, func(c *kernia.Config) { c.ErrorURL = "/oops" }},
	{"store store.driver", `"store": {"driver": "mongo", "dsn": "x"}`, func(c *kernia.Config) { c.IDs = ports.IDObjectID }},
	{"redis redis.url", `"redis": {"url": "redis://x"}`, func(c *kernia.Config) { c.Session.Place = kernia.InKV }},
	{"session.expiresIn", `"session": {"expiresIn": 60}`, func(c *kernia.Config) { c.Session.ExpiresIn = time.Minute }},
	{"session.updateAge", `"session": {"updateAge": 0}`, func(c *kernia.Config) { c.Session.UpdateAge = -1 }},
	{"session.freshAge", `"session": {"freshAge": 0}`, func(c *kernia.Config) { c.Session.FreshAge = -1 }},
	{"session.disableSessionRefresh", `"session": {"disableSessionRefresh": true}`, func(c *kernia.Config) { c.Session.DisableRefresh = true }},
	{"session.deferSessionRefresh", `"session": {"deferSessionRefresh": true}`, func(c *kernia.Config) { c.Session.DeferRefresh = true }},
	{"session.cookieCache.enabled", `"session": {"cookieCache": {"enabled": true}}`, func(c *kernia.Config) { c.Session.Cache.Enabled = true }},
	{"session.cookieCache.maxAge", `"session": {"cookieCache": {"maxAge": 60}}`, func(c *kernia.Config) { c.Session.Cache.MaxAge = time.Minute }},
	{"session.cookieCache.strategy", `"session": {"cookieCache": {"strategy": "jwt"}}`, func(c *kernia.Config) { c.Session.Cache.Form = kernia.CacheJWT }},
	{"session.cookieCache.strategy", `"session": {"cookieCache": {"strategy": "jwe"}}`, func(c *kernia.Config) { c.Session.Cache.Form = kernia.CacheJWE }},
	{"session.cookieCache.version", `"session": {"cookieCache": {"version": "2"}}`, func(c *kernia.Config) { c.Session.Cache.Version = "2" }},
	{"session.storeSessionInDatabase", `"redis": {"url": "redis://x"}, "session": {"storeSessionInDatabase": true}`, func(c *kernia.Config) {
		c.Session.Place = kernia.InBoth
	}},
	{"session.perUser", `"session": {"perUser": 5}`, func(c *kernia.Config) { c.Session.PerUser = 5 }},
	{"session.storeTokens", `"session": {"storeTokens": "plain"}`, func(c *kernia.Config) { c.Session.StoreTokens = kernia.Plain }},
	{"advanced.cookiePrefix", `"advanced": {"cookiePrefix": "x"}`, func(c *kernia.Config) { c.Cookies.Prefix = "x" }},
	{"advanced.useSecureCookies", `"advanced": {"useSecureCookies": true}`, func(c *kernia.Config) { c.Cookies.Secure = &yes }},
	{"advanced.crossSubDomainCookies.enabled", `"advanced": {"crossSubDomainCookies": {"enabled": true}}`, func(c *kernia.Config) {
		c.Cookies.Domain = "a.example.com"
	}},
	{"advanced.crossSubDomainCookies.domain", `"advanced": {"crossSubDomainCookies": {"enabled": true, "domain": "example.com"}}`, func(c *kernia.Config) {
		c.Cookies.Domain = "example.com"
	}},
	{"advanced.defaultCookieAttributes.sameSite", `"advanced": {"defaultCookieAttributes": {"sameSite": "none"}}`, func(c *kernia.Config) {
		c.Cookies.SameSite = "none"
	}},
	{"advanced.defaultCookieAttributes.partitioned", `"advanced": {"defaultCookieAttributes": {"partitioned": true}}`, func(c *kernia.Config) {
		c.Cookies.Partitioned = true
	}},
	{"advanced.defaultCookieAttributes.domain", `"advanced": {"defaultCookieAttributes": {"domain": "example.com"}}`, func(c *kernia.Config) {
		c.Cookies.Domain = "example.com"
	}},
	{"advanced.cookies advanced.cookies.*.name", `"advanced": {"cookies": {"session_token": {"name": "sid"}}}`, func(c *kernia.Config) {
		c.Cookies.Names = map[string]string{"session_token": "sid"}
	}},
	{"advanced.database.generateId", `"advanced": {"database": {"generateId": "uuid"}}`, func(c *kernia.Config) { c.IDs = ports.IDUUID }},
	{"advanced.database.generateId", `"advanced": {"database": {"generateId": "serial"}}`, func(c *kernia.Config) { c.IDs = ports.IDSerial }},
	{"advanced.ipAddress.trustedProxies", `"advanced": {"ipAddress": {"trustedProxies": ["10.1.2.3/8", "::1"]}}`, func(c *kernia.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}},
	{"rateLimit.enabled", `"rateLimit": {"enabled": true}`, func(c *kernia.Config) { c.RateLimit.Enabled = true }},
	{"rateLimit.enabled", `"rateLimit": {"enabled": false}`, func(c *kernia.Config) { c.RateLimit.Disabled = true }},
	{"rateLimit.window", `"rateLimit": {"window": 7}`, func(c *kernia.Config) { c.RateLimit.Window = 7 * time.Second }},
	{"rateLimit.max", `"rateLimit": {"max": 7}`, func(c *kernia.Config) { c.RateLimit.Max = 7 }},
	{"rateLimit.storage", `"rateLimit": {"storage": "database"}`, func(c *kernia.Config) { c.RateLimit.InStore = true }},
	{
		"rateLimit.customRules rateLimit.customRules.*.window rateLimit.customRules.*.max",
		`"rateLimit": {"customRules": {"/b": {"window": 2, "max": 3}, "/a": false}}`, func(c *kernia.Config) {
			c.RateLimit.Rules = []kernia.RateRule{{Path: "/b", Window: 2 * time.Second, Max: 3}, {Path: "/a"}}
		},
	},
}

// elsewhere are the keys that other tests are about, or that say nothing to the core.
var elsewhere = []string{
	"addr", "http", "cors", "appName", "baseURL", "secret", "store.dsn", "password.hasher", "advanced.defaultCookieAttributes.secure", "emailAndPassword", "plugins",
	"mail", "emailVerification", "user.changeEmail", "user.deleteUser",
}

// TestCore sets each key and compares what that changes in the configuration of the core.
func TestCore(t *testing.T) {
	rows := slices.Concat(settings, tableSettings(), fieldSettings())
	var covered []string
	for _, row := range rows {
		covered = append(covered, strings.Fields(row.keys)...)
		want := core(t, "")
		if row.change(&want); reflect.DeepEqual(want, core(t, "")) {
			t.Errorf("the row of %s changes nothing", row.keys)
		}
		if got := core(t, ", "+row.json); !reflect.DeepEqual(got, want) {
			t.Errorf("%s makes\n%+v, want\n%+v", row.json, plain(got), plain(want))
		}
	}
	for _, k := range Keys() {
		inside := slices.ContainsFunc(Keys(), func(of Key) bool { return strings.HasPrefix(of.Path, k.Path+".") })
		first, second, _ := strings.Cut(k.Path, ".")
		other := slices.Contains(elsewhere, k.Path) || second != "" && slices.Contains(elsewhere, first) ||
			slices.ContainsFunc(elsewhere, func(part string) bool { return strings.HasPrefix(k.Path, part+".") })
		if !inside && !other && !slices.Contains(covered, k.Path) {
			t.Errorf("the test has no %s", k.Path)
		}
	}
}

// plain is a configuration without the method that hides what is in it.
type plain kernia.Config

func core(t *testing.T, more string) kernia.Config {
	t.Helper()
	c, _, err := mustDecode(t, "{"+minimal+more+"}").Core()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPassword(t *testing.T) {
	if c := core(t, ""); c.Hasher != nil {
		t.Errorf("the hasher is %T, want the core's own", c.Hasher)
	}
	hash, err := core(t, `, "password": {"hasher": "scrypt"}`).Hasher.Hash(t.Context(), "correct horse")
	if c := core(t, `, "password": {"imported": []}`); c.Imported == nil || len(c.Imported) > 0 {
		t.Errorf("no imported hashes are %#v, want an empty list", c.Imported)
	}
	if err != nil || strings.Count(hash, ":") != 1 || strings.HasPrefix(hash, "$") {
		t.Errorf("the hash is %q, %v, want salt and key in the form of Better Auth", hash, err)
	}
}

func tableSettings() []setting {
	var all []setting
	for _, model := range []string{"user", "session", "account", "verification"} {
		add := func(key, json string, n kernia.Naming) {
			all = append(all, setting{
				model + "." + key, fmt.Sprintf(`"%s": {"%s": %s}`, model, key, json),
				func(c *kernia.Config) { c.Tables = map[string]kernia.Naming{model: n} },
			})
		}
		add("modelName", `"t"`, kernia.Naming{Table: "t"})
		add("fields", `{"id": "key"}`, kernia.Naming{Columns: map[string]string{"id": "key"}})
	}
	return all
}

func fieldSettings() []setting {
	var all []setting
	add := func(key, json string, f kernia.Extra) {
		json = `{"additionalFields": {"x": {` + json + `}}}`
		all = append(all,
			setting{"user.additionalFields.*." + key, `"user": ` + json, func(c *kernia.Config) { c.UserFields = []kernia.Extra{f} }},
			setting{"session.additionalFields.*." + key, `"session": ` + json, func(c *kernia.Config) { c.SessionFields = []kernia.Extra{f} }})
	}
	def := "x"
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	type field = kernia.Field[string]
	add("type", `"type": "string"`, field{Name: "x", Input: true, Required: true})
	add("type", `"type": "boolean"`, kernia.Field[bool]{Name: "x", Input: true, Required: true})
	add("type", `"type": "number", "defaultValue": 3`, kernia.Field[int64]{Name: "x", Input: true, Required: true, Default: kernia.Some(int64(3))})
	add("type", `"type": "date", "defaultValue": "2026-01-02T03:04:05Z"`, kernia.Field[time.Time]{Name: "x", Input: true, Required: true, Default: kernia.Some(date)})
	add("type", `"type": "string[]", "defaultValue": ["a"]`, kernia.Field[[]string]{Name: "x", Input: true, Required: true, Default: kernia.Some([]string{"a"})})
	add("required", `"type": "string", "required": false, "defaultValue": "x"`, kernia.Field[*string]{Name: "x", Input: true, Default: kernia.Some(&def)})
	add("defaultValue", `"type": "string", "defaultValue": "x"`, field{Name: "x", Input: true, Required: true, Default: kernia.Some("x")})
	add("input", `"type": "string", "input": false, "defaultValue": "x"`, field{Name: "x", Required: true, Default: kernia.Some("x")})
	add("returned", `"type": "string", "returned": false`, field{Name: "x", Input: true, Required: true, Hidden: true})
	add("unique", `"type": "string", "unique": true`, field{Name: "x", Input: true, Required: true, Unique: true})
	add("fieldName", `"type": "string", "fieldName": "col"`, field{Name: "x", Input: true, Required: true, Column: "col"})
	return all
}

func TestDefaults(t *testing.T) {
	t.Run("AreThoseOfTheCore", func(t *testing.T) {
		c, features, err := mustDecode(t, "{"+minimal+"}").Core()
		if err != nil {
			t.Fatal(err)
		}
		want := kernia.Config{
			BaseURL: "https://a.example.com", Secret: secret, Tables: map[string]kernia.Naming{}, Cookies: kernia.CookieConfig{Prefix: "better-auth"},
			Session: kernia.SessionConfig{
				ExpiresIn: 7 * 24 * time.Hour, UpdateAge: 24 * time.Hour, FreshAge: 24 * time.Hour, PerUser: 100,
				Cache: kernia.CacheConfig{MaxAge: 5 * time.Minute, Version: "1"},
			},
			RateLimit: kernia.RateLimitConfig{Window: 10 * time.Second, Max: 100},
		}
		if !reflect.DeepEqual(c, want) || len(features) != 2 {
			t.Errorf("Core = %+v, want %+v; %d features, want 2", plain(c), plain(want), len(features))
		}
	})
	t.Run("AreReadFromEachTag", func(t *testing.T) {
		s := mustDecode(t, "{}")
		walk("", reflect.ValueOf(s), func(path string, part any) {
			v := reflect.ValueOf(part).Elem()
			for f := range v.Type().Fields() {
				if text := f.Tag.Get("default"); text != "" && fmt.Sprint(v.FieldByIndex(f.Index)) != text {
					t.Errorf("%s.%s is %v, want %s", path, f.Name, v.FieldByIndex(f.Index), text)
				}
			}
		})
	})
	t.Run("TryTheServerOut", func(t *testing.T) {
		s, err := Decode(nil, nil)
		if err != nil || !s.Development || !s.EmailAndPassword.Enabled || s.Store.DSN != "kernia.db" || s.Mail.Outbox != "kernia-outbox.jsonl" || s.Missing() != nil {
			t.Errorf("Decode of nothing = %+v, %v", s, err)
		}
		s, err = Decode(nil, map[string]string{"KERNIA_DEVELOPMENT": "true", "KERNIA_ADDR": ":1"})
		if err != nil || !s.EmailAndPassword.Enabled || s.Missing() != nil {
			t.Errorf("Decode of KERNIA_DEVELOPMENT and an address = %+v, %v", s, err)
		}
		s, err = Decode(nil, map[string]string{"KERNIA_DEVELOPMENT": "true", "KERNIA_EMAIL_AND_PASSWORD_ENABLED": "false"})
		if err != nil || s.EmailAndPassword.Enabled {
			t.Errorf("e-mail and password are on where a variable says off: %v", err)
		}
		if s := mustDecode(t, "{}"); s.Development || s.EmailAndPassword.Enabled {
			t.Error("an empty file is for trying the server out")
		}
	})
}

func TestSettings(t *testing.T) {
	t.Run("HideTheirSecrets", func(t *testing.T) {
		s := mustDecode(t, `{"secret": "`+secret+`", "secrets": [{"value": "`+secret+`"}]}`)
		for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", *s), fmt.Sprintf("%#v", s), s.LogValue().String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has the secret", text)
			}
		}
	})
	t.Run("MissWhatProductionNeeds", func(t *testing.T) {
		err := mustDecode(t, "{}").Missing()
		if err == nil || !strings.HasPrefix(err.Error(), "secret: is missing") || !strings.Contains(err.Error(), "\nbaseURL: is missing") {
			t.Errorf("Missing = %v, want both", err)
		}
		s, err := Decode(nil, map[string]string{"KERNIA_ADDR": ":1"})
		if err != nil || s.Missing() == nil || !strings.Contains(s.Missing().Error(), "KERNIA_DEVELOPMENT=true") {
			t.Errorf("with an address alone Missing = %v, want how to try the server out", s.Missing())
		}
		if err := mustDecode(t, "{"+minimal+"}").Missing(); err != nil {
			t.Error(err)
		}
	})
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		text string
		env  map[string]string
		want string
	}{
		{`{"baseURL": "ftp://x", "secret": "` + secret + `"}`, nil, "baseURL: must be"},
		{`{"secret": "` + secret + `"}`, map[string]string{"KERNIA_BASE_URL": "ftp://x"}, "KERNIA_BASE_URL (baseURL): must be"},
		{"{" + minimal + "}", map[string]string{"KERNIA_SESSION": `{"expiresIn": 99999999}`}, "KERNIA_SESSION (session.expiresIn): must be"},
		{`{"baseURL": "https://a.example.com", "secrets": [{"value": "short"}]}`, nil, "secrets: "},
		{"{" + minimal + `, "user": {"fields": {"phone": "tel"}}}`, nil, "modelName or fields: "},
		{"{" + minimal + `, "advanced": {"cookies": {"sid": {"name": "x"}}}}`, nil, "advanced.cookies: "},
	} {
		s, err := Decode([]byte(c.text), c.env)
		if err != nil {
			t.Fatal(err)
		}
		cfg, features, err := s.Core()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Store = memory.New()
		_, err = kernia.New(cfg, features...)
		if err == nil || !strings.HasPrefix(s.Explain(err).Error(), c.want) {
			t.Errorf("%s: Explain = %v, want %q", c.text, s.Explain(err), c.want)
		}
	}
	other := fmt.Errorf("other")
	if got := new(Settings).Explain(other); got != other { //nolint:errorlint // it is the same
		t.Errorf("Explain = %v, want the error itself", got)
	}
}
