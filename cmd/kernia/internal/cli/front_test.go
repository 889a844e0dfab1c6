package cli

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/cmd/kernia/config"
	"github.com/kernia-go/kernia/ports/memory"
)

func decode(t *testing.T, text string) *settings {
	t.Helper()
	s, err := config.Decode([]byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &settings{s}
}

// listen serves corsConfig on every framework in turn and gives f the URL.
func listen(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	listenAs(t, corsConfig, f)
}

// listenAs is listen with another configuration.
func listenAs(t *testing.T, text string, f func(t *testing.T, url string)) {
	t.Helper()
	for _, fr := range frames() {
		t.Run(fr.name, func(t *testing.T) {
			s := decode(t, text)
			log := slog.New(slog.DiscardHandler)
			auth, err := s.build(setup{store: memory.New(), log: log})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Migrate(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- run(ctx, fr.make(auth, s.front(auth, nil), log), l, log) }()
			f(t, "http://"+l.Addr().String())
			stop()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("run: %v", err)
				}
			case <-time.After(drain):
				t.Error("the server does not stop")
			}
		})
	}
}

// ask makes one request with headers "Name: value".
func ask(t *testing.T, method, url, body string, lines ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestReady(t *testing.T) {
	t.Run("SaysWhetherTheStoreAnswers", func(t *testing.T) {
		s := decode(t, `{"baseURL": "http://localhost", "secret": "nC2fW7qL0vXyTz4sBd8gJk1mPrUe5hAo"}`)
		store, err := s.driver().open(t.Context(), t.TempDir()+"/ready.db")
		if err != nil {
			t.Fatal(err)
		}
		auth, err := s.build(setup{store: store, log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Migrate(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		f := s.front(auth, nil)
		if got := f.ready(t.Context()).Status; got != 200 {
			t.Errorf("status = %d, want 200", got)
		}
		if err := store.close(); err != nil {
			t.Fatal(err)
		}
		resp := f.ready(t.Context())
		var body struct{ Ready bool }
		if err := json.Unmarshal(resp.Body, &body); err != nil || resp.Status != 503 || body.Ready {
			t.Errorf("ready = %d %s, want 503 and false", resp.Status, resp.Body)
		}
	})
}

func TestFrames(t *testing.T) {
	t.Run("TakeNoBodyForTheNextRequest", func(t *testing.T) {
		// Some servers hold the beginning of a body in memory and forget the rest; what is hidden answers {"ok":true}.
		hidden := strings.Repeat("\r\n", 50_000) + "GET /api/auth/ok HTTP/1.1\r\nHost: a\r\n\r\n"
		listen(t, func(t *testing.T, url string) {
			for _, head := range []string{
				"GET /ready HTTP/1.1\r\n",
				"GET /elsewhere HTTP/1.1\r\n",
				"POST /elsewhere HTTP/1.1\r\n",
				"POST /api/auth/elsewhere HTTP/1.1\r\n",
				"OPTIONS /api/auth/ok HTTP/1.1\r\nOrigin: https://app.example.com\r\nAccess-Control-Request-Method: POST\r\n",
				"OPTIONS /api/auth/ok HTTP/1.1\r\nOrigin: https://evil.example.net\r\nAccess-Control-Request-Method: POST\r\n",
			} {
				conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				_, _ = io.WriteString(conn, head+"Host: a\r\nContent-Length: "+strconv.Itoa(len(hidden))+"\r\n\r\n"+hidden+
					"GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
				got, _ := io.ReadAll(conn) // it may be reset: the server need not read on
				conn.Close()
				if !strings.HasPrefix(string(got), "HTTP/1.1 ") || strings.Contains(string(got), `{"ok":true}`) {
					t.Errorf("%q was answered\n%s", head, got)
				}
			}
		})
	})
	t.Run("RefuseALongBody", func(t *testing.T) {
		body := `{"email":"a@example.com","password":"` + strings.Repeat("x", 3<<20) + `"}`
		listen(t, func(t *testing.T, url string) {
			resp, text := ask(t, "POST", url+"/api/auth/sign-in/email", body, "Content-Type: application/json")
			if resp.StatusCode != 413 {
				t.Errorf("status = %d %s, want 413", resp.StatusCode, text)
			}
		})
	})
	t.Run("AnswerAClientThatReadsLast", func(t *testing.T) {
		body := strings.Repeat("x", 3<<20)
		listen(t, func(t *testing.T, url string) {
			head := "POST /api/auth/sign-in/email HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
			if got := exchange(t, url, head+body); !strings.HasPrefix(got, "HTTP/1.1 413 ") {
				t.Errorf("got %.200q, want 413", got)
			}
		})
	})
	t.Run("RepeatNothingOfARequest", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			for _, path := range []string{"/private-path", "/api/auth/private-path", "/ready", "/"} {
				for _, lines := range []string{
					"Host: a\r\n", "Host: a\r\nno colon\r\nX: y\r\n", "Host: a\r\nX Y: b\r\n", "Host: a\r\nContent-Length: x\r\n", "Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "Host: a\r\nHost: b\r\n",
					"Host: a\r\nX: a\x00b\r\n", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
				} {
					got := exchange(t, url, "GET "+path+" HTTP/1.1\r\nCookie: a=private-cookie\r\nConnection: close\r\n"+lines+"\r\n"+"0\r\n\r\n")
					if !strings.HasPrefix(got, "HTTP/1.1 ") || strings.Contains(got, "private-") {
						t.Errorf("%s with %q was answered\n%s", path, lines, got)
					}
					if status, _, _ := strings.Cut(got, "\r\n"); lines != "Host: a\r\n" && !strings.Contains(status, " 400") && !strings.Contains(status, " 501") {
						t.Errorf("%s with %q: %s, want 400", path, lines, status)
					}
				}
			}
		})
	})
	t.Run("CleanNoPaths", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			for _, path := range []string{"/api/auth//ok", "/api/auth/./ok", "/api/auth/x/../ok", "//api/auth/ok", "/api/auth", "/api/auth/ok/", "/elsewhere"} {
				if got := exchange(t, url, "GET "+path+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 404 ") {
					t.Errorf("%s: %.60q, want 404", path, got)
				}
			}
		})
	})
}

// exchange writes text to a connection of its own and reads only then.
func exchange(t *testing.T, url, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, text) // it may fail: the server need not take it all
	got, _ := io.ReadAll(conn)
	return string(got)
}
