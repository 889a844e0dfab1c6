package kerniagrpc

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/kernia-go/kernia/adapters/rpc/grpc/authpb" //nolint:depguard // the adapter's own generated code
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
)

// Register adds the service kernia.auth.v1.Auth to a server: sign up, in and out, and whose a token is. It needs the
// feature emailpassword; without it, and for paths in Config.DisabledPaths, signing up and in are
// codes.Unimplemented. Rate limits,
// by the address of the peer, are those of the routes of the same names, and so are validation, hooks and errors.
func Register(s grpc.ServiceRegistrar, auth *kernia.Auth) {
	authpb.RegisterAuthServer(s, &server{door: newDoor(auth, Options{})})
}

type server struct {
	authpb.UnimplementedAuthServer
	door *door
}

func (s *server) SignUp(ctx context.Context, in *authpb.SignUpRequest) (*authpb.SignUpResponse, error) {
	body := in.GetFields().AsMap()
	body["name"], body["email"], body["password"] = in.GetName(), in.GetEmail(), in.GetPassword()
	delete(body, "image") // a field of the request's own, as are rememberMe and the three above
	delete(body, "rememberMe")
	if in.Image != nil {
		body["image"] = in.GetImage()
	}
	if in.RememberMe != nil {
		body["rememberMe"] = in.GetRememberMe()
	}
	out, err := s.serve(ctx, "/sign-up/email", body)
	if err != nil {
		return nil, err
	}
	return &authpb.SignUpResponse{Token: out.Token, User: out.user}, nil
}

func (s *server) SignIn(ctx context.Context, in *authpb.SignInRequest) (*authpb.SignInResponse, error) {
	body := map[string]any{"email": in.GetEmail(), "password": in.GetPassword()}
	if in.RememberMe != nil {
		body["rememberMe"] = in.GetRememberMe()
	}
	out, err := s.serve(ctx, "/sign-in/email", body)
	if err != nil {
		return nil, err
	}
	return &authpb.SignInResponse{Token: out.Token, User: out.user}, nil
}

func (s *server) Verify(ctx context.Context, in *authpb.VerifyRequest) (*authpb.VerifyResponse, error) {
	var p *kernia.Principal
	var err error
	if in.GetToken() == "" {
		p, err = s.door.caller(ctx, authpb.Auth_Verify_FullMethodName, true)
	} else {
		p, err = s.door.auth.Verify(ctx, in.GetToken())
	}
	if err == nil && p == nil {
		err = kernia.ErrUnauthorized
	}
	if err != nil {
		return nil, Status(err)
	}
	var members map[string]any
	if err := json.Unmarshal(p.User.AppendJSON(nil), &members); err != nil {
		return nil, Status(err)
	}
	u, err := readUser(members)
	if err != nil {
		return nil, Status(err)
	}
	return &authpb.VerifyResponse{User: u, Session: &authpb.Session{
		Id: p.Session.ID, UserId: p.Session.UserID, ExpiresAt: timestamppb.New(p.Session.ExpiresAt),
		CreatedAt: timestamppb.New(p.Session.CreatedAt), UpdatedAt: timestamppb.New(p.Session.UpdatedAt),
	}}, nil
}

func (s *server) SignOut(ctx context.Context, _ *authpb.SignOutRequest) (*authpb.SignOutResponse, error) {
	p, err := s.door.caller(ctx, authpb.Auth_SignOut_FullMethodName, false)
	if err != nil {
		return nil, err
	}
	if p != nil {
		if err := emailpassword.SignOut(kernia.As(ctx, p.Session.Token), s.door.auth); err != nil {
			return nil, Status(err)
		}
	}
	return &authpb.SignOutResponse{}, nil
}

// signedIn is what sign-up and sign-in answer.
type signedIn struct {
	Token string         `json:"token"`
	User  map[string]any `json:"user"`
	user  *authpb.User
}

// serve runs a route rather than the typed call: the limits that slow down who guesses passwords are the routes'.
// No credential goes with it, so there is none that a foreign page could have added.
func (s *server) serve(ctx context.Context, path string, body map[string]any) (out signedIn, err error) {
	r := request(ctx, s.door.auth.BasePath()+path)
	r.Method = "POST"
	r.Header["Content-Type"] = []string{"application/json"}
	if r.Body, err = json.Marshal(body); err != nil {
		return out, Status(err)
	}
	r.Length = int64(len(r.Body))
	resp := s.door.auth.Serve(ctx, r)
	switch {
	case resp.Status == 404 && !json.Valid(resp.Body): // there is no such route
		return out, Status(kernia.ErrUnknownOperation)
	case resp.Status != 200:
		return out, refusal(&resp)
	}
	if err := json.Unmarshal(resp.Body, &out); err != nil {
		return out, Status(err)
	}
	out.user, err = readUser(out.User)
	return out, Status(err)
}

// readUser reads a user as the wire has it, and keeps nothing of its own in members: what is left there is the
// application's.
func readUser(members map[string]any) (*authpb.User, error) {
	text := func(name string) string {
		s, _ := members[name].(string)
		delete(members, name)
		return s
	}
	instant := func(name string) *timestamppb.Timestamp {
		t, err := time.Parse(ports.TimeFormat, text(name))
		if err != nil {
			return nil
		}
		return timestamppb.New(t)
	}
	u := &authpb.User{
		Id: text("id"), Name: text("name"), Email: text("email"), CreatedAt: instant("createdAt"), UpdatedAt: instant("updatedAt"),
	}
	u.EmailVerified, _ = members["emailVerified"].(bool)
	delete(members, "emailVerified")
	if image, ok := members["image"].(string); ok {
		u.Image = &image
	}
	delete(members, "image")
	var err error
	u.Fields, err = structpb.NewStruct(members)
	return u, err
}
