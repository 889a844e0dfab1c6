package kerniagrpc_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	kerniagrpc "github.com/kernia-go/kernia/adapters/rpc/grpc"
	"github.com/kernia-go/kernia/adapters/rpc/grpc/authpb"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// A server asks for a session on every method; a client signs up and then calls as itself.
func Example() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}

	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(kerniagrpc.UnaryInterceptor(auth, kerniagrpc.Options{}), greet),
		grpc.ChainStreamInterceptor(kerniagrpc.StreamInterceptor(auth, kerniagrpc.Options{})),
	)
	kerniagrpc.Register(server, auth)                         // signing up, in and out
	healthpb.RegisterHealthServer(server, health.NewServer()) // stands for the application's own
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()

	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	own := healthpb.NewHealthClient(conn)
	_, err = own.Check(ctx, &healthpb.HealthCheckRequest{})
	fmt.Println(status.Code(err))

	joined, err := authpb.NewAuthClient(conn).SignUp(ctx, &authpb.SignUpRequest{Name: "Ann", Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+joined.GetToken())
	_, err = own.Check(ctx, &healthpb.HealthCheckRequest{})
	fmt.Println(status.Code(err))
	// Output:
	// Unauthenticated
	// Hello, Ann
	// OK
}

// greet stands for the application's handler.
func greet(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if p := kerniagrpc.Session(ctx); p != nil {
		fmt.Println("Hello,", p.User.Name)
	}
	return handler(ctx, req)
}
