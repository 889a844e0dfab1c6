package transporttest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// A broken transport works as package nethttp does, but for the parts that are set.
type broken struct {
	outer     func(next http.Handler) http.Handler                         // around the whole program
	context   func(r *http.Request) context.Context                        // for the core
	request   func(r *http.Request, q *kernia.Request)                     // on its way to the core
	read      func(r *http.Request, q *kernia.Request, limit int64)        // in place of reading the body
	response  func(r *http.Request, resp *kernia.Response)                 // on its way from the core
	write     func(w http.ResponseWriter, resp kernia.Response)            // in place of Write
	guard     func(r *http.Request, required *bool, g *kernia.Guarded)     // after the guard
	guarded   func(w http.ResponseWriter, r *http.Request, h http.Handler) // in place of running the handler
	session   func(p *kernia.Principal) (accessor, inContext *kernia.Principal)
	required  func(required bool) bool
	headers   func(h http.Header, l kernia.HeaderLine) // in place of adding a line to the answer
	wire      func(head string) string                 // what the engine reads in place of a request's head
	noGroup   bool                                     // MountAt takes the local path for the whole
	maxHeader int                                      // bytes
}

// program builds an App on a transport.
func program(b broken) func(app App) (string, func()) {
	return func(app App) (string, func()) {
		auth := app.Auth
		prefix := auth.BasePath()
		if b.noGroup && app.Group != "" {
			prefix = app.Path
		}
		routes := map[string]http.Handler{
			"/required": b.guards(auth, true, b.visit(app)), "/optional": b.guards(auth, false, b.visit(app)), "/open": b.visit(app),
			"/fail": b.guards(auth, false, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "app: teapot", http.StatusTeapot) })),
		}
		var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := nethttp.Request(r).Path
			if route := routes[path]; route != nil {
				route.ServeHTTP(w, r)
			} else if strings.HasPrefix(path, prefix+"/") {
				b.serve(auth, w, r)
			} else {
				http.NotFound(w, r)
			}
		})
		h = before(app, h)
		if b.outer != nil {
			h = b.outer(h)
		}
		s := httptest.NewUnstartedServer(h)
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.Config.MaxHeaderBytes = b.maxHeader
		if b.wire != nil {
			s.Listener = lax{s.Listener, b.wire}
		}
		s.Start()
		return s.URL, func() { s.CloseClientConnections(); s.Close() }
	}
}

// before is the middleware that an App asks for.
func before(app App, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if app.Context != nil {
			r = r.WithContext(app.Context(r.Context()))
		}
		for _, l := range app.Header {
			w.Header().Add(l.Name, l.Value)
		}
		if app.Drain {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		if app.Commit {
			w.WriteHeader(202)
			_, _ = io.WriteString(w, "early")
			w.(http.Flusher).Flush()
		}
		next.ServeHTTP(w, r)
	})
}

func (b broken) ctx(r *http.Request) context.Context {
	if b.context != nil {
		return b.context(r)
	}
	return r.Context()
}

func (b broken) asked(r *http.Request) *kernia.Request {
	q := nethttp.Request(r)
	if b.request != nil {
		b.request(r, q)
	}
	return q
}

func (b broken) answer(w http.ResponseWriter, r *http.Request, resp kernia.Response) {
	if b.response != nil {
		b.response(r, &resp)
	}
	if b.write != nil {
		b.write(w, resp)
		return
	}
	w.Header()["Content-Type"] = nil
	b.add(w.Header(), resp.Header, resp.Cookies)
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body)
}

// add is what an adapter does with lines and cookies.
func (b broken) add(h http.Header, lines []kernia.HeaderLine, cookies []string) {
	for _, l := range lines {
		if b.headers != nil {
			b.headers(h, l)
		} else if !l.List() {
			h.Set(l.Name, l.Value)
		} else if more := l.Lacking(h.Values(l.Name)); more != "" {
			h.Add(l.Name, more)
		}
	}
	for _, c := range cookies {
		h.Add("Set-Cookie", c)
	}
}

func (b broken) serve(auth *kernia.Auth, w http.ResponseWriter, r *http.Request) {
	q := nethttp.Request(r)
	if b.read != nil {
		b.read(r, q, auth.BodyLimit())
	} else {
		var err error
		if q.Body, err = io.ReadAll(io.LimitReader(r.Body, auth.BodyLimit()+1)); err != nil {
			q.Length = int64(len(q.Body)) + 1
		}
	}
	if b.request != nil {
		b.request(r, q)
	}
	b.answer(w, r, auth.Serve(b.ctx(r), q))
}

func (b broken) guards(auth *kernia.Auth, required bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := required
		if b.required != nil {
			asked = b.required(required)
		}
		g := auth.Guard(b.ctx(r), b.asked(r), asked)
		if b.guard != nil {
			b.guard(r, &required, &g)
		}
		if g.Denied != nil {
			b.answer(w, r, *g.Denied)
			return
		}
		b.add(w.Header(), g.Header, g.Cookies)
		accessor, inContext := g.Principal, g.Principal
		if b.session != nil {
			accessor, inContext = b.session(g.Principal)
		}
		ctx := context.WithValue(kernia.WithPrincipal(r.Context(), inContext), accessorKey{}, accessor)
		if b.guarded != nil {
			b.guarded(w, r.WithContext(ctx), next)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

type accessorKey struct{}

func (b broken) visit(app App) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p, _ := r.Context().Value(accessorKey{}).(*kernia.Principal)
		status, text := app.Visit(Visit{Context: r.Context(), Session: p, Body: body})
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
}
