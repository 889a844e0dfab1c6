// Package programtest is what the examples' tests share: it starts a program on a free port and asks it as a browser does.
package programtest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"testing"
	"time"
)

// Server returns the URL of a server that a variable names, or ends the test: as skipped, with what it lacked, or
// with CI=true as failed.
func Server(t *testing.T, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	switch {
	case url != "":
	case os.Getenv("CI") == "true":
		t.Fatal(variable + " names no server")
	default:
		t.Skip(variable + " names no server")
	}
	return url
}

// Start runs a program in an empty folder on a free port until the test ends, and returns the address.
func Start(t *testing.T, run func(ctx context.Context, listener net.Listener) error) (address string) {
	t.Helper()
	t.Chdir(t.TempDir())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the program ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the program does not end")
		}
	})
	return listener.Addr().String()
}

// A Browser keeps the cookies of one program.
type Browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

// Open returns a Browser without cookies.
func Open(t *testing.T, address string) *Browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &Browser{t: t, base: "http://" + address, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// Ask sends a GET, or a POST where there is a body, as a page of the program's own does. What is answered by 503 is sent
// again: on a machine under load a password may be hashed for longer than a program gives a request.
func (b *Browser) Ask(path, body string) (status int, answer map[string]any) {
	b.t.Helper()
	for range 10 {
		if status, answer = b.ask(path, body); status != http.StatusServiceUnavailable {
			break
		}
	}
	return status, answer
}

func (b *Browser) ask(path, body string) (status int, answer map[string]any) {
	b.t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", b.base)
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = json.Unmarshal(text, &answer) // what is no JSON has no members
	return resp.StatusCode, answer
}

// Tour signs up, out and in, and looks at /me, which is for signed-in users, at each step.
func Tour(t *testing.T, run func(ctx context.Context, listener net.Listener) error) {
	t.Helper()
	b := Open(t, Start(t, run))
	me := func(when string, want int) {
		t.Helper()
		status, user := b.Ask("/me", "")
		if status != want || want == 200 && user["email"] != "ann@example.com" {
			t.Fatalf("/me %s = %d %v, want %d", when, status, user, want)
		}
	}
	post := func(path, body string, want int) {
		t.Helper()
		if status, answer := b.Ask("/api/auth"+path, body); status != want {
			t.Fatalf("%s = %d %v, want %d", path, status, answer, want)
		}
	}
	me("at first", 401)
	post("/sign-up/email", `{"name":"Ann","email":"Ann@example.com","password":"correct horse"}`, 200)
	me("after sign-up", 200)
	post("/sign-out", `{}`, 200)
	me("after sign-out", 401)
	post("/sign-in/email", `{"email":"ann@example.com","password":"battery staple"}`, 401)
	me("after a wrong password", 401)
	post("/sign-in/email", `{"email":"ann@example.com","password":"correct horse"}`, 200)
	me("after sign-in", 200)
}
