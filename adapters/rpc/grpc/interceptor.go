package kerniagrpc

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	kernia "github.com/kernia-go/kernia/core"
)

// Options say what an interceptor lets pass. The zero Options require a session for every method but those of the
// service of [Register], which look for themselves.
type Options struct {
	// Optional reports which methods, by their full name as "/acme.notes.v1.Notes/List", everybody may call: Session
	// is nil there for callers who are not signed in. Nil means none. See [Methods].
	Optional func(method string) bool
}

// Methods returns a function for [Options.Optional] that reports exactly the methods with these full names. Generated
// code has them as constants.
func Methods(names ...string) func(method string) bool {
	names = slices.Clone(names)
	return func(method string) bool { return slices.Contains(names, method) }
}

// UnaryInterceptor finds out who makes a call and runs the handler for callers who are signed in. Callers present a
// session token in the metadata "authorization" ("Bearer " and the token, with its signature or without), a session cookie
// in "cookie", or what a feature of auth reads, such as an API key. A cookie counts only where the metadata "origin", if
// there is any, names a trusted origin: proxies for browsers pass both on.
//
// A caller who is not signed in gets codes.Unauthenticated. A store that does not answer is codes.Unavailable, and never
// looks like a sign-out. A session that is due is extended. An error of the handler that is a *kernia.Error becomes what
// [Status] makes of it; others stay as they are.
//
// Where the feature bearer is given to auth, its settings hold here. Without it bearer tokens count all the same, since
// gRPC has no other way to present one.
func UnaryInterceptor(auth *kernia.Auth, o Options) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := admit(ctx, auth, info.FullMethod, o)
		if err != nil {
			return nil, err
		}
		resp, err := handler(ctx, req)
		return resp, translate(err)
	}
}

// StreamInterceptor is [UnaryInterceptor] for streams. The caller is checked once, when the stream begins: a session
// that ends later does not end the stream. A handler of long streams asks auth.Verify again where that matters.
func StreamInterceptor(auth *kernia.Auth, o Options) grpc.StreamServerInterceptor {
	return func(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := admit(s.Context(), auth, info.FullMethod, o)
		if err != nil {
			return err
		}
		return translate(handler(srv, stream{s, ctx}))
	}
}

// Session returns who makes the call, as an interceptor found out; nil means nobody.
func Session(ctx context.Context) *kernia.Principal { return kernia.SessionFrom(ctx) }

// stream is a stream whose context carries the caller.
type stream struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // grpc.ServerStream is an interface that returns one
}

func (s stream) Context() context.Context { return s.ctx }
