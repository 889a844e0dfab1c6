package kerniagrpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	kerniagrpc "github.com/kernia-go/kernia/adapters/rpc/grpc"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
)

const ann = "ann@example.com"

// signed returns a token with its signature, as a cookie carries it.
func signed(c kerniatest.Client) string {
	_, value, _ := strings.Cut(c.Cookie, "=")
	return value
}

func TestCaller(t *testing.T) {
	features := map[string][]kernia.Feature{
		"WithBearer":      {bearer.Feature{}},
		"WithoutBearer":   nil,
		"SignaturesAlone": {bearer.Feature{RequireSignature: true}},
	}
	for name, features := range features {
		s := start(t, kernia.Config{}, features...)
		c := kerniatest.SignIn(t, s.auth, ann)
		other := kerniatest.SignIn(t, s.auth, "bob@example.com")
		bare := ann
		if name == "SignaturesAlone" {
			bare = "nobody"
		}
		for _, test := range []struct {
			name  string
			pairs []string
			want  string
		}{
			{"Nobody", nil, "nobody"},
			{"Bearer", []string{"authorization", c.Bearer}, bare},
			{"BearerInAnyCase", []string{"Authorization", "bEARER   " + c.Session.Token}, bare},
			{"SignedBearer", []string{"authorization", "Bearer " + signed(c)}, ann},
			{"Cookie", []string{"cookie", "theme=dark; " + c.Cookie}, ann},
			{"CookieInPieces", []string{"cookie", "theme=dark", "cookie", c.Cookie}, ann},
			{"BearerBeforeCookie", []string{"authorization", "Bearer " + signed(c), "cookie", other.Cookie}, ann},
			{"OtherScheme", []string{"authorization", "Basic YW5uOnBhc3N3b3Jk"}, "nobody"},
			{"SchemeAlone", []string{"authorization", "Bearer"}, "nobody"},
			{"NothingAfterScheme", []string{"authorization", "Bearer "}, "nobody"},
			{"TokenAlone", []string{"authorization", c.Session.Token}, "nobody"},
			{"WrongSignature", []string{"authorization", "Bearer " + c.Session.Token + "." + strings.Repeat("A", 43) + "="}, "nobody"},
			{"SignatureOfAnother", []string{"authorization", "Bearer " + c.Session.Token + signed(other)[32:]}, "nobody"},
			{"MadeUp", []string{"authorization", "Bearer " + strings.Repeat("x", 32)}, "nobody"},
			{"Handle", []string{"authorization", "Bearer sha256:" + strings.Repeat("A", 43)}, "nobody"},
			{"Junk", []string{"authorization", "Bearer a;b=c%zz.%00;;" + c.Cookie}, "nobody"},
			{"Huge", []string{"authorization", "Bearer " + strings.Repeat("x", 100_000)}, "nobody"},
			{"HugeCookie", []string{"cookie", strings.Repeat("x", 100_000)}, "nobody"},
			{"Binary", []string{"authorization-bin", c.Bearer, "cookie-bin", c.Cookie}, "nobody"},
			{"G10_NoIdentityInMetadata", []string{
				"x-user-id", c.User.ID, "x-forwarded-user", ann, "x-auth-request-email", ann, "user", ann, "userid", c.User.ID,
				"session", c.Session.Token, "x-session-token", c.Session.Token, "better-auth.session_token", signed(c),
				"grpcgateway-authorization", c.Bearer, "grpcgateway-cookie", c.Cookie, "proxy-authorization", c.Bearer,
			}, "nobody"},
		} {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				for _, method := range []string{hello, peek} {
					if got, err := s.call(t, method, test.pairs...); got != test.want || err != nil {
						t.Errorf("%s sees %q, %v, want %q", method, got, err, test.want)
					}
				}
				for _, method := range []string{who, watch} {
					got, err := s.call(t, method, test.pairs...)
					if test.want == "nobody" {
						refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
					} else if got != test.want || err != nil {
						t.Errorf("%s sees %q, %v, want %q", method, got, err, test.want)
					}
				}
			})
		}
	}
}

