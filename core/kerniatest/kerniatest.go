// Package kerniatest helps an application, and the author of a feature, test their own code: an Auth on a store in
// memory, a user who is signed in with one call, and a browser that calls routes without a network. It is for tests
// alone.
package kerniatest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// Secret and BaseURL are what New uses where the test does not say. With a BaseURL of the test's own, New makes a secret
// for that: kernia.New refuses Secret for a public site.
const (
	Secret  = "kernia-test-secret-that-is-not-for-use-anywhere"
	BaseURL = "http://localhost:8080/api/auth"
)

// New returns an Auth with the features, on a store in memory with its tables in place unless cfg has a store of its
// own, with a fast hasher unless it has one, without rate limits unless it enables them. Other settings are as cfg says:
// give it a [memory.Clock] to decide what time it is.
func New(t testing.TB, cfg kernia.Config, features ...kernia.Feature) *kernia.Auth {
	t.Helper()
	if cfg.Store == nil {
		cfg.Store = memory.New()
	}
	if cfg.Hasher == nil {
		cfg.Hasher = &memory.Hasher{}
	}
	if cfg.Secret == "" {
		cfg.Secret = secretFor(cfg.BaseURL)
	}
	if cfg.BaseURL == "" && !cfg.Development {
		cfg.BaseURL = BaseURL
	}
	cfg.RateLimit.Disabled = cfg.RateLimit.Disabled || !cfg.RateLimit.Enabled
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		t.Fatalf("kerniatest: %v", err)
	}
	if _, err := auth.Migrate(t.Context(), true); err != nil {
		t.Fatalf("kerniatest: %v", err)
	}
	t.Cleanup(func() { _ = auth.Close(context.WithoutCancel(t.Context())) })
	return auth
}

// secretFor returns Secret, or another one for the URL of a public site, where kernia.New refuses Secret.
func secretFor(baseURL string) string {
	if baseURL == "" {
		return Secret
	}
	sum := sha256.Sum256([]byte(Secret + baseURL))
	return hex.EncodeToString(sum[:])
}

// A Client is a user who is signed in.
type Client struct {
	User    kernia.User
	Session kernia.Session
	Cookie  string // for a Cookie header
	Bearer  string // for an Authorization header, where the feature bearer is on
}

// SignIn returns a user with the e-mail address, signed in; the user is made where there is none. The session
// begins as any other, hooks included; no password is asked.
func SignIn(t testing.TB, auth *kernia.Auth, email string) Client {
	t.Helper()
	ctx := t.Context()
	u, err := auth.Users.FindByEmail(ctx, email)
	if err == nil && u == nil {
		fresh := auth.Users.New(ctx)
		fresh.Email = email
		fresh.Name, _, _ = strings.Cut(email, "@")
		fresh.EmailVerified = true
		var created kernia.User
		created, err = auth.Users.Create(ctx, fresh)
		u = &created
	}
	if err != nil {
		t.Fatalf("kerniatest: signing in: %v", err)
	}
	s, err := auth.Sessions.Issue(ctx, *u, kernia.NewSession{})
	if err != nil {
		t.Fatalf("kerniatest: signing in: %v", err)
	}
	return Client{User: *u, Session: s, Cookie: auth.Sessions.Cookie(s.Token), Bearer: "Bearer " + s.Token}
}
