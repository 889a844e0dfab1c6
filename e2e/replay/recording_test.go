package replay_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A recording is one file of exchanges with one server.
type recording struct {
	Profile struct {
		BaseURL string `json:"baseURL"`
	} `json:"profile"`
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Name    string `json:"name"`
	Note    bool   `json:"note"`
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
