// Package nethttp serves Kernia on net/http, and on every router that takes its handlers: http.ServeMux, gin and
// others. Applications on chi, echo and fiber use the adapter of their framework. Its [Client] calls other servers for
// features, whatever framework serves the application.
package nethttp

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// Handler answers the routes of auth. Mount it for every method and every path under auth.BasePath(), without
// stripping anything from the path. Middleware before it must leave body and path alone. The request's context bounds
// the call besides Config.Timeout; what bounds the reading of a slow body is http.Server.ReadTimeout.
func Handler(auth *kernia.Auth) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(auth, w, r, Request(r)) })
}

// Mount registers every route of auth on mux.
func Mount(mux *http.ServeMux, auth *kernia.Auth) {
	if base := auth.BasePath(); base != "" {
		mux.Handle(base, http.NotFoundHandler()) // else the mux redirects it
	}
	mux.Handle(auth.BasePath()+"/", Handler(auth))
}

// MountAt registers the routes on a mux that sees them under path in place of auth.BasePath(): a mux behind
// http.StripPrefix, say. An empty path means all that the mux sees; "auth" and "/auth/" mean "/auth".
func MountAt(mux *http.ServeMux, path string, auth *kernia.Auth) {
	path = strings.TrimRight("/"+strings.TrimLeft(path, "/"), "/") // "auth/" would be the pattern of a host
	mux.HandleFunc(path+"/", func(w http.ResponseWriter, r *http.Request) {
		req := Request(r)
		req.Path = auth.BasePath() + strings.TrimPrefix(req.Path, path)
		serve(auth, w, r, req)
	})
}

func serve(auth *kernia.Auth, w http.ResponseWriter, r *http.Request, req *kernia.Request) {
	limit := auth.BodyLimit()
	// A body that says it is too long is not read: the core refuses it by its length.
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength <= limit {
		var err error
		// One byte more than allowed tells the core that the body was too long.
		req.Body, err = io.ReadAll(io.LimitReader(r.Body, limit+1))
		if _, short := errors.AsType[*http.MaxBytesError](err); short {
			req.Length = limit + 1 // middleware allows less than we do, and the answer is the same
		} else if err != nil {
			req.Length = int64(len(req.Body)) + 1 // what arrived is not what was announced
		}
	}
	Write(w, auth.Serve(r.Context(), req))
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
		Method: r.Method, Path: rawPath(r.URL), Query: r.URL.RawQuery, Host: r.Host, Secure: r.TLS != nil,
		Remote: peer(r), Header: kernia.Header(r.Header), Length: r.ContentLength,
	}
}

// peer returns the address of the connection, "" where it is unknown. net/http writes it with a port; an address without
// one was put there by middleware such as chi's RealIP, from a header that any client can send.
func peer(r *http.Request) string {
	if _, err := netip.ParseAddrPort(r.RemoteAddr); err != nil {
		return ""
	}
	return r.RemoteAddr
}

// rawPath returns the path as it was sent. EscapedPath would encode anew what should have been encoded and was not.
func rawPath(u *url.URL) string {
	if u.RawPath != "" {
		if path, err := url.PathUnescape(u.RawPath); err == nil && path == u.Path {
			return u.RawPath
		}
	}
	return u.EscapedPath()
}

// Write writes resp to w. It is for adapters of other routers.
func Write(w http.ResponseWriter, resp kernia.Response) {
	w.Header()["Content-Type"] = nil // neither net/http nor earlier middleware adds one to an answer that has none
	addHeaders(w.Header(), resp.Header, resp.Cookies)
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body) // the client is gone: nobody is left to tell
}

func addHeaders(h http.Header, lines []kernia.HeaderLine, cookies []string) {
	for _, l := range lines {
		if !l.List() {
			h.Set(l.Name, l.Value)
		} else if more := l.Lacking(h.Values(l.Name)); more != "" {
			h.Add(l.Name, more)
		}
	}
	for _, c := range cookies {
		h.Add("Set-Cookie", c)
	}
}
