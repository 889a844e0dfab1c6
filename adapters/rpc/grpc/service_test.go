package kerniagrpc_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	kerniagrpc "github.com/kernia-go/kernia/adapters/rpc/grpc"
	"github.com/kernia-go/kernia/adapters/rpc/grpc/authpb"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
)

func TestService(t *testing.T) {
	plan := kernia.Field[string]{Name: "plan", Default: kernia.Some("free"), Input: true}
	s := start(t, kernia.Config{UserFields: []kernia.Extra{plan}}, emailpassword.Feature{})
	client := authpb.NewAuthClient(s.conn)
	ctx := t.Context()

	up := &authpb.SignUpRequest{Name: "Ann", Email: "Ann@example.com", Password: "password123", Image: new("https://example.com/a.png"), RememberMe: new(false)}
	up.Fields, _ = structpb.NewStruct(map[string]any{"plan": "pro", "email": "eve@example.com", "rememberMe": true})
	joined, err := client.SignUp(ctx, up)
	if err != nil {
		t.Fatal(err)
	}
	u := joined.GetUser()
	if u.GetName() != "Ann" || u.GetEmail() != ann || u.GetImage() != up.GetImage() || u.GetFields().AsMap()["plan"] != "pro" || len(u.GetFields().GetFields()) != 1 || !u.GetCreatedAt().AsTime().Equal(s.clock.Now()) {
		t.Errorf("SignUp = %v", joined)
	}
	who, err := client.Verify(ctx, &authpb.VerifyRequest{Token: joined.GetToken()})
	if err != nil || who.GetUser().GetId() != u.GetId() || who.GetSession().GetUserId() != u.GetId() || who.GetUser().GetFields().AsMap()["plan"] != "pro" {
		t.Fatalf("Verify = %v, %v", who, err)
	}
	if got, want := who.GetSession().GetExpiresAt().AsTime(), s.clock.Now().Add(24*time.Hour); !got.Equal(want) {
		t.Errorf("a session that is not to be remembered ends %v, want %v", got, want)
	}

	in, err := client.SignIn(ctx, &authpb.SignInRequest{Email: ann, Password: "password123"})
	if err != nil || in.GetUser().GetId() != u.GetId() {
		t.Fatalf("SignIn = %v, %v", in, err)
	}
	own := metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+in.GetToken())
	if who, err = client.Verify(own, &authpb.VerifyRequest{}); err != nil || who.GetUser().GetEmail() != ann {
		t.Errorf("Verify of the caller = %v, %v", who, err)
	}
	for range 2 {
		if _, err := client.SignOut(own, &authpb.SignOutRequest{}); err != nil {
			t.Fatalf("SignOut = %v", err)
		}
	}
	if _, err := client.SignOut(ctx, &authpb.SignOutRequest{}); err != nil {
		t.Errorf("SignOut of nobody = %v", err)
	}
	for _, token := range []string{in.GetToken(), "nonsense", "sha256:x"} {
		_, err = client.Verify(ctx, &authpb.VerifyRequest{Token: token})
		refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
	}
	_, err = client.Verify(own, &authpb.VerifyRequest{})
	refused(t, err, codes.Unauthenticated, "UNAUTHORIZED")
	if _, err := client.Verify(ctx, &authpb.VerifyRequest{Token: joined.GetToken()}); err != nil {
		t.Errorf("the other session ended too: %v", err)
	}
}

