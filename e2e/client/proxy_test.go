package client_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/e2e/internal/certificate"
)

// certified writes a certificate and its key into dir, and returns who trusts it.
func certified(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	own, trust := certificate.New(t)
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: own.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return trust
}

// nginx starts nginx with TLS at front before the server at back, with the settings of examples/production, and returns
// who trusts its certificate.
func nginx(t *testing.T, front, back string) *x509.CertPool {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("nginx is not installed")
			}
			t.Skip("nginx is not installed")
		}
	}
	dir := t.TempDir()
	pool := certified(t, dir)
	text := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log stderr warn;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	server {
		listen %[2]s ssl;
		ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
		large_client_header_buffers 4 32k;
		location / { proxy_pass http://%[3]s; include %[4]s/examples/production/proxy.conf; }
	}
}`, dir, front, back, root)
	if os.Geteuid() == 0 {
		text = "user root;\n" + text
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	launch(t, front, func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, program, "-p", dir, "-c", file, "-e", "stderr")
	})
	return pool
}

// A visitor is a client behind nginx, at an address of its own.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

func visit(t *testing.T, base, address string, trust *x509.CertPool) *visitor {
	t.Helper()
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{
		DialContext: d.DialContext, TLSClientConfig: &tls.Config{RootCAs: trust, ServerName: "localhost", MinVersion: tls.VersionTLS12},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t, base, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// post sends a request with a head that lies about where it comes from and where it goes.
func (v *visitor) post(path, body string, header ...string) (*http.Response, map[string]any) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Origin": v.base, "X-Forwarded-For": "8.8.8.8", "X-Real-IP": "8.8.8.8", "Forwarded": "for=8.8.8.8;host=evil.example;proto=http",
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "80",
	} {
		req.Header.Set(name, value)
	}
	req.Host = "evil.example"
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	var answer map[string]any
	_ = json.Unmarshal(bytes.TrimSpace(text), &answer) // what is no JSON has no members
	return res, answer
}

// TestBehindNginx runs each framework behind a real nginx with TLS: cookies are Secure, addresses are the clients', links
// lead to the public URL, and what a client writes into its head changes none of it.
func TestBehindNginx(t *testing.T) {
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			front, _ := place(t)
			_, port, _ := net.SplitHostPort(front)
			base := "https://localhost:" + port
			addr, _ := place(t)
			box := newOutbox(t)
			s := configure(t, addr, base, config{
				"http": framework, "store": sqlite.config(t), "trustedOrigins": []string{}, "mail": config{"outbox": box.path},
				"advanced":  config{"ipAddress": config{"trustedProxies": []string{"127.0.0.1"}}},
				"rateLimit": config{"enabled": true, "customRules": config{"/sign-up/email": config{"window": 60, "max": 2}}},
			})
			s.migrate(t)
			s.serve(t)
			trust := nginx(t, front, addr)
			ann, bob := visit(t, base, "127.0.0.2", trust), visit(t, base, "127.0.0.3", trust)

			res, answer := ann.post("/api/auth/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("sign-up = %d %v", res.StatusCode, answer)
			}
			cookie := res.Header.Get("Set-Cookie")
			if !strings.HasPrefix(cookie, "__Secure-better-auth.session_token=") || !strings.Contains(cookie, "; Secure") {
				t.Errorf("the cookie is %q", cookie)
			}
			pair, _, _ := strings.Cut(cookie, ";")
			if got := addressOf(t, ann, pair); got != "127.0.0.2" {
				t.Errorf("the session is from %q, want 127.0.0.2", got)
			}

			ann.post("/api/auth/request-password-reset", `{"email":"ann@example.com"}`)
			m, _ := box.next(t).(map[string]any)
			if link, _ := m["url"].(string); !strings.HasPrefix(link, base+"/api/auth/reset-password/") {
				t.Errorf("the link is %q, want one below %s", link, base)
			}

			if res, _ := ann.post("/api/auth/sign-out", `{}`, "Origin", "https://evil.example", "Cookie", pair); res.StatusCode != http.StatusForbidden {
				t.Errorf("from a foreign page = %d, want 403", res.StatusCode)
			}
			for i := range 2 { // two are allowed, and one came
				res, _ = ann.post("/api/auth/sign-up/email", `{}`, "X-Forwarded-For", fmt.Sprintf("9.9.9.%d", i))
			}
			if res.StatusCode != http.StatusTooManyRequests {
				t.Errorf("a client that changes its X-Forwarded-For = %d, want 429", res.StatusCode)
			}
			if res, _ := bob.post("/api/auth/sign-up/email", `{}`); res.StatusCode != http.StatusBadRequest {
				t.Errorf("another client = %d, want 400", res.StatusCode)
			}
		})
	}
}

// addressOf returns the address that the session of the cookie is from.
func addressOf(t *testing.T, v *visitor, cookie string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.base+"/api/auth/get-session", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := v.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Session struct {
			IPAddress string `json:"ipAddress"`
		} `json:"session"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Session.IPAddress
}
