package kernia_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestAuthenticateChecksTheOriginOfCookies: only a browser sends a cookie by itself, so only beside a cookie the origin
// counts.
func TestAuthenticateChecksTheOriginOfCookies(t *testing.T) {
	cfg := config()
	cfg.TrustedOrigins = []string{"https://app.example.com"}
	auth := kerniatest.New(t, cfg, bearer.Feature{})
	ann := kerniatest.SignIn(t, auth, "ann@example.com")
	const foreign = "https://evil.example"
	for _, test := range []struct {
		name, header, value, origin string
		want                        error
	}{
		{"a cookie without an origin", "Cookie", ann.Cookie, "", nil},
		{"a cookie from a page of our own", "Cookie", ann.Cookie, own, nil},
		{"a cookie from a trusted page", "Cookie", ann.Cookie, "https://app.example.com", nil},
		{"a cookie from a foreign page", "Cookie", ann.Cookie, foreign, kernia.ErrOrigin},
		{"a bearer token from a foreign page", "Authorization", ann.Bearer, foreign, nil},
	} {
		header := kernia.Header{test.header: {test.value}}
		if test.origin != "" {
			header["Origin"] = []string{test.origin}
		}
		p, err := auth.Authenticate(t.Context(), kernia.Credentials{Header: header})
		if !errors.Is(err, test.want) || (p != nil) != (test.want == nil) {
			t.Errorf("%s: %+v, %v, want %v", test.name, p, err, test.want)
		}
	}
}

// TestAuthenticateAsksForFurtherOrigins: TrustedOriginsFor is asked without HTTP too, and its failure lets nobody in.
func TestAuthenticateAsksForFurtherOrigins(t *testing.T) {
	var failure error
	cfg := config()
	cfg.TrustedOriginsFor = func(context.Context, *kernia.Call) ([]string, error) {
		return []string{"https://tenant.example"}, failure
	}
	auth := kerniatest.New(t, cfg)
	ann := kerniatest.SignIn(t, auth, "ann@example.com")
	ask := func(origin string) (*kernia.Principal, error) {
		header := kernia.Header{"Cookie": {ann.Cookie}, "Origin": {origin}}
		return auth.Authenticate(t.Context(), kernia.Credentials{Header: header})
	}
	if p, err := ask("https://tenant.example"); p == nil || err != nil {
		t.Errorf("from a tenant's page: %+v, %v", p, err)
	}
	failure = errors.New("no tenants today")
	if p, err := ask(own); p != nil || err == nil {
		t.Errorf("while it fails: %+v, %v", p, err)
	}
}

// TestAuthenticateKnowsTheClient: a step that reads a credential sees who presents it, and is in the call's context.
func TestAuthenticateKnowsTheClient(t *testing.T) {
	var address string
	var inside bool
	auth := kerniatest.New(t, config(), named{"keys", func(d *kernia.Declaration) {
		d.Authenticate("X-Key", func(ctx context.Context, c *kernia.Call, _ string) (kernia.Presented, error) {
			address, inside = c.ClientAddress(), kernia.CallFrom(ctx) == c
			return kernia.Presented{}, nil
		})
	}})
	ctx := kernia.WithClient(t.Context(), kernia.Client{Address: "203.0.113.9:5"})
	if p, err := auth.Authenticate(ctx, kernia.Credentials{Header: kernia.Header{"X-Key": {"k"}}}); p != nil || err != nil {
		t.Errorf("Authenticate = %+v, %v", p, err)
	}
	if address != "203.0.113.9" || !inside {
		t.Errorf("the step saw the client %q, in the call: %v", address, inside)
	}
}

// TestCredentialHeaders: a transport without HTTP learns every header that may carry a credential, each once.
func TestCredentialHeaders(t *testing.T) {
	other := keys("X-Key")
	other.name = "others"
	other.declare = func(d *kernia.Declaration) {
		d.Authenticate("X-Key", func(context.Context, *kernia.Call, string) (kernia.Presented, error) {
			return kernia.Presented{}, nil
		})
	}
	auth := kerniatest.New(t, config(), bearer.Feature{}, keys("X-Key"), other)
	if got, want := auth.CredentialHeaders(), []string{"Cookie", "Authorization", "X-Key"}; !slices.Equal(got, want) {
		t.Errorf("CredentialHeaders = %q, want %q", got, want)
	}
}

// TestInvokeRefusesTheWrongTypes: neither another input nor another output than the operation's panics or is believed.
func TestInvokeRefusesTheWrongTypes(t *testing.T) {
	auth := kerniatest.New(t, config())
	if _, err := kernia.Invoke[kernia.Status](t.Context(), auth, "POST /revoke-sessions", 5); !errors.Is(err, kernia.ErrUnknownOperation) {
		t.Errorf("with a number for its input: %v", err)
	}
	ann := kerniatest.SignIn(t, auth, "ann@example.com")
	ctx := kernia.As(t.Context(), ann.Session.Token)
	if _, err := kernia.Invoke[int](ctx, auth, "POST /revoke-sessions", kernia.None{}); !errors.Is(err, kernia.ErrUnknownOperation) {
		t.Errorf("with a number for its output: %v", err)
	}
}
