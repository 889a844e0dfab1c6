package kerniagrpc

import (
	"context"
	"net/textproto"
	"net/url"
	"strings"
	"sync"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	kernia "github.com/kernia-go/kernia/core"
)

// A door finds out who makes a call.
type door struct {
	auth     *kernia.Auth
	optional func(method string) bool

	once   sync.Once
	bearer bool // a feature reads "Authorization: Bearer"
}

func newDoor(auth *kernia.Auth, o Options) *door {
	return &door{auth: auth, optional: o.Optional}
}

// readsBearer reports whether a feature of auth reads bearer tokens. A value that auth signed and that is no token
// tells: whoever reads it ends its cookies, and no store is asked.
func readsBearer(ctx context.Context, auth *kernia.Auth) bool {
	_, signed, _ := strings.Cut(auth.Sessions.Cookie("none"), "=")
	g := auth.Guard(ctx, &kernia.Request{
		Method: "GET", Path: "/", Length: -1, Header: kernia.Header{"Authorization": {"Bearer " + signed}},
	}, true)
	return g.Denied != nil && len(g.Denied.Cookies) > 0
}

// admit returns a context that carries who calls, or the status to refuse the call with.
func (d *door) admit(ctx context.Context, method string) (context.Context, error) {
	if strings.HasPrefix(method, service) {
		return kernia.WithPrincipal(ctx, nil), nil
	}
	p, err := d.caller(ctx, method, d.optional == nil || !d.optional(method))
	if err != nil {
		return nil, err
	}
	return kernia.WithPrincipal(ctx, p), nil
}

// service begins the full names of the methods of Register, which look for themselves.
const service = "/kernia.auth.v1.Auth/"

// caller returns who makes the call; nil and no error is nobody, where nobody may call.
func (d *door) caller(ctx context.Context, method string, required bool) (*kernia.Principal, error) {
	r := request(ctx, method, "authorization", "cookie", "x-api-key")
	if len(r.Header["Authorization"]) > 1 {
		// Two credentials: one was put there by somebody else, and nobody can tell which.
		return nil, Status(kernia.ErrUnauthorized)
	}
	d.once.Do(func() { d.bearer = readsBearer(context.WithoutCancel(ctx), d.auth) })
	d.present(r)
	g := d.auth.Guard(ctx, r, required)
	if g.Denied != nil {
		return nil, refusal(g.Denied)
	}
	return g.Principal, nil
}

// maxToken is the most bytes of an authorization value that are looked at.
const maxToken = 8 << 10

// present gives the core a bearer token as the cookie it would be, where no feature reads it: a caller is then found
// out in the one way there is.
func (d *door) present(r *kernia.Request) {
	scheme, value, _ := strings.Cut(r.Header.First("Authorization"), " ")
	value = strings.TrimSpace(value)
	if d.bearer || !strings.EqualFold(scheme, "Bearer") || value == "" || len(value) > maxToken {
		return
	}
	cookie := d.auth.Sessions.Cookie(value)
	if strings.Contains(value, ".") { // it brings its own signature
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		name, _, _ := strings.Cut(cookie, "=")
		cookie = name + "=" + url.QueryEscape(value)
	}
	r.Header["Cookie"] = []string{cookie}
}

// request returns the call as the core's requests are, with the named metadata as its headers and no other. It is a
// GET: no browser adds metadata to a call of another page, so there is no origin to check.
func request(ctx context.Context, path string, names ...string) *kernia.Request {
	r := &kernia.Request{Method: "GET", Path: path, Header: kernia.Header{}, Length: -1}
	if p, ok := peer.FromContext(ctx); ok {
		r.Remote, r.Secure = p.Addr.String(), p.AuthInfo != nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	if host := md[":authority"]; len(host) == 1 {
		r.Host = host[0]
	}
	for _, name := range append(names, "user-agent", "x-forwarded-for") {
		if values := md[name]; len(values) > 0 {
			r.Header[textproto.CanonicalMIMEHeaderKey(name)] = values
		}
	}
	return r
}
