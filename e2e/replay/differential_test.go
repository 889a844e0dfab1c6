package replay_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestSameOnEveryTransport sends the requests of every recording to every transport, each in a world with the same
// clock and the same random bytes, and compares the answers byte for byte. H03, H05.
func TestSameOnEveryTransport(t *testing.T) {
	for _, file := range files(t) {
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			var want []string
			for i, tr := range transports {
				got := differential(t, tr, file)
				if i == 0 {
					want = got
					continue
				}
				for j := range want {
					if got[j] != want[j] {
						t.Errorf("%s answers\n%s\n%s answers\n%s", tr.name, got[j], transports[0].name, want[j])
					}
				}
			}
		})
	}
}

// differential returns the answers to the requests of a recording; cookies and tokens in them are those of its own
// world.
func differential(t *testing.T, tr transport, file string) []string {
	t.Helper()
	cfg, features := configured(t, setups[file].options, map[string]string{"KERNIA_PLUGINS_BEARER": "{}"})
	cfg.Store, cfg.Secret = memory.New(), secret
	cfg.Clock, cfg.Random = memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), memory.NewPredictableRandom(7)
	cfg.Hasher, cfg.Logger = &memory.Hasher{}, slog.New(slog.DiscardHandler)
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Migrate(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	base, stop := tr.serve(t, auth)
	defer stop()
	w := &world{t: t, url: base, auth: auth, tokens: map[string]string{}}
	var out []string
	for _, e := range read(t, file).Exchanges {
		if e.Note || !strings.HasPrefix(e.Request.Path, auth.BasePath()+"/") {
			continue // outside of the routes the framework answers, in its own words
		}
		out = append(out, e.Name+": "+w.raw(&e))
	}
	return out
}

// raw sends one request and returns status, headers and body as text.
func (w *world) raw(e *exchange) string {
	w.t.Helper()
	body := ""
	if e.Request.Body != nil {
		body = whole(w.own(*e.Request.Body))
	}
	req, err := http.NewRequestWithContext(w.t.Context(), e.Request.Method, w.url+e.Request.Path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body == "" {
		req.Body = nil
	}
	req.Host = "127.0.0.1:4101"
	for name, value := range e.Request.Headers {
		if name != "host" {
			req.Header.Set(name, w.own(value))
		}
	}
	if _, ok := e.Request.Headers["user-agent"]; !ok {
		req.Header.Set("User-Agent", "")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 30 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.learn(e.Response.Cookies, res.Header["Set-Cookie"])
	var lines []string
	for name, values := range res.Header {
		if !slices.Contains([]string{"Date", "Content-Length", "Connection"}, name) {
			lines = append(lines, fmt.Sprintf("%s: %q", name, values))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d\n%s\n\n%s", res.StatusCode, strings.Join(lines, "\n"), text)
}
