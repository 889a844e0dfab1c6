// Command evenness measures whether the time of an answer tells who has an account. It runs "kernia serve" on an empty
// SQLite database, asks each route that takes an address 200 times for one that somebody has and 200 times for one that
// nobody has, in turn, and prints the medians:
//
//	go run ./tools/evenness [-n 200]
//
// The tests count hashes and calls of the store instead, since times differ from run to run. Medians that lie further
// apart than two runs of the same kind do are worth a look.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// users is how many there are: each bears a few wrong passwords only.
const users = 100

func main() {
	n := flag.Int("n", 200, "requests of each kind")
	flag.Parse()
	if err := run(context.Background(), *n); err != nil {
		fmt.Fprintln(os.Stderr, "evenness:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int) error {
	dir, err := os.MkdirTemp("", "kernia-evenness-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	base, stop, err := serve(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	for i := range users {
		body := fmt.Sprintf(`{"name":"Ann","email":%q,"password":"password123"}`, known(i))
		if _, err := post(ctx, base+"/sign-up/email", body); err != nil {
			return err
		}
	}
	fmt.Printf("%-40s %10s %10s\n", "median of", "known", "unknown")
	for _, r := range routes() {
		var times [2][]time.Duration
		for i := range n {
			for kind, address := range []string{known(i), fmt.Sprintf("nobody%d-%s@example.com", i, r.name)} {
				took, err := post(ctx, base+r.path, strings.ReplaceAll(r.body, "ADDRESS", address))
				if err != nil {
					return fmt.Errorf("%s: %w", r.path, err)
				}
				times[kind] = append(times[kind], took)
			}
		}
		fmt.Printf("%-40s %10s %10s\n", r.name, median(times[0]), median(times[1]))
	}
	return nil
}

func known(i int) string { return fmt.Sprintf("user%d@example.com", i%users) }

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2].Round(10 * time.Microsecond)
}

// A route takes an address.
type route struct{ name, path, body string }

func routes() []route {
	return []route{
		{"sign-in", "/sign-in/email", `{"email":"ADDRESS","password":"not the password"}`},
		{"sign-up", "/sign-up/email", `{"name":"Ann","email":"ADDRESS","password":"password123"}`},
		{"reset", "/request-password-reset", `{"email":"ADDRESS"}`},
		{"resend", "/send-verification-email", `{"email":"ADDRESS"}`},
		{"magic-link", "/sign-in/magic-link", `{"email":"ADDRESS"}`},
		{"code", "/email-otp/send-verification-otp", `{"email":"ADDRESS","type":"sign-in"}`},
	}
}

// post returns how long the answer took. Any answer will do but one that says that the server has had enough.
func post(ctx context.Context, url, body string) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500 || res.StatusCode == http.StatusNotFound {
		return 0, fmt.Errorf("status %d", res.StatusCode)
	}
	return time.Since(begun), err
}

// serve starts the server with everything that takes an address, and returns the URL of its routes.
func serve(ctx context.Context, dir string) (base string, stop func(), err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	addr := l.Addr().String()
	_ = l.Close()
	config, err := json.Marshal(map[string]any{
		"addr": addr, "baseURL": "http://" + addr + "/api/auth", "secret": "evenness measures, and keeps nothing for longer",
		"store": map[string]any{"dsn": filepath.Join(dir, "kernia.db")}, "mail": map[string]any{"outbox": filepath.Join(dir, "outbox.jsonl")},
		"emailAndPassword": map[string]any{"enabled": true, "requireEmailVerification": true}, "rateLimit": map[string]any{"enabled": false},
		"plugins": map[string]any{"magicLink": map[string]any{"disableSignUp": true}, "emailOTP": map[string]any{"disableSignUp": true}},
	})
	if err != nil {
		return "", nil, err
	}
	file, program := filepath.Join(dir, "kernia.json"), filepath.Join(dir, "kernia")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return "", nil, err
	}
	for _, args := range [][]string{{"go", "build", "-o", program, "github.com/kernia-go/kernia/cmd/kernia"}, {program, "migrate", "--config", file}} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("%s: %w\n%s", args[0], err, out)
		}
	}
	cmd := exec.CommandContext(ctx, program, "serve", "--config", file)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }
	base = "http://" + addr + "/api/auth"
	for range 300 {
		if res, err := http.Get(base + "/ok"); err == nil { //nolint:noctx // it ends with the program
			_ = res.Body.Close()
			return base, stop, nil
		}
		time.Sleep(50 * time.Millisecond) // a program starts
	}
	stop()
	return "", nil, errors.New("the server does not answer")
}
