package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

func TestProgram(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
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
		if err := <-ended; err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	base := "http://" + listener.Addr().String()
	jar, _ := cookiejar.New(nil) // never fails without options
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	for _, step := range []struct {
		path, body string
		want       int
	}{
		{"/me", "", 401},
		{"/api/auth/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"correct horse"}`, 200},
		{"/me", "", 200},
		{"/api/auth/sign-out", `{}`, 200},
		{"/me", "", 401},
		{"/api/auth/sign-in/email", `{"email":"ann@example.com","password":"correct horse"}`, 200},
		{"/me", "", 200},
		{"/api/auth/nothing", "", 404},
	} {
		resp := ask(t, client, base, step.path, step.body)
		for range 10 { // on a machine under load a password may be hashed for longer than a program gives a request
			if resp.StatusCode != http.StatusServiceUnavailable {
				break
			}
			_ = resp.Body.Close()
			resp = ask(t, client, base, step.path, step.body)
		}
		var answer map[string]any
		err := json.NewDecoder(resp.Body).Decode(&answer)
		_ = resp.Body.Close()
		if resp.StatusCode != step.want {
			t.Fatalf("%s = %d %v, want %d", step.path, resp.StatusCode, answer, step.want)
		}
		if step.path == "/me" && step.want == 200 && (err != nil || answer["email"] != "ann@example.com") {
			t.Errorf("/me = %v, %v", answer, err)
		}
	}
}

// ask sends a GET, or a POST where there is a body, as a page of the program's own does.
func ask(t *testing.T, client *http.Client, base, path, body string) *http.Response {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", base)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
