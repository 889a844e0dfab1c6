package kerniagrpc

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

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
// context that is over what gRPC calls it, an absent operation codes.Unimplemented, and anything else
// codes.Internal. Causes never reach a client: a handler logs them.
func Status(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*kernia.Error](err); ok {
		return carry(e)
	}
	if e, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return e
	}
	switch {
	case errors.Is(err, kernia.ErrUnknownOperation):
		return status.Error(codes.Unimplemented, "Not configured")
	case errors.Is(err, ports.ErrUnavailable):
		return carry(kernia.ErrBusy)
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "Canceled")
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "Deadline exceeded")
	}
	return carry(kernia.ErrInternal)
}

// translate is Status for the errors that are Kernia's alone.
func translate(err error) error {
	if e, ok := errors.AsType[*kernia.Error](err); ok {
		return carry(e)
	}
	return err
}

func carry(e *kernia.Error, details ...protoadapt.MessageV1) error {
	if e.Code != "" {
		details = append(details, &errdetails.ErrorInfo{Reason: e.Code, Domain: Domain})
	}
	s := status.New(Code(e.Kind), e.Message)
	if full, err := s.WithDetails(details...); err == nil { // it is not where a message does not marshal
		s = full
	}
	return s.Err()
}

// refusal turns an answer that the core made for HTTP back into the error that it tells of: every kind has one
// status.
func refusal(r *kernia.Response) error {
	e := kernia.Error{Message: kernia.ErrInternal.Message}
	for k := kernia.Internal; k <= kernia.Unavailable; k++ {
		if k.Status() == r.Status {
			e.Kind, e.Message = k, ""
		}
	}
	var body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(r.Body, &body) == nil {
		e.Code, e.Message = body.Code, body.Message
	}
	for _, h := range r.Header {
		if seconds, err := strconv.Atoi(h.Value); err == nil && h.Name == "Retry-After" {
			return carry(&e, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Duration(seconds) * time.Second)})
		}
	}
	return carry(&e)
}
