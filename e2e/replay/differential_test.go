package replay_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/kernia-go/kernia/ports/memory"
)

// TestSameOnEveryTransport sends the requests of every recording to every transport, each in worlds with the same clock
// and the same random bytes, and compares the answers byte for byte. What is a success in the recording is one here.
// H03, H05.
func TestSameOnEveryTransport(t *testing.T) {
	statuses := map[int]int{}
	all := 0
	for _, group := range groups(t) {
		t.Run(strings.TrimSuffix(group[0], ".json"), func(t *testing.T) {
			compareTransports(t, func(tr transport) []string {
				w := build(t, tr, setups[group[0]], &normal{})
				defer w.close()
				var out []string
				for _, file := range group {
					w.play(file, func(key string, e *exchange, a answer) {
						if !strings.HasPrefix(e.Request.Path, w.auth.BasePath()+"/") {
							return // the framework answers, in its own words
						}
						if _, excepted := except(key); a.status != e.Response.Status && !excepted {
							t.Errorf("%s: %s answers %d, not %d as recorded", key, tr.name, a.status, e.Response.Status)
						}
						statuses[a.status]++
						all++
						out = append(out, key+": "+a.text())
					})
				}
				return out
			})
		})
	}
	if statuses[http.StatusOK] < all/3 || statuses[http.StatusTooManyRequests] > all/20 {
		t.Errorf("of %d answers too few are successes, or too many are refused for their number: %v", all, statuses)
	}
}

// TestSameOnOddPaths sends requests to odd spellings of paths to every transport and compares the answers. H05.
func TestSameOnOddPaths(t *testing.T) {
	statuses := map[int]int{}
	compareTransports(t, func(tr transport) []string {
		w := build(t, tr, setup{}, &normal{})
		defer w.close()
		var out []string
		for _, path := range oddPaths() {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				a := w.ask(method, w.auth.BasePath()+path)
				statuses[a.status]++
				out = append(out, method+" "+path+": "+a.text())
			}
		}
		return out
	})
	if statuses[http.StatusOK] == 0 || statuses[http.StatusNotFound] < statuses[http.StatusOK] {
		t.Errorf("the odd paths are all alike: %v", statuses)
	}
}

// compareTransports says where what is heard of a transport differs from what is heard of the first one.
func compareTransports(t *testing.T, heard func(tr transport) []string) {
	t.Helper()
	want := heard(transports[0])
	for _, tr := range transports[1:] {
		got := heard(tr)
		if len(got) != len(want) {
			t.Fatalf("%s gives %d answers, %s %d", tr.name, len(got), transports[0].name, len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s answers\n%s\n%s answers\n%s", tr.name, got[i], transports[0].name, want[i])
			}
		}
	}
}

// A normal hasher costs nothing, and normalises passwords as real ones do.
type normal struct{ memory.Hasher }

func (h *normal) Hash(ctx context.Context, password string) (string, error) {
	return h.Hasher.Hash(ctx, norm.NFKC.String(password))
}

func (h *normal) Verify(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	return h.Hasher.Verify(ctx, norm.NFKC.String(password), hash)
}

// oddPaths are spellings of routes that are no routes, and a route with odd queries.
func oddPaths() []string {
	var out []string
	for _, route := range []string{"/get-session", "/sign-in/email"} {
		head, last := route[:2], route[2:]
		out = append(out, route+"/", "/"+route, route+"//", "/."+route, "/x/.."+route, route+"/.", route+"/..", head+fmt.Sprintf("%%%x", last[0])+last[1:],
			strings.ToUpper(route), route+"%2f", route+"%00", route+"%20", route+"%3fa", route+"%23a", route+";a=b", route+".json", route+"%ff",
			"/%2e"+route, "/x/%2e%2e"+route, route+"?", route+"?a=b&a=c", route+"?a=%zz", route+"?%00", route+"?disableRefresh=true&disableRefresh=false")
	}
	return append(out, "/", "//", "/é", "/"+strings.Repeat("a/", 500), "/"+strings.Repeat("a", 3000))
}

// ask sends a request to a path as it is spelled, with an origin of our own.
func (w *world) ask(method, target string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.URL.Opaque = target
	req.Host = "127.0.0.1:4101"
	return w.do(req)
}

// encrypted is a cookie that holds a JSON Web Encryption: its header begins with {"alg":"dir".
var encrypted = regexp.MustCompile(`^([^=]*session_data[^=]*)=eyJhbGciOiJkaXIi[^;]*`)

// text writes out an answer: its status, how often each header line comes and with which values, and the body. The
// length of the body is known from the body, and each engine has its own clock.
func (a answer) text() string {
	var lines []string
	for name, values := range a.header {
		switch name {
		case "Content-Length":
			continue
		case "Date":
			values = values[1:]
		case "Set-Cookie":
			values = slices.Clone(values)
			for i := range values {
				values[i] = encrypted.ReplaceAllString(values[i], "$1=encrypted") // each time with bytes of its own
			}
		}
		lines = append(lines, fmt.Sprintf("%s: %q", name, values))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d\n%s\n\n%s", a.status, strings.Join(lines, "\n"), a.body)
}
