package kerniagrpc

import (
	"context"
	"net/textproto"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	kernia "github.com/kernia-go/kernia/core"
)

// service begins the full names of the methods of Register, which look for themselves who calls.
const service = "/kernia.auth.v1.Auth/"

// admit returns a context that carries who calls, or the status to refuse the call with.
func admit(ctx context.Context, auth *kernia.Auth, method string, o Options) (context.Context, error) {
	ctx = withClient(ctx)
	if strings.HasPrefix(method, service) {
		return kernia.WithPrincipal(ctx, nil), nil
	}
	p, err := caller(ctx, auth)
	if err == nil && p == nil && (o.Optional == nil || !o.Optional(method)) {
		err = kernia.ErrUnauthorized
	}
	if err != nil {
		return nil, Status(err)
	}
	return kernia.WithPrincipal(ctx, p), nil
}

// withClient returns a context that says from where the call comes.
func withClient(ctx context.Context) context.Context {
	var client kernia.Client
	if p, ok := peer.FromContext(ctx); ok {
		client.Address = p.Addr.String()
	}
	md, _ := metadata.FromIncomingContext(ctx)
	client.Forwarded = md["x-forwarded-for"]
	if agents := md["user-agent"]; len(agents) > 0 {
		client.UserAgent = agents[0]
	}
	return kernia.WithClient(ctx, client)
}

// caller returns who makes the call by its metadata; nil and no error is nobody.
func caller(ctx context.Context, auth *kernia.Auth) (*kernia.Principal, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	authorization := md["authorization"]
	if len(authorization) > 1 {
		// Two credentials: one was put there by somebody else, and nobody can tell which.
		return nil, kernia.ErrUnauthorized
	}
	if len(authorization) == 1 {
		if token, ok := bearer(authorization[0]); ok {
			return present(ctx, auth, token)
		}
	}
	return auth.Authenticate(ctx, kernia.Credentials{Header: headers(md, auth)})
}

// present returns whose session a bearer token is. Where the feature bearer is there, its settings hold; without it
// tokens count all the same, since gRPC has no other way to present one.
func present(ctx context.Context, auth *kernia.Auth, token string) (*kernia.Principal, error) {
	if auth.Has("bearer") {
		return auth.Authenticate(ctx, kernia.Credentials{Header: kernia.Header{"Authorization": {"Bearer " + token}}})
	}
	return auth.Authenticate(ctx, kernia.Credentials{Token: token})
}

// maxToken is the most bytes of an authorization value that are looked at.
const maxToken = 8 << 10

// bearer returns the token of an authorization value (RFC 6750, section 2.1).
func bearer(authorization string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken
}

// headers returns the metadata that carries credentials, and the origin that a proxy for browsers passes on.
func headers(md metadata.MD, auth *kernia.Auth) kernia.Header {
	h := kernia.Header{}
	for _, name := range append(auth.CredentialHeaders(), "Origin") {
		if values := md[strings.ToLower(name)]; len(values) > 0 {
			h[textproto.CanonicalMIMEHeaderKey(name)] = values
		}
	}
	return h
}
