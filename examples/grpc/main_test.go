package main

import (
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/kernia-go/kernia/adapters/rpc/grpc/authpb"
	"github.com/kernia-go/kernia/examples/grpc/hellopb"
	"github.com/kernia-go/kernia/examples/internal/programtest"
)

func TestProgram(t *testing.T) {
	conn, err := grpc.NewClient(programtest.Start(t, run), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	auth, hello, ctx := authpb.NewAuthClient(conn), hellopb.NewHelloClient(conn), t.Context()
	greet := func(want string) {
		t.Helper()
		if g, err := hello.Greet(ctx, &emptypb.Empty{}); err != nil || g.GetText() != want {
			t.Errorf("Greet = %v, %v, want %q", g, err, want)
		}
	}
	count := func(want codes.Code) {
		t.Helper()
		stream, err := hello.Count(ctx, &emptypb.Empty{})
		last := ""
		for err == nil {
			var g *hellopb.Greeting
			if g, err = stream.Recv(); err == nil {
				last = g.GetText()
			}
		}
		if errors.Is(err, io.EOF) { // the stream is over, and was none of an error
			err = nil
		}
		if status.Code(err) != want || err == nil && last != "Ann 3" {
			t.Errorf("Count ends with %q, %v, want %v", last, err, want)
		}
	}
	greet("Hello, stranger")
	count(codes.Unauthenticated)
	joined, err := auth.SignUp(ctx, &authpb.SignUpRequest{Name: "Ann", Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+joined.GetToken())
	greet("Hello, Ann")
	count(codes.OK)
	if _, err := auth.SignOut(ctx, &authpb.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	greet("Hello, stranger")
	count(codes.Unauthenticated)
}
