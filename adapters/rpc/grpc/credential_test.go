package kerniagrpc_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kernia-go/kernia/adapters/rpc/grpc/authpb"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// who returns whom an optional method sees, or the code with which it is refused.
func (s *server) who(t *testing.T, pairs ...string) string {
	t.Helper()
	got, err := s.call(t, hello, pairs...)
	if err != nil {
		return status.Code(err).String()
	}
	return got
}

// keys authenticates one user by a key without a session, and sends every sign-in to a further step.
type keys struct {
	user    *kernia.User
	further bool
}

func (k keys) Declare(d *kernia.Declaration) {
	d.Name("keys")
	d.Authenticate("X-Api-Key", func(_ context.Context, _ *kernia.Call, value string) (kernia.Presented, error) {
		if value != "right" {
			return kernia.Presented{}, nil
		}
		return kernia.Presented{Principal: &kernia.Principal{User: *k.user}}, nil
	})
	d.Interrupt(func(context.Context, *kernia.Call, kernia.Attempt) error {
		if k.further {
			return &kernia.Diversion{Answer: kernia.Status{Status: true}}
		}
		return nil
	})
}

func TestCallerByKey(t *testing.T) {
	user := &kernia.User{}
	s := start(t, kernia.Config{}, keys{user: user})
	*user = kerniatest.SignIn(t, s.auth, ann).User
	if got := s.who(t, "x-api-key", "right"); got != ann {
		t.Errorf("a key is %q, want %q", got, ann)
	}
	if got := s.who(t, "x-api-key", "wrong"); got != "nobody" {
		t.Errorf("a wrong key is %q, want nobody", got)
	}
}

func TestCookieFromForeignOrigin(t *testing.T) {
	s := start(t, kernia.Config{TrustedOrigins: []string{"https://app.example.com"}})
	c := kerniatest.SignIn(t, s.auth, ann)
	if got := s.who(t, "cookie", c.Cookie, "origin", "https://app.example.com"); got != ann {
		t.Errorf("a cookie from a trusted origin is %q, want %q", got, ann)
	}
	if got := s.who(t, "cookie", c.Cookie, "origin", "https://evil.example"); got != codes.PermissionDenied.String() {
		t.Errorf("a cookie from a foreign origin is %q, want it denied", got)
	}
}

func TestServiceHoldsToBearer(t *testing.T) {
	s := start(t, kernia.Config{}, emailpassword.Feature{}, bearer.Feature{RequireSignature: true})
	c := kerniatest.SignIn(t, s.auth, ann)
	client := authpb.NewAuthClient(s.conn)
	_, err := client.Verify(t.Context(), &authpb.VerifyRequest{Token: c.Session.Token})
	refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
	if _, err := client.Verify(t.Context(), &authpb.VerifyRequest{Token: signed(c)}); err != nil {
		t.Errorf("a signed token is refused: %v", err)
	}
}

func TestServiceTellsOfAFurtherStep(t *testing.T) {
	s := start(t, kernia.Config{}, emailpassword.Feature{}, keys{further: true})
	client := authpb.NewAuthClient(s.conn)
	_, err := client.SignUp(t.Context(), &authpb.SignUpRequest{Name: "Ann", Email: ann, Password: "password123"})
	refused(t, err, codes.FailedPrecondition, "FURTHER_STEP_REQUIRED")
}
