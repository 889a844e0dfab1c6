package kerniagrpc_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	kerniagrpc "github.com/kernia-go/kernia/adapters/rpc/grpc"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

const (
	who   = "/acme.Notes/Who"   // unary, answers who calls
	hello = "/acme.Notes/Hello" // the same, and optional
	fail  = "/acme.Notes/Fail"  // unary, fails with server.err
	watch = "/acme.Notes/Watch" // answers who calls to each message
	peek  = "/acme.Notes/Peek"  // the same, and optional
)

// A server is an application on gRPC and a store in memory.
type server struct {
	auth  *kernia.Auth
	store *brittle
	clock *memory.Clock
	conn  *grpc.ClientConn
	ran   int   // how often a handler of the application ran
	err   error // what Fail answers
}

// brittle is a store that can be down.
type brittle struct {
	*memory.Store
	down error
}

func (b *brittle) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	if b.down != nil {
		return nil, b.down
	}
	return b.Store.Find(ctx, q, args)
}

func start(t *testing.T, cfg kernia.Config, features ...kernia.Feature) *server {
	t.Helper()
	s := &server{store: &brittle{Store: memory.New()}, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	cfg.Store, cfg.Clock, cfg.Logger = s.store, s.clock, slog.New(slog.DiscardHandler)
	s.auth = kerniatest.New(t, cfg, features...)
	o := kerniagrpc.Options{Optional: kerniagrpc.Methods(hello, peek)}
	g := grpc.NewServer(grpc.UnaryInterceptor(kerniagrpc.UnaryInterceptor(s.auth, o)), grpc.StreamInterceptor(kerniagrpc.StreamInterceptor(s.auth, o)))
	g.RegisterService(s.notes(), s)
	kerniagrpc.Register(g, s.auth)
	listener := bufconn.Listen(1 << 20)
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	conn, err := grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.conn = conn
	return s
}

func name(ctx context.Context) *wrapperspb.StringValue {
	if p := kerniagrpc.Session(ctx); p != nil {
		return wrapperspb.String(p.User.Email)
	}
	return wrapperspb.String("nobody")
}

// notes describes the application's service as generated code does.
func (s *server) notes() *grpc.ServiceDesc {
	unary := func(method string, f func(ctx context.Context) (any, error)) grpc.MethodDesc {
		return grpc.MethodDesc{MethodName: method, Handler: func(_ any, ctx context.Context, dec func(any) error, i grpc.UnaryServerInterceptor) (any, error) {
			in := new(emptypb.Empty)
			if err := dec(in); err != nil {
				return nil, err
			}
			return i(ctx, in, &grpc.UnaryServerInfo{Server: s, FullMethod: "/acme.Notes/" + method}, func(ctx context.Context, _ any) (any, error) {
				s.ran++
				return f(ctx)
			})
		}}
	}
	told := func(ctx context.Context) (any, error) { return name(ctx), nil }
	follow := func(_ any, stream grpc.ServerStream) error {
		s.ran++
		for {
			if err := stream.RecvMsg(new(emptypb.Empty)); err != nil {
				return nil //nolint:nilerr // the client has said all
			}
			if s.err != nil {
				return s.err
			}
			if err := stream.SendMsg(name(stream.Context())); err != nil {
				return err
			}
		}
	}
	return &grpc.ServiceDesc{
		ServiceName: "acme.Notes", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{unary("Who", told), unary("Hello", told), unary("Fail", func(context.Context) (any, error) { return nil, s.err })},
		Streams: []grpc.StreamDesc{
			{StreamName: "Watch", Handler: follow, ServerStreams: true, ClientStreams: true},
			{StreamName: "Peek", Handler: follow, ServerStreams: true, ClientStreams: true},
		},
	}
}

// call calls a method with pairs of metadata and returns whom the application saw.
func (s *server) call(t *testing.T, method string, pairs ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), pairs...), 10*time.Second)
	defer cancel()
	out := new(wrapperspb.StringValue)
	var err error
	if method == watch || method == peek {
		err = s.follow(ctx, t, method).ask(out)
	} else {
		err = s.conn.Invoke(ctx, method, &emptypb.Empty{}, out)
	}
	return out.GetValue(), err
}

// A follower is an open stream.
type follower struct{ grpc.ClientStream }

func (s *server) follow(ctx context.Context, t *testing.T, method string) follower {
	t.Helper()
	stream, err := s.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		t.Fatal(err)
	}
	return follower{stream}
}

func (f follower) ask(out *wrapperspb.StringValue) error {
	if err := f.SendMsg(&emptypb.Empty{}); err != nil {
		return f.RecvMsg(out) // the status; a send only knows that the stream is over
	}
	return f.RecvMsg(out)
}

// refused checks that err has the code and its reason, "" for none.
func refused(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	s, _ := status.FromError(err)
	if got := because(s); s.Code() != code || got != reason {
		t.Errorf("refused with %v %q (%v), want %v %q", s.Code(), got, err, code, reason)
	}
}

func because(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == kerniagrpc.Domain {
			return info.GetReason()
		}
	}
	return ""
}
