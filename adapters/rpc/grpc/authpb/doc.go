// Package authpb is the generated code of kernia/auth/v1/auth.proto, the wire of kerniagrpc's service. A client needs
// this package alone; a server registers the service with kerniagrpc.Register.
package authpb

// protoc 3.21, protoc-gen-go v1.36.12 and protoc-gen-go-grpc v1.6.2 wrote the other files.
//go:generate protoc -I ../proto --go_out=. --go_opt=module=github.com/kernia-go/kernia/adapters/rpc/grpc/authpb --go-grpc_out=. --go-grpc_opt=module=github.com/kernia-go/kernia/adapters/rpc/grpc/authpb kernia/auth/v1/auth.proto
