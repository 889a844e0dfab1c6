package kernia_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestD12_PublishedSecrets: what examples and kits show signs nothing on a public site, nor verifies there.
func TestD12_PublishedSecrets(t *testing.T) {
	const private = "Qm8xv1kTz0pLr5wN7yB3dF6hJ9sG2aCQm8x-_uIeOtYq"
	for _, c := range []struct {
		url, secret, old string
		taken            bool
	}{
		{"https://api.example.com", kerniatest.Secret, "", true},
		{"http://localhost:8080", kerniatest.Secret, "", true},
		{"http://app.localhost", kerniatest.Secret, "", true},
		{"http://127.0.0.1:1", kerniatest.Secret, "", true},
		{"http://[::1]", kerniatest.Secret, "", true},
		{"https://auth.test", kerniatest.Secret, "", true},
		{"https://api.acme.com", private, "", true},
		{"https://api.acme.com", kerniatest.Secret, "", false},
		{"https://api.acme.com", "keep-32-random-bytes-in-the-environment", "", false},
		{"https://api.acme.com", "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", "", false},
		{"https://api.acme.com", private, kerniatest.Secret, false},
		{"https://api.example.acme.com", kerniatest.Secret, "", false},
		{"http://192.168.0.1", kerniatest.Secret, "", false},
		{"https://auth.internal", kerniatest.Secret, "", false},
	} {
		cfg := kernia.Config{BaseURL: c.url, Secret: c.secret, Store: memory.New()}
		if c.old != "" {
			cfg.OldSecrets = []string{c.old}
		}
		if _, err := kernia.New(cfg); (err == nil) != c.taken {
			t.Errorf("%s with %q, %q: %v, want taken %v", c.url, c.secret, c.old, err, c.taken)
		}
	}
	if auth := kerniatest.New(t, kernia.Config{BaseURL: "https://api.acme.com"}); auth == nil {
		t.Error("a test cannot have the URL of a public site")
	}
}

func TestSettingError(t *testing.T) {
	for _, c := range []struct {
		setting string
		spoil   func(*kernia.Config)
	}{
		{"Config.Store", func(c *kernia.Config) { c.Store = nil }},
		{"Config.BaseURL", func(c *kernia.Config) { c.BaseURL = "" }},
		{"Config.BaseURL", func(c *kernia.Config) { c.BaseURL = "ftp://example.com" }},
		{"Config.BasePath", func(c *kernia.Config) { c.BasePath = "auth" }},
		{"Config.Secret", func(c *kernia.Config) { c.Secret = "short" }},
		{"Config.OldSecrets", func(c *kernia.Config) { c.OldSecrets = []string{"short"} }},
		{"Config.SecretFile", func(c *kernia.Config) {
			c.Development, c.Secret, c.SecretFile = true, "", filepath.Join(t.TempDir(), "none", "secret")
		}},
		{"Config.TrustedOrigins", func(c *kernia.Config) { c.TrustedOrigins = []string{"*"} }},
		{"Config.DisabledPaths", func(c *kernia.Config) { c.DisabledPaths = []string{"update-user"} }},
		{"Config.DisabledPaths", func(c *kernia.Config) { c.DisabledPaths = []string{"/update-users"} }},
		{"Config.RateLimit", func(c *kernia.Config) {
			c.RateLimit.Rules = []kernia.RateRule{{Path: "/get-sesion", Max: 1, Window: time.Second}}
		}},
		{"Config.BodyLimit", func(c *kernia.Config) { c.BodyLimit = -1 }},
		{"Config.Timeout", func(c *kernia.Config) { c.Timeout = -1 }},
		{"Config.RateLimit", func(c *kernia.Config) { c.RateLimit.Enabled, c.RateLimit.Disabled = true, true }},
		{"Config.RateLimit", func(c *kernia.Config) { c.RateLimit.Rules = []kernia.RateRule{{Path: "a"}} }},
		{"Config.Session.ExpiresIn", func(c *kernia.Config) { c.Session.ExpiresIn = -1 }},
		{"Config.Session.ExpiresIn", func(c *kernia.Config) { c.Session.ExpiresIn = 401 * 24 * time.Hour }},
		{"Config.Session.Place", func(c *kernia.Config) { c.Session.Place = kernia.InKV }},
		{"Config.Session.StoreTokens", func(c *kernia.Config) {
			c.KV, c.Session.Place, c.Session.StoreTokens = memory.NewKV(memory.KVOptions{}), kernia.InKV, kernia.Plain
		}},
		{"Config.Cookies", func(c *kernia.Config) { c.Cookies.Domain = "a b" }},
		{"Config.Cookies.Names", func(c *kernia.Config) { c.Cookies.Names = map[string]string{"sid": "x"} }},
		{"Config.Cookies.Names", func(c *kernia.Config) {
			c.Cookies.Names = map[string]string{"session_token": "x", "session_data": "x"}
		}},
		{"Config.Tables", func(c *kernia.Config) { c.Tables = map[string]kernia.Naming{"people": {}} }},
		{"Config.Tables", func(c *kernia.Config) {
			c.Tables = map[string]kernia.Naming{"user": {Columns: map[string]string{"phone": "tel"}}}
		}},
		{"Config.UserFields", func(c *kernia.Config) { c.UserFields = []kernia.Extra{kernia.Field[string]{}} }},
		{"Config.SessionFields", func(c *kernia.Config) {
			c.SessionFields = []kernia.Extra{kernia.Field[string]{Name: "password", Input: true}}
		}},
	} {
		cfg := kernia.Config{BaseURL: own, Secret: kerniatest.Secret, Store: memory.New()}
		c.spoil(&cfg)
		_, err := kernia.New(cfg)
		wrong, ok := errors.AsType[*kernia.SettingError](err)
		if !ok || wrong.Setting != c.setting {
			t.Errorf("New = %v, want a SettingError about %s", err, c.setting)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "kernia: "+c.setting+": ") {
			t.Errorf("the error about %s says %q", c.setting, text)
		}
	}
	t.Run("LeadsToTheCause", func(t *testing.T) {
		_, err := kernia.New(kernia.Config{
			Development: true, SecretFile: filepath.Join(t.TempDir(), "none", "secret"), BaseURL: own, Store: memory.New(),
		})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("New = %v, want it to wrap fs.ErrNotExist", err)
		}
	})
}
