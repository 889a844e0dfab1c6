package cli

import (
	"context"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// A front answers what the server adds to the routes of its Auth: readiness, CORS, in development a page.
type front struct {
	auth *kernia.Auth
	page *kernia.Response // nil: none
	kv   pinger           // nil: none
}

// A pinger is a server that can be asked whether it is there.
type pinger interface {
	Ping(ctx context.Context) error
}

// answer returns the headers that belong to whatever answer the request gets, and the answer itself where it is the
// front's to give.
func (f *front) answer(ctx context.Context, r *kernia.Request) ([]kernia.HeaderLine, *kernia.Response) {
	safe := r.Method == "GET" || r.Method == "HEAD"
	switch {
	case r.Path == "/ready" && safe:
		return nil, f.ready(ctx)
	case r.Path == "/" && safe && f.page != nil:
		return nil, f.page
	case strings.HasPrefix(r.Path, f.auth.BasePath()+"/"):
		return f.cors(r)
	}
	return nil, nil
}

// ready says whether the stores answer, for a load balancer.
func (f *front) ready(ctx context.Context) *kernia.Response {
	resp := &kernia.Response{Status: 200, Body: []byte(`{"ready":true}`), Header: []kernia.HeaderLine{
		{Name: "Content-Type", Value: "application/json"}, {Name: "Cache-Control", Value: "no-store"},
	}}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if f.auth.Ready(ctx) != nil || f.kv != nil && f.kv.Ping(ctx) != nil {
		resp.Status, resp.Body = 503, []byte(`{"ready":false}`)
	}
	return resp
}

// readyTimeout is less than load balancers wait.
const readyTimeout = 3 * time.Second

// cors lets pages of trusted origins call with cookies. The origin is always named, never "*", and nothing is said
// to anybody else.
func (f *front) cors(r *kernia.Request) ([]kernia.HeaderLine, *kernia.Response) {
	origin := r.Header.First("Origin")
	asks := r.Method == "OPTIONS" && origin != "" && r.Header.First("Access-Control-Request-Method") != ""
	lines := []kernia.HeaderLine{{Name: "Vary", Value: "Origin"}}
	if len(r.Header["Origin"]) != 1 || !f.auth.TrustsOrigin(origin) {
		if asks {
			return lines, &kernia.Response{Status: 403}
		}
		return lines, nil
	}
	lines = append(lines,
		kernia.HeaderLine{Name: "Access-Control-Allow-Origin", Value: origin},
		kernia.HeaderLine{Name: "Access-Control-Allow-Credentials", Value: "true"})
	if !asks {
		return lines, nil // the features say which headers a page may read
	}
	lines = append(lines,
		kernia.HeaderLine{Name: "Access-Control-Allow-Methods", Value: "GET, POST"},
		kernia.HeaderLine{Name: "Access-Control-Allow-Headers", Value: "content-type, authorization"},
		kernia.HeaderLine{Name: "Access-Control-Max-Age", Value: "600"})
	return lines, &kernia.Response{Status: 204}
}
