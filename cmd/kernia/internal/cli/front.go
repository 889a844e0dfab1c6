package cli

import (
	"context"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// A front answers what the server adds to the routes of its Auth: readiness, CORS and, in development a page.
type front struct {
	auth *kernia.Auth
	page *kernia.Response // nil: none
	kv   pinger           // nil: none
	cors cors
}

// A pinger is a server that can be asked whether it is there.
type pinger interface {
	Ping(ctx context.Context) error
}

// answer returns the headers that belong to whatever answer the request gets, and the answer itself where it is the
// front's to give.
func (f *front) answer(ctx context.Context, r *kernia.Request) ([]kernia.HeaderLine, *kernia.Response) {
	lines, done := f.cors.answer(r)
	safe := r.Method == "GET" || r.Method == "HEAD"
	switch {
	case done != nil:
	case r.Path == "/ready" && safe:
		done = f.ready(ctx)
	case r.Path == "/" && safe && f.page != nil:
		done = f.page
	}
	return lines, done
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
