// Package hellopb is the generated code of acme/hello/v1/hello.proto.
package hellopb

//go:generate protoc -I ../proto --go_out=. --go_opt=module=github.com/kernia-go/kernia/examples/grpc/hellopb --go-grpc_out=. --go-grpc_opt=module=github.com/kernia-go/kernia/examples/grpc/hellopb acme/hello/v1/hello.proto
