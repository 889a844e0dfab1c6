package kerniagrpc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	kerniagrpc "github.com/kernia-go/kernia/adapters/rpc/grpc"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// TestCode is the whole table: a kind that is added to the core fails here until it has a code.
func TestCode(t *testing.T) {
	table := []struct {
		kind kernia.Kind
		want codes.Code
	}{
		{kernia.Internal, codes.Internal},
		{kernia.Invalid, codes.InvalidArgument},
		{kernia.Unauthenticated, codes.Unauthenticated},
		{kernia.Denied, codes.PermissionDenied},
		{kernia.NotFound, codes.NotFound},
		{kernia.MethodNotAllowed, codes.Unimplemented},
		{kernia.Conflicting, codes.AlreadyExists},
		{kernia.TooLarge, codes.InvalidArgument},
		{kernia.Unsupported, codes.InvalidArgument},
		{kernia.Expectation, codes.FailedPrecondition},
		{kernia.Unprocessable, codes.FailedPrecondition},
		{kernia.TooMany, codes.ResourceExhausted},
		{kernia.NotImplemented, codes.Unimplemented},
		{kernia.Unavailable, codes.Unavailable},
	}
	for i, test := range table {
		if int(test.kind) != i {
			t.Errorf("kind %d stands at %d", test.kind, i)
		}
		err := kerniagrpc.Status((&kernia.Error{Kind: test.kind, Code: "SOME_CODE", Message: "Some message"}).Because(errors.New("cause")))
		refused(t, err, test.want, "SOME_CODE")
		if s, _ := status.FromError(err); s.Message() != "Some message" {
			t.Errorf("kind %d: message %q", test.kind, s.Message())
		}
	}
	// Every kind beyond the table has the status of Internal, which is how a new one is told from none.
	for k := len(table); k < 256; k++ {
		if got := kernia.Kind(k).Status(); got != 500 {
			t.Errorf("kind %d has status %d and no code in the table", k, got)
		}
		if got := kerniagrpc.Code(kernia.Kind(k)); got != codes.Internal {
			t.Errorf("Code(%d) = %v", k, got)
		}
	}
}

func TestStatus(t *testing.T) {
	if err := kerniagrpc.Status(nil); err != nil {
		t.Errorf("Status(nil) = %v", err)
	}
	own := status.Error(codes.DataLoss, "own")
	for _, test := range []struct {
		err    error
		code   codes.Code
		reason string
	}{
		{own, codes.DataLoss, ""},
		{fmt.Errorf("doing: %w", own), codes.DataLoss, ""},
		{fmt.Errorf("find: %w", ports.ErrUnavailable), codes.Unavailable, "SERVICE_UNAVAILABLE"},
		{fmt.Errorf("create: %w", &ports.RefusedError{Model: "user", Field: "bio"}), codes.InvalidArgument, "VALUE_NOT_ACCEPTED"},
		{kernia.ErrBusy.Because(context.Canceled), codes.Unavailable, "SERVICE_UNAVAILABLE"},
		{context.Canceled, codes.Canceled, ""},
		{fmt.Errorf("find: %w", context.DeadlineExceeded), codes.DeadlineExceeded, ""},
		{fmt.Errorf("%w: POST /x", kernia.ErrUnknownOperation), codes.Unimplemented, ""},
		{kernia.ErrRateLimited, codes.ResourceExhausted, ""},
		{errors.New("pq: relation \"user\" does not exist"), codes.Internal, "INTERNAL_SERVER_ERROR"},
	} {
		refused(t, kerniagrpc.Status(test.err), test.code, test.reason)
	}
	if s, _ := status.FromError(kerniagrpc.Status(errors.New("secret"))); s.Message() != kernia.ErrInternal.Message {
		t.Errorf("message %q", s.Message())
	}
}
