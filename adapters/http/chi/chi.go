// Package kerniachi mounts Kernia on a chi router and guards the routes beside it.
package kerniachi

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// Mount registers the routes of auth on router as one wildcard under auth.BasePath(). Middleware that changes the
// path or reads the body must not stand before it.
func Mount(router chi.Router, auth *kernia.Auth) { MountAt(router, auth.BasePath(), auth) }

// MountAt registers the routes under path, the local path inside a sub-router: a router that is itself mounted
// under "/api" takes "/auth" where auth.BasePath() is "/api/auth". "auth" and "/auth/" mean "/auth".
func MountAt(router chi.Router, path string, auth *kernia.Auth) {
	path = strings.TrimRight("/"+strings.TrimLeft(path, "/"), "/")
	router.Handle(path+"/*", nethttp.Handler(auth))
}

// RequireSession runs the next handler for signed-in callers and answers 401 to all others.
func RequireSession(auth *kernia.Auth) func(http.Handler) http.Handler {
	return nethttp.RequireSession(auth)
}

// LoadSession runs the next handler for everybody; Session is nil for who is not signed in.
func LoadSession(auth *kernia.Auth) func(http.Handler) http.Handler { return nethttp.LoadSession(auth) }

// Session returns who makes the request, as RequireSession or LoadSession found out; nil means nobody.
func Session(r *http.Request) *kernia.Principal { return kernia.SessionFrom(r.Context()) }