func TestRefusesTwoCredentials(t *testing.T) {
	s := start(t, kernia.Config{})
	c, other := kerniatest.SignIn(t, s.auth, ann), kerniatest.SignIn(t, s.auth, "bob@example.com")
	for _, method := range []string{who, hello, watch, peek} {
		_, err := s.call(t, method, "authorization", c.Bearer, "authorization", other.Bearer)
		refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
	}
	if s.ran != 0 {
		t.Errorf("a handler ran %d times", s.ran)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := start(t, kernia.Config{Session: kernia.SessionConfig{ExpiresIn: time.Hour, DisableRefresh: true}})
	revoked, expired := kerniatest.SignIn(t, s.auth, ann), kerniatest.SignIn(t, s.auth, ann)
	if _, err := s.auth.Sessions.Revoke(t.Context(), revoked.Session.Token); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{who, watch} {
		_, err := s.call(t, method, "authorization", revoked.Bearer)
		refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
		if got, err := s.call(t, method, "authorization", expired.Bearer); got != ann || err != nil {
			t.Errorf("%s sees %q, %v before the end", method, got, err)
		}
	}
	s.clock.Advance(time.Hour)
	for _, method := range []string{who, watch} {
		_, err := s.call(t, method, "authorization", expired.Bearer)
		refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
	}
}

func TestExtendsSession(t *testing.T) {
	for name, features := range map[string][]kernia.Feature{"WithBearer": {bearer.Feature{}}, "WithoutBearer": nil} {
		t.Run(name, func(t *testing.T) {
			s := start(t, kernia.Config{}, features...)
			c := kerniatest.SignIn(t, s.auth, ann)
			s.clock.Advance(2 * 24 * time.Hour)
			if got, err := s.call(t, who, "authorization", c.Bearer); got != ann || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			p, err := s.auth.Verify(t.Context(), c.Session.Token)
			if err != nil || p == nil {
				t.Fatalf("Verify = %v, %v", p, err)
			}
			if got, want := p.Session.ExpiresAt, c.Session.ExpiresAt.Add(2*24*time.Hour); !got.Equal(want) {
				t.Errorf("expires %v, want %v", got, want)
			}
		})
	}
}

// TestStreamIsCheckedOnce: what the documentation says of a session that ends in the midst of a stream.
func TestStreamIsCheckedOnce(t *testing.T) {
	s := start(t, kernia.Config{})
	c := kerniatest.SignIn(t, s.auth, ann)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", c.Bearer), 10*time.Second)
	defer cancel()
	f := s.follow(ctx, t, watch)
	out := new(wrapperspb.StringValue)
	if err := f.ask(out); err != nil || out.GetValue() != ann {
		t.Fatalf("%q, %v", out.GetValue(), err)
	}
	if _, err := s.auth.Sessions.Revoke(ctx, c.Session.Token); err != nil {
		t.Fatal(err)
	}
	if err := f.ask(out); err != nil || out.GetValue() != ann {
		t.Errorf("after the session: %q, %v, want the stream to go on", out.GetValue(), err)
	}
	_, err := s.call(t, watch, "authorization", c.Bearer)
	refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
}

// TestOutage: a store that is down signs nobody out, and lets nobody in.
func TestOutage(t *testing.T) {
	for name, down := range map[string]error{
		"Unavailable": fmt.Errorf("dial tcp 10.1.2.3:5432: %w", ports.ErrUnavailable),
		"Slow":        context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, kernia.Config{})
			c := kerniatest.SignIn(t, s.auth, ann)
			s.store.down = down
			for _, method := range []string{who, hello, watch, peek} {
				_, err := s.call(t, method, "authorization", c.Bearer)
				refused(t, err, codes.Unavailable, "SERVICE_UNAVAILABLE")
				if strings.Contains(err.Error(), "10.1.2.3") {
					t.Errorf("the cause is told: %v", err)
				}
			}
			if s.ran != 0 {
				t.Errorf("a handler ran %d times", s.ran)
			}
			if got, err := s.call(t, hello); got != "nobody" || err != nil {
				t.Errorf("without a credential: %q, %v", got, err)
			}
			s.store.down = nil
			if got, err := s.call(t, who, "authorization", c.Bearer); got != ann || err != nil {
				t.Errorf("after the outage: %q, %v", got, err)
			}
		})
	}
	t.Run("Defect", func(t *testing.T) {
		s := start(t, kernia.Config{})
		c := kerniatest.SignIn(t, s.auth, ann)
		s.store.down = errors.New("syntax error")
		_, err := s.call(t, who, "authorization", c.Bearer)
		refused(t, err, codes.Internal, "INTERNAL_SERVER_ERROR")
	})
}

func TestHandlerErrors(t *testing.T) {
	s := start(t, kernia.Config{})
	c := kerniatest.SignIn(t, s.auth, ann)
	for _, test := range []struct {
		name   string
		err    error
		code   codes.Code
		reason string
	}{
		{"Kernia", kernia.ErrNotFresh, codes.PermissionDenied, "SESSION_NOT_FRESH"},
		{"Wrapped", fmt.Errorf("saving: %w", kernia.ErrUserExists.Because(errors.New("secret cause"))), codes.AlreadyExists, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
		{"Own", status.Error(codes.DataLoss, "secret of the application's own"), codes.DataLoss, ""},
		{"Plain", errors.New("plain"), codes.Unknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.err = test.err
			for _, method := range []string{fail, watch} {
				_, err := s.call(t, method, "authorization", c.Bearer)
				refused(t, err, test.code, test.reason)
				if strings.Contains(err.Error(), "cause") {
					t.Errorf("the cause is told: %v", err)
				}
			}
		})
	}
}

func TestMethodsAreExact(t *testing.T) {
	optional := kerniagrpc.Methods(hello)
	for method, want := range map[string]bool{hello: true, who: false, "": false, hello + "/": false, "acme.Notes/Hello": false, hello[:len(hello)-1]: false} {
		if got := optional(method); got != want {
			t.Errorf("Methods(%q)(%q) = %v", hello, method, got)
		}
	}
}