func TestServiceRefuses(t *testing.T) {
	s := start(t, kernia.Config{}, emailpassword.Feature{})
	client := authpb.NewAuthClient(s.conn)
	ctx := t.Context()
	up := &authpb.SignUpRequest{Name: "Ann", Email: ann, Password: "password123"}
	if _, err := client.SignUp(ctx, up); err != nil {
		t.Fatal(err)
	}
	_, err := client.SignUp(ctx, up)
	refused(t, err, codes.AlreadyExists, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	_, err = client.SignUp(ctx, &authpb.SignUpRequest{Name: "Bob", Email: "bob@example.com", Password: "short"})
	refused(t, err, codes.InvalidArgument, "PASSWORD_TOO_SHORT")
	_, err = client.SignUp(ctx, &authpb.SignUpRequest{})
	refused(t, err, codes.InvalidArgument, "VALIDATION_ERROR")
	_, err = client.SignIn(ctx, &authpb.SignInRequest{Email: ann, Password: "password124"})
	refused(t, err, codes.Unauthenticated, "INVALID_EMAIL_OR_PASSWORD")

	s.store.down = ports.ErrUnavailable
	_, err = client.SignIn(ctx, &authpb.SignInRequest{Email: ann, Password: "password123"})
	refused(t, err, codes.Unavailable, "SERVICE_UNAVAILABLE")
	_, err = client.Verify(ctx, &authpb.VerifyRequest{Token: "0123456789abcdefghijklmnopqrstuv"})
	refused(t, err, codes.Unavailable, "SERVICE_UNAVAILABLE")
	_, err = client.SignOut(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer 0123456789abcdefghijklmnopqrstuv"), &authpb.SignOutRequest{})
	refused(t, err, codes.Unavailable, "SERVICE_UNAVAILABLE")
}

// TestServiceLimits: who guesses passwords is slowed down as over HTTP, and told for how long.
func TestServiceLimits(t *testing.T) {
	s := start(t, kernia.Config{RateLimit: kernia.RateLimitConfig{Enabled: true}}, emailpassword.Feature{})
	client := authpb.NewAuthClient(s.conn)
	var err error
	for range 3 {
		_, err = client.SignIn(t.Context(), &authpb.SignInRequest{Email: ann, Password: "a guess"})
		refused(t, err, codes.Unauthenticated, "INVALID_EMAIL_OR_PASSWORD")
	}
	_, err = client.SignIn(t.Context(), &authpb.SignInRequest{Email: ann, Password: "a guess"})
	refused(t, err, codes.ResourceExhausted, "")
	for _, d := range status.Convert(err).Details() {
		if retry, ok := d.(*errdetails.RetryInfo); ok && retry.GetRetryDelay().AsDuration() == 10*time.Second {
			return
		}
	}
	t.Errorf("no RetryInfo of ten seconds in %v", status.Convert(err).Details())
}

func TestServiceWithoutFeature(t *testing.T) {
	for name, s := range map[string]*server{
		"Absent":   start(t, kernia.Config{}),
		"Disabled": start(t, kernia.Config{DisabledPaths: []string{"/sign-in/email"}}, emailpassword.Feature{}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := authpb.NewAuthClient(s.conn).SignIn(t.Context(), &authpb.SignInRequest{Email: ann, Password: "password123"})
			refused(t, err, codes.Unimplemented, "")
		})
	}
}

// TestServiceTellsTheClient: a session has the address of the peer, whatever the metadata says, and its agent.
func TestServiceTellsTheClient(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	g := grpc.NewServer()
	kerniagrpc.Register(g, auth)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUserAgent("acme/1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", "203.0.113.9")
	up := &authpb.SignUpRequest{Name: "Ann", Email: ann, Password: "password123"}
	up.Fields, _ = structpb.NewStruct(map[string]any{"rememberMe": false, "image": "https://example.com/a.png"})
	joined, err := authpb.NewAuthClient(conn).SignUp(ctx, up)
	if err != nil {
		t.Fatal(err)
	}
	p, err := auth.Verify(ctx, joined.GetToken())
	if err != nil || p == nil {
		t.Fatalf("Verify = %v, %v", p, err)
	}
	if p.Session.IPAddress != "127.0.0.1" || !strings.HasPrefix(p.Session.UserAgent, "acme/1") {
		t.Errorf("the session is of %q, %q", p.Session.IPAddress, p.Session.UserAgent)
	}
	if got := p.Session.ExpiresAt.Sub(p.Session.CreatedAt); got != 7*24*time.Hour || p.User.Image != nil {
		t.Errorf("a field of the application's stands for one of the request: %v, %v", got, p.User.Image)
	}
}

// TestServiceNeedsNoSession: the interceptors let every method of the service pass.
func TestServiceNeedsNoSession(t *testing.T) {
	for _, m := range authpb.Auth_ServiceDesc.Methods {
		ran := false
		pass := kerniagrpc.UnaryInterceptor(kerniatest.New(t, kernia.Config{}), kerniagrpc.Options{})
		_, err := pass(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: "/" + authpb.Auth_ServiceDesc.ServiceName + "/" + m.MethodName},
			func(ctx context.Context, _ any) (any, error) { ran = kerniagrpc.Session(ctx) == nil; return nil, nil })
		if err != nil || !ran {
			t.Errorf("%s is refused: %v", m.MethodName, err)
		}
	}
}
