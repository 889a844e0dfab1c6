// Package nethttp serves Kernia on net/http, and on every router that takes its handlers: http.ServeMux, gin and
// others. Applications on chi, echo and fiber use the adapter of their framework.
package nethttp

import (
	"io"
	"net/http"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// Handler answers the routes of auth. Mount it for every method and every path under auth.BasePath(), without
// stripping anything from the path.
func Handler(auth *kernia.Auth) http.Handler { return handler(auth, "") }

// handler serves under a path of its own: prefix is what a router has to see in place of auth.BasePath().
func handler(auth *kernia.Auth, prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := Request(r)
		if rest, ok := strings.CutPrefix(req.Path, prefix); ok && prefix != "" {
			req.Path = auth.BasePath() + rest
		}
		var err error
		// One byte more than allowed tells the core that the body was too long.
		if req.Body, err = io.ReadAll(io.LimitReader(r.Body, auth.BodyLimit()+1)); err != nil {
			req.Length = int64(len(req.Body)) + 1 // what arrived is not what was announced
		}
		Write(w, auth.Serve(r.Context(), req))
	})
}

// Mount registers every route of auth on mux.
func Mount(mux *http.ServeMux, auth *kernia.Auth) { mux.Handle(auth.BasePath()+"/", Handler(auth)) }

// MountAt registers the routes on a mux that sees them under path in place of auth.BasePath(): a mux behind
// http.StripPrefix, say.
func MountAt(mux *http.ServeMux, path string, auth *kernia.Auth) {
	mux.Handle(path+"/", handler(auth, path))
}

// RequireSession runs next for signed-in callers and answers 401 to all others. The handler finds the caller by
// kernia.SessionFrom.
func RequireSession(auth *kernia.Auth) func(next http.Handler) http.Handler { return guard(auth, true) }

// LoadSession runs next for everybody; kernia.SessionFrom is nil for who is not signed in.
func LoadSession(auth *kernia.Auth) func(next http.Handler) http.Handler { return guard(auth, false) }

func guard(auth *kernia.Auth, required bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g := auth.Guard(r.Context(), Request(r), required)
			if g.Denied != nil {
				Write(w, *g.Denied)
				return
			}
			addHeaders(w.Header(), g.Header, g.Cookies)
			next.ServeHTTP(w, r.WithContext(kernia.WithPrincipal(r.Context(), g.Principal)))
		})
	}
}

// Request returns what Kernia needs of r, without the body. It is for adapters of other routers.
func Request(r *http.Request) *kernia.Request {
	return &kernia.Request{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Host: r.Host, Secure: r.TLS != nil,
		Remote: r.RemoteAddr, Header: kernia.Header(r.Header), Length: r.ContentLength,
	}
}

// Write writes resp to w. It is for adapters of other routers.
func Write(w http.ResponseWriter, resp kernia.Response) {
	addHeaders(w.Header(), resp.Header, resp.Cookies)
	if len(resp.Body) == 0 {
		w.Header()["Content-Type"] = w.Header()["Content-Type"] // nil: net/http adds none of its own
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body) // the client is gone: nobody is left to tell
}

func addHeaders(h http.Header, lines []kernia.HeaderLine, cookies []string) {
	for _, l := range lines {
		if l.Name == "Vary" {
			h.Add(l.Name, l.Value)
			continue
		}
		h.Set(l.Name, l.Value)
	}
	for _, c := range cookies {
		h.Add("Set-Cookie", c)
	}
}
