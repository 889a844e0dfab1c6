package kerniagrpc

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Domain is the domain of the google.rpc.ErrorInfo that a status carries.
const Domain = "kernia"

// Code returns the gRPC code of a kind of errors. Every kind has one; a kind unknown here is codes.Internal.
func Code(k kernia.Kind) codes.Code {
	switch k {
	case kernia.Internal:
		return codes.Internal
	case kernia.Invalid, kernia.TooLarge, kernia.Unsupported:
		return codes.InvalidArgument
	case kernia.Unauthenticated:
		return codes.Unauthenticated
	case kernia.Denied:
		return codes.PermissionDenied
	case kernia.NotFound:
		return codes.NotFound
	case kernia.Conflicting:
		return codes.AlreadyExists
	case kernia.Expectation, kernia.Unprocessable:
		return codes.FailedPrecondition
	case kernia.TooMany:
		return codes.ResourceExhausted
	case kernia.MethodNotAllowed, kernia.NotImplemented:
		return codes.Unimplemented
	case kernia.Unavailable:
		return codes.Unavailable
	}
	return codes.Internal
}

// Status returns err as gRPC carries it; nil stays nil. A *kernia.Error becomes the code of its kind with its message
// and its code as the reason of a google.rpc.ErrorInfo. A gRPC status stays one. An outage is codes.Unavailable, a
// context that is over what gRPC calls it, an absent operation codes.Unimplemented, a sign-in that needs a further step
// codes.FailedPrecondition with the reason FURTHER_STEP_REQUIRED, and anything else
// codes.Internal. Causes never reach a client: a handler logs them.
func Status(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, kernia.ErrUnknownOperation) || errors.Is(err, kernia.ErrDisabledPath) {
		return status.Error(codes.Unimplemented, "Not configured")
	}
	if e, ok := errors.AsType[*kernia.Error](err); ok {
		return carry(e)
	}
	if _, ok := errors.AsType[*kernia.Diversion](err); ok {
		return carry(errFurther)
	}
	if e, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return e
	}
	if refused, _ := errors.AsType[*ports.RefusedError](err); refused != nil {
		return carry(kernia.ErrRefused)
	}
	switch {
	case errors.Is(err, ports.ErrUnavailable):
		return carry(kernia.ErrBusy)
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "Canceled")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "Deadline exceeded")
	}
	return carry(kernia.ErrInternal)
}

// errFurther is the status of a sign-in that a feature ended with an answer of its own.
var errFurther = &kernia.Error{Kind: kernia.Unprocessable, Code: "FURTHER_STEP_REQUIRED", Message: "The sign-in needs a further step"}

// translate is Status for the errors that are Kernia's alone.
func translate(err error) error {
	if e, ok := errors.AsType[*kernia.Error](err); ok {
		return carry(e)
	}
	return err
}

func carry(e *kernia.Error) error {
	var details []protoadapt.MessageV1
	if wait := e.RetryAfter(); wait > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	}
	if e.Code != "" {
		details = append(details, &errdetails.ErrorInfo{Reason: e.Code, Domain: Domain})
	}
	code := Code(e.Kind)
	if taken(e) {
		code = codes.AlreadyExists
	}
	s := status.New(code, e.Message)
	if full, err := s.WithDetails(details...); err == nil { // it is not where a message does not marshal
		s = full
	}
	return s.Err()
}

// taken reports whether e says that a value which must be unique is another record's.
func taken(e *kernia.Error) bool {
	if _, conflict := errors.AsType[*ports.ConflictError](e); conflict {
		return true
	}
	return errors.Is(e, kernia.ErrUserExists) || errors.Is(e, kernia.ErrFieldTaken)
}
