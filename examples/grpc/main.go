// Grpc is a gRPC server with one method for everybody and a stream for who is signed in. Clients sign up and in by
// gRPC as well.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	kerniagrpc "github.com/kernia-go/kernia/adapters/rpc/grpc"
	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/examples/grpc/hellopb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		slog.Info("listening", "address", listener.Addr().String())
		err = run(ctx, listener)
	}
	stop()
	if err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listener net.Listener) error {
	store, err := kerniasqlite.Open(ctx, "grpc.db")
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	auth, err := kernia.New(kernia.Config{Development: true, Store: store}, emailpassword.Feature{})
	if err != nil {
		return err
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		return err
	}
	options := kerniagrpc.Options{Optional: kerniagrpc.Methods(hellopb.Hello_Greet_FullMethodName)}
	server := grpc.NewServer(
		grpc.UnaryInterceptor(kerniagrpc.UnaryInterceptor(auth, options)),
		grpc.StreamInterceptor(kerniagrpc.StreamInterceptor(auth, options)),
	)
	kerniagrpc.Register(server, auth)
	hellopb.RegisterHelloServer(server, hello{})
	context.AfterFunc(ctx, func() { server.GracefulStop() })
	if err := server.Serve(listener); err != nil {
		return err
	}
	return auth.Close(context.WithoutCancel(ctx))
}

type hello struct {
	hellopb.UnimplementedHelloServer
}

func (hello) Greet(ctx context.Context, _ *emptypb.Empty) (*hellopb.Greeting, error) {
	if p := kerniagrpc.Session(ctx); p != nil {
		return &hellopb.Greeting{Text: "Hello, " + p.User.Name}, nil
	}
	return &hellopb.Greeting{Text: "Hello, stranger"}, nil
}

func (hello) Count(_ *emptypb.Empty, stream grpc.ServerStreamingServer[hellopb.Greeting]) error {
	for i := range 3 {
		text := fmt.Sprintf("%s %d", kerniagrpc.Session(stream.Context()).User.Name, i+1)
		if err := stream.Send(&hellopb.Greeting{Text: text}); err != nil {
			return err
		}
	}
	return nil
}
