package replay_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// A recording is one file of exchanges with one server.
type recording struct {
	Profile struct {
		BaseURL string `json:"baseURL"`
	} `json:"profile"`
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Name    string          `json:"name"`
	Note    bool            `json:"note"`
	Data    json.RawMessage `json:"data"` // of a note: a mail that was sent, rows that were stored
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		Headers map[string]string `json:"headers"`
		Body    *string           `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int         `json:"status"`
		Headers [][2]string `json:"headers"`
		Cookies []string    `json:"set_cookie"`
		Body    string      `json:"body_raw"`
	} `json:"response"`
}

func (e *exchange) header(name string) string {
	for _, h := range e.Response.Headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

// began is before the first recorded instant.
var began = time.Date(2026, 11, 22, 9, 10, 40, 0, time.UTC)

var (
	session = regexp.MustCompile(`"token":"(\w+)","createdAt":"([^"]+)"`)
	written = regexp.MustCompile(`"(?:createdAt|updatedAt)":"([^"]+)"`)
)

// begins returns when the sessions of the recordings began, by their tokens.
func begins(t *testing.T) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	for _, file := range files(t) {
		for _, e := range read(t, file).Exchanges {
			for _, m := range session.FindAllStringSubmatch(e.Response.Body, -1) {
				out[m[1]] = parse(t, m[2])
			}
		}
	}
	return out
}

// keepTime moves the clock on to the time of an exchange: what it answers was written then or before, and a session
// whose cookie it sets began then.
func (w *world) keepTime(e *exchange) {
	w.t.Helper()
	var times []time.Time
	for _, m := range written.FindAllStringSubmatch(e.Response.Body, -1) {
		times = append(times, parse(w.t, m[1]))
	}
	for _, c := range e.Response.Cookies {
		token, _ := tokenOf(c)
		times = append(times, w.begins[token])
	}
	for _, at := range times {
		if at.After(w.clock.Now()) {
			w.clock.Set(at)
		}
	}
}

func parse(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(instant, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func read(t *testing.T, file string) recording {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return r
}

// files lists the recordings that are here.
func files(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	slices.Sort(paths)
	return paths
}
