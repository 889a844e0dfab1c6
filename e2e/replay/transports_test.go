package replay_test

import (
	"testing"

	"github.com/go-chi/chi/v5"

	kerniachi "github.com/kernia-go/kernia/adapters/http/chi"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// A transport serves an Auth and returns its URL and how to stop it.
type transport struct {
	name  string
	serve func(t *testing.T, auth *kernia.Auth) (url string, stop func())
}

var transports = []transport{
	{"nethttp", func(t *testing.T, auth *kernia.Auth) (string, func()) { return server(t, nethttp.Handler(auth)) }},
	{"chi", func(t *testing.T, auth *kernia.Auth) (string, func()) {
		r := chi.NewRouter()
		kerniachi.Mount(r, auth)
		return server(t, r)
	}},
}
