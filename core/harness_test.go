package kernia_test

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

const own = "http://localhost:8080"

// config returns the least that New takes.
func config() kernia.Config {
	return kernia.Config{BaseURL: own + "/api/auth", Secret: kerniatest.Secret, Store: memory.New(), Logger: slog.New(slog.DiscardHandler)}
}

// A server is an Auth on a store in memory, asked without a network.
type server struct {
	t     *testing.T
	auth  *kernia.Auth
	store *memory.Store
	clock *memory.Clock
}

func serve(t *testing.T, cfg kernia.Config, features ...kernia.Feature) *server {
	t.Helper()
	s := &server{t: t, store: memory.New(), clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	if cfg.Store == nil {
		cfg.Store = s.store
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Clock = s.clock
	if features == nil {
		features = []kernia.Feature{emailpassword.Feature{}, bearer.Feature{}}
	}
	s.auth = kerniatest.New(t, cfg, features...)
	return s
}

// An answer is a response, its body decoded where it is JSON.
type answer struct {
	kernia.Response
	json map[string]any
}

func (a answer) code() string { s, _ := a.json["code"].(string); return s }

func (a answer) header(name string) string {
	for _, h := range a.Header {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// cookie returns what a browser would send back: the pairs that the answer sets and does not delete.
func (a answer) cookie() string {
	var pairs []string
	for _, line := range a.Cookies {
		pair, rest, _ := strings.Cut(line, ";")
		if !strings.Contains(rest, "Max-Age=0") {
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(pairs, "; ")
}

// request returns a request as a page of our own sends it: headers are name, value pairs, an empty value removes.
func request(method, path, body string, headers ...string) *kernia.Request {
	path, query, _ := strings.Cut(path, "?")
	r := &kernia.Request{
		Method: method, Path: "/api/auth" + path, Query: query, Host: "localhost:8080", Remote: "203.0.113.9:4711",
		Header: kernia.Header{"Origin": {own}}, Body: []byte(body), Length: int64(len(body)),
	}
	if body != "" {
		r.Header["Content-Type"] = []string{"application/json"}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			delete(r.Header, headers[i])
			continue
		}
		r.Header[headers[i]] = append([]string(nil), headers[i+1])
	}
	return r
}

func (s *server) send(r *kernia.Request) answer {
	s.t.Helper()
	a := answer{Response: s.auth.Serve(s.t.Context(), r)}
	_ = json.Unmarshal(a.Body, &a.json)
	return a
}

func (s *server) post(path, body string, headers ...string) answer {
	s.t.Helper()
	return s.send(request("POST", path, body, headers...))
}

func (s *server) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.send(request("GET", path, "", headers...))
}

// signUp makes a user with the password "password123" and returns the cookies of the session.
func (s *server) signUp(email string) string {
	s.t.Helper()
	a := s.post("/sign-up/email", `{"name":"Ann","email":"`+email+`","password":"password123"}`)
	if a.Status != 200 {
		s.t.Fatalf("sign-up: %d %s", a.Status, a.Body)
	}
	return a.cookie()
}

func (s *server) signIn(email string, more ...string) answer {
	s.t.Helper()
	return s.post("/sign-in/email", `{"email":"`+email+`","password":"password123"`+strings.Join(more, "")+`}`)
}

// token returns the session token inside a Cookie header.
func token(t *testing.T, cookie string) string {
	t.Helper()
	_, value, ok := strings.Cut(cookie, "session_token=")
	if !ok {
		t.Fatalf("no session in %q", cookie)
	}
	value, _, _ = strings.Cut(value, ";")
	value, err := url.PathUnescape(value)
	if err != nil {
		t.Fatal(err)
	}
	return value[:strings.LastIndex(value, ".")]
}

func (s *server) signedIn(cookie string) bool {
	s.t.Helper()
	a := s.get("/get-session", "Cookie", cookie)
	if a.Status != 200 {
		s.t.Fatalf("get-session: %d %s", a.Status, a.Body)
	}
	return string(a.Body) != "null"
}

// valid returns a body that an operation's validation accepts, made from its declaration.
func valid(o *kernia.Operation) map[string]any {
	body := map[string]any{}
	for f := range o.In.Fields() {
		name, in := f.Tag.Get("json"), f.Tag.Get("in")
		if name == "" || strings.Contains(in, "query") || strings.Contains(in, "path") {
			continue
		}
		if strings.Contains(in, "either") {
			body[name] = "token"
		}
		switch f.Type.String() {
		case "string":
			body[name] = "password123"
			if strings.Contains(in, "email") || name == "email" {
				body[name] = "victim@example.com"
			}
		case "bool":
			body[name] = true
		}
	}
	return body
}
