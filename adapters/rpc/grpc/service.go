package kerniagrpc

import (
	"context"

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
	authpb.RegisterAuthServer(s, &server{auth: auth})
}

type server struct {
	authpb.UnimplementedAuthServer
	auth *kernia.Auth
}

func (s *server) SignUp(ctx context.Context, in *authpb.SignUpRequest) (*authpb.SignUpResponse, error) {
	fields, err := kernia.FieldValuesOf(in.GetFields().AsMap())
	if err != nil {
		return nil, Status(err)
	}
	out, err := emailpassword.SignUp(withClient(ctx), s.auth, emailpassword.SignUpInput{
		Name: in.GetName(), Email: in.GetEmail(), Password: in.GetPassword(),
		Image: optional(in.Image), RememberMe: optional(in.RememberMe), Fields: fields,
	})
	if err != nil {
		return nil, Status(err)
	}
	u, err := userOf(&out.User)
	if err != nil {
		return nil, Status(err)
	}
	resp := &authpb.SignUpResponse{User: u}
	if out.Token != nil {
		resp.Token = *out.Token
	}
	return resp, nil
}

func (s *server) SignIn(ctx context.Context, in *authpb.SignInRequest) (*authpb.SignInResponse, error) {
	out, err := emailpassword.SignIn(withClient(ctx), s.auth, emailpassword.SignInInput{
		Email: in.GetEmail(), Password: in.GetPassword(), RememberMe: optional(in.RememberMe),
	})
	if err != nil {
		return nil, Status(err)
	}
	u, err := userOf(&out.User)
	if err != nil {
		return nil, Status(err)
	}
	return &authpb.SignInResponse{Token: out.Token, User: u}, nil
}

func (s *server) Verify(ctx context.Context, in *authpb.VerifyRequest) (*authpb.VerifyResponse, error) {
	ctx = withClient(ctx)
	who := func() (*kernia.Principal, error) { return caller(ctx, s.auth) }
	if token := in.GetToken(); token != "" {
		who = func() (*kernia.Principal, error) { return present(ctx, s.auth, token) }
	}
	p, err := who()
	if err == nil && p == nil {
		err = kernia.ErrUnauthorized
	}
	if err != nil {
		return nil, Status(err)
	}
	u, err := userOf(&p.User)
	if err != nil {
		return nil, Status(err)
	}
	return &authpb.VerifyResponse{User: u, Session: &authpb.Session{
		Id: p.Session.ID, UserId: p.Session.UserID, ExpiresAt: timestamppb.New(p.Session.ExpiresAt),
		CreatedAt: timestamppb.New(p.Session.CreatedAt), UpdatedAt: timestamppb.New(p.Session.UpdatedAt),
	}}, nil
}

func (s *server) SignOut(ctx context.Context, _ *authpb.SignOutRequest) (*authpb.SignOutResponse, error) {
	ctx = withClient(ctx)
	p, err := caller(ctx, s.auth)
	if err != nil {
		return nil, Status(err)
	}
	if p.HasSession() {
		if err := emailpassword.SignOut(kernia.As(ctx, p.Session.Token), s.auth); err != nil {
			return nil, Status(err)
		}
	}
	return &authpb.SignOutResponse{}, nil
}

func optional[T any](p *T) kernia.Optional[T] {
	if p == nil {
		return kernia.Optional[T]{}
	}
	return kernia.Some(*p)
}

// userOf returns the user as the service has it, with the added fields that clients may see.
func userOf(u *kernia.User) (*authpb.User, error) {
	fields := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for name, v := range u.Shown() {
		value, err := valueOf(v)
		if err != nil {
			return nil, err
		}
		fields.Fields[name] = value
	}
	return &authpb.User{
		Id: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image,
		CreatedAt: timestamppb.New(u.CreatedAt), UpdatedAt: timestamppb.New(u.UpdatedAt), Fields: fields,
	}, nil
}

func valueOf(v ports.Value) (*structpb.Value, error) {
	switch v.Type() {
	case ports.TypeString:
		return structpb.NewStringValue(v.AsString()), nil
	case ports.TypeBool:
		return structpb.NewBoolValue(v.AsBool()), nil
	case ports.TypeInt:
		return structpb.NewNumberValue(float64(v.AsInt())), nil
	case ports.TypeTime:
		return structpb.NewStringValue(v.AsTime().UTC().Format(ports.TimeFormat)), nil
	case ports.TypeList:
		list := &structpb.ListValue{}
		for _, text := range v.AsList() {
			list.Values = append(list.Values, structpb.NewStringValue(text))
		}
		return structpb.NewListValue(list), nil
	case ports.TypeJSON:
		value := &structpb.Value{}
		return value, value.UnmarshalJSON([]byte(v.AsJSON()))
	}
	return structpb.NewNullValue(), nil
}
