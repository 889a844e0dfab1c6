// Package kerniafiber mounts Kernia on a Fiber app and guards the routes beside it.
//
// Fiber uses the memory of a request again for the next one. Nothing that Kernia receives or that [Session] returns
// lies in it, whatever fiber.Config.Immutable says. Fiber cannot tell that a client has gone away: a call then ends
// by itself or by Config.Timeout. Give calls another context with (*fiber.Ctx).SetUserContext.
package kerniafiber

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	kernia "github.com/kernia-go/kernia/core"
)

// Mount registers the routes of auth on router, an app or a group, as one wildcard under auth.BasePath().
func Mount(router fiber.Router, auth *kernia.Auth) { MountAt(router, auth.BasePath(), auth) }

// MountAt registers the routes under path, the local path inside a group or mounted app: one that stands under "/api"
// takes "/auth" where auth.BasePath() is "/api/auth". "auth" and "/auth/" mean "/auth".
func MountAt(router fiber.Router, path string, auth *kernia.Auth) {
	path = strings.TrimRight("/"+strings.TrimLeft(path, "/"), "/")
	router.All(path+"/*", func(c *fiber.Ctx) error {
		if !wellFormed(&c.Request().Header) {
			refuse(c)
			return nil
		}
		r := Request(c)
		readBody(c, r, auth.BodyLimit())
		Write(c, auth.Serve(c.UserContext(), r))
		return nil
	})
}

// RequireSession runs the next handler for signed-in callers and answers 401 to all others.
func RequireSession(auth *kernia.Auth) fiber.Handler { return guard(auth, true) }

// LoadSession runs the next handler for everybody; Session is nil for who is not signed in.
func LoadSession(auth *kernia.Auth) fiber.Handler { return guard(auth, false) }

type sessionKey struct{}

// Session returns who makes the request, as RequireSession or LoadSession found out; nil means nobody. It is also
// kernia.SessionFrom of the user context, and may be kept after the request.
func Session(c *fiber.Ctx) *kernia.Principal {
	p, _ := c.Locals(sessionKey{}).(*kernia.Principal)
	return p
}

func guard(auth *kernia.Auth, required bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !wellFormed(&c.Request().Header) {
			refuse(c)
			return nil
		}
		g := auth.Guard(c.UserContext(), Request(c), required)
		if g.Denied != nil {
			Write(c, *g.Denied)
			closeUnread(c)
			return nil
		}
		addHeaders(c, g.Header, g.Cookies)
		c.Locals(sessionKey{}, g.Principal)
		c.SetUserContext(kernia.WithPrincipal(c.UserContext(), g.Principal))
		return c.Next()
	}
}

// Write answers c with resp, in place of what earlier handlers answered but for their headers.
func Write(c *fiber.Ctx, resp kernia.Response) {
	out := c.Response()
	out.ResetBody()
	out.Header.Del(fiber.HeaderContentType)
	out.Header.SetNoDefaultContentType(true)
	out.SetStatusCode(resp.Status)
	addHeaders(c, resp.Header, resp.Cookies)
	out.SetBodyRaw(resp.Body)
}

func addHeaders(c *fiber.Ctx, lines []kernia.HeaderLine, cookies []string) {
	h := &c.Response().Header
	for _, l := range lines {
		if !l.List() {
			h.Del(l.Name) // Set would leave all lines of the name but the first
			h.Add(l.Name, l.Value)
			continue
		}
		var set []string
		for _, line := range h.PeekAll(l.Name) {
			set = append(set, string(line))
		}
		if more := l.Lacking(set); more != "" {
			h.Add(l.Name, more)
		}
	}
	for _, line := range cookies {
		h.Add(fiber.HeaderSetCookie, line) // as it is: SetCookie would parse and merge
	}
}

// Request copies out of c what Kernia needs, without the body.
func Request(c *fiber.Ctx) *kernia.Request {
	host, path, query := target(c)
	r := &kernia.Request{
		Method: strings.Clone(c.Method()), Path: path, Query: query, Host: host, Secure: c.Context().IsTLS(),
		Remote: c.Context().RemoteAddr().String(), Header: header(c),
	}
	h := &c.Request().Header
	if r.Length = int64(h.ContentLength()); r.Length < 0 {
		r.Length = 0
		if len(h.Peek(fiber.HeaderTransferEncoding)) > 0 {
			r.Length = -1
		}
	}
	return r
}

// target returns host, raw path and raw query as they were sent: Fiber's own are decoded, cleaned and cut at a "#".
func target(c *fiber.Ctx) (host, path, query string) {
	host = string(c.Request().Header.Host())
	sent := string(c.Request().Header.RequestURI())
	if !strings.HasPrefix(sent, "/") {
		if _, rest, ok := strings.Cut(sent, "://"); ok { // the absolute form has its own host
			i := strings.IndexAny(rest+"/", "/?")
			host, sent = rest[:i], rest[i:]
			host = host[strings.LastIndexByte(host, '@')+1:]
		}
	}
	path, query, _ = strings.Cut(sent, "?")
	return host, path, query
}
