package kernia_test

import (
	"fmt"
	"sync"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
)

func TestA10_LoginFromForeignPage(t *testing.T) {
	s := serve(t, kernia.Config{TrustedOrigins: []string{"http://app.example.com"}})
	s.signUp("ann@example.com")
	body := `{"name":"x","email":"ann@example.com","password":"password123"}`
	tests := []struct {
		name    string
		headers []string
		want    int
	}{
		{"foreign origin", []string{"Origin", "https://evil.example"}, 403},
		{"foreign origin with a cookie", []string{"Origin", "https://evil.example", "Cookie", "a=b"}, 403},
		{"foreign referer", []string{"Origin", "", "Referer", "https://evil.example/x"}, 403},
		{"null origin", []string{"Origin", "null"}, 403},
		{"cross-site navigation", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
		{"cross-site without origin", []string{"Origin", "", "Sec-Fetch-Site", "cross-site"}, 403},
		{"fetch metadata without origin", []string{"Origin", "", "Sec-Fetch-Mode", "cors"}, 403},
		{"trusted origin", []string{"Origin", "http://app.example.com", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"}, 200},
		{"no browser", []string{"Origin", ""}, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.post("/sign-in/email", body, test.headers...)
			if a.Status != test.want || (a.cookie() != "") != (test.want == 200) {
				t.Errorf("sign-in = %d %s, want %d", a.Status, a.Body, test.want)
			}
			if a := s.post("/sign-up/email", body, test.headers...); (a.Status == 403) != (test.want == 403) {
				t.Errorf("sign-up = %d %s, want 403: %v", a.Status, a.Body, test.want == 403)
			}
		})
	}
}

// TestCSRF loops over every operation that changes something.
func TestCSRF(t *testing.T) {
	s := serve(t, kernia.Config{})
	for _, o := range s.auth.Operations() {
		if o.Method != "POST" {
			continue
		}
		for _, headers := range [][]string{
			{"Cookie", "a=b", "Origin", "https://evil.example"},
			{"Cookie", "a=b", "Origin", ""},
			{"Cookie", "a=b", "Origin", "null"},
			{"Cookie", "a=b", "Origin", "", "Referer", "https://evil.example/"},
		} {
			if a := s.post(o.Path, `{}`, headers...); a.Status != 403 {
				t.Errorf("%s with %v = %d, want 403", o.Name(), headers, a.Status)
			}
		}
		r := request("POST", o.Path, `{}`, "Cookie", "a=b")
		r.Header["Origin"] = []string{own, "https://evil.example"}
		if a := s.send(r); a.Status != 403 {
			t.Errorf("%s with two origins = %d, want 403", o.Name(), a.Status)
		}
	}
}

func TestA11_SimpleRequests(t *testing.T) {
	s := serve(t, kernia.Config{})
	s.signUp("ann@example.com")
	for _, o := range s.auth.Operations() {
		if o.Method != "POST" || o.Path == "/get-session" {
			continue
		}
		for _, media := range []string{"text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/vnd.x+json"} {
			form := media == "application/x-www-form-urlencoded"
			a := s.post(o.Path, `{"a":"b"}`, "Content-Type", media)
			if want := 415; a.Status != want && (!form || !o.Forms) {
				t.Errorf("%s as %s = %d, want %d", o.Name(), media, a.Status, want)
			}
		}
	}
	form := "email=ann%40example.com&password=password123"
	for _, origin := range []string{"", "null", "https://evil.example"} {
		a := s.post("/sign-in/email", form, "Content-Type", "application/x-www-form-urlencoded", "Origin", origin)
		if a.Status != 403 || a.cookie() != "" {
			t.Errorf("a form from origin %q = %d %s, want 403", origin, a.Status, a.Body)
		}
	}
	if a := s.post("/sign-in/email", form, "Content-Type", "application/x-www-form-urlencoded"); a.Status != 200 {
		t.Errorf("a form from our own page = %d %s, want 200", a.Status, a.Body)
	}
}

func TestA13_BaseURLOfEachRequest(t *testing.T) {
	s := serve(t, kernia.Config{Development: true})
	var wait sync.WaitGroup
	for i := range 64 {
		wait.Go(func() {
			host := fmt.Sprintf("host%d.example", i%2)
			for j := range 20 {
				r := request("POST", "/sign-out", `{}`, "Cookie", "a=b", "Origin", "http://"+host)
				r.Host = host
				if a := s.send(r); a.Status != 200 {
					t.Errorf("own origin %s = %d %s", host, a.Status, a.Body)
				}
				r = request("POST", "/sign-out", `{}`, "Cookie", "a=b", "Origin", fmt.Sprintf("http://host%d.example", (i+1)%2))
				r.Host = host
				if a := s.send(r); a.Status != 403 {
					t.Errorf("round %d: the other host's origin = %d, want 403", j, a.Status)
				}
			}
		})
	}
	wait.Wait()
}

func TestA15_Paths(t *testing.T) {
	s := serve(t, kernia.Config{DisabledPaths: []string{"/update"}})
	for _, path := range []string{"/x/api/auth/ok", "/api/authok", "/api/auth", "/api/auth/ok/", "/api/auth//ok", "/API/AUTH/ok", "/api/auth/%6Fk", "/api/auth/OK", "/api/auth/./ok", "/api/auth/ok;a=b", ""} {
		r := request("GET", "", "")
		r.Path = path
		if a := s.send(r); a.Status != 404 || len(a.Body) != 0 || a.header("Content-Type") != "" {
			t.Errorf("%s = %d %q, want an empty 404", path, a.Status, a.Body)
		}
	}
	if a := s.post("/update-user", `{}`); a.Status != 401 {
		t.Errorf("/update-user = %d: a disabled /update covers it", a.Status)
	}
	for _, method := range []string{"HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "get"} {
		if a := s.send(request(method, "/ok", "")); a.Status != 404 {
			t.Errorf("%s /ok = %d, want 404", method, a.Status)
		}
	}
}

// TestGuardChecksTheOriginOfUpgrades opens a WebSocket from a foreign page: it is a GET, and carries the cookies.
func TestGuardChecksTheOriginOfUpgrades(t *testing.T) {
	s := serve(t, kernia.Config{})
	cookie := s.signUp("ann@example.com")
	for from, denied := range map[string]bool{own: false, "https://evil.example": true, "": true} {
		r := request("GET", "/chat", "", "Cookie", cookie, "Origin", from, "Upgrade", "websocket", "Connection", "Upgrade")
		r.Path = "/chat"
		if g := s.auth.Guard(t.Context(), r, true); (g.Denied != nil) != denied {
			t.Errorf("an upgrade from %q: denied = %v, want %t", from, g.Denied, denied)
		}
	}
	r := request("GET", "/chat", "", "Origin", "https://evil.example", "Upgrade", "websocket")
	r.Path = "/chat"
	if g := s.auth.Guard(t.Context(), r, false); g.Denied != nil {
		t.Errorf("an upgrade without cookies is denied: %s", g.Denied.Body)
	}
}
