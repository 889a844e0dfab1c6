package bearer_test

import (
	"encoding/json"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/featuretest"
	"github.com/kernia-go/kernia/core/kerniatest"
)

func TestFeature(t *testing.T) {
	by := func(authorization func(c kerniatest.Client) string) func(s *featuretest.Stage) {
		return func(s *featuretest.Stage) {
			c := kerniatest.SignIn(s, s.Auth, "ann@example.com")
			s.Page.Header["Authorization"] = []string{authorization(c)}
		}
	}
	token := by(func(c kerniatest.Client) string { return c.Bearer })
	signed := by(func(c kerniatest.Client) string {
		_, signature, _ := strings.Cut(c.Cookie, "=")
		return "Bearer " + signature
	})
	featuretest.Run(t, bearer.Feature{}, []featuretest.Sample{
		{Operation: "GET /list-sessions", Given: token, PageOnly: true},
		{Operation: "POST /revoke-sessions", Given: token, PageOnly: true},
		{Operation: "POST /revoke-other-sessions", Given: signed, PageOnly: true},
		{Operation: "GET /list-sessions", Given: signed, PageOnly: true, Feature: bearer.Feature{RequireSignature: true}},
		{Operation: "GET /list-sessions", Given: token, PageOnly: true, Feature: bearer.Feature{RequireSignature: true}, Want: kernia.ErrUnauthorized},
	})
}

func ask(t *testing.T, auth *kernia.Auth, method, path, body string, headers ...string) (kernia.Response, map[string]string) {
	t.Helper()
	r := &kernia.Request{Method: method, Path: "/api/auth" + path, Host: "localhost:8080", Header: kernia.Header{}, Body: []byte(body), Length: int64(len(body))}
	if body != "" {
		r.Header["Content-Type"] = []string{"application/json"}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header[headers[i]] = []string{headers[i+1]}
	}
	resp := auth.Serve(t.Context(), r)
	h := map[string]string{}
	for _, line := range resp.Header {
		h[strings.ToLower(line.Name)] = line.Value
	}
	return resp, h
}

func signedIn(t *testing.T, auth *kernia.Auth, headers ...string) bool {
	t.Helper()
	resp, _ := ask(t, auth, "GET", "/get-session", "", headers...)
	return string(resp.Body) != "null"
}

func TestBearer(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{TrustedOrigins: []string{"https://app.example.com"}}, emailpassword.Feature{}, bearer.Feature{})
	resp, h := ask(t, auth, "POST", "/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
	var out struct{ Token string }
	if err := json.Unmarshal(resp.Body, &out); err != nil || h["set-auth-token"] == "" || h["access-control-expose-headers"] != "set-auth-token" {
		t.Fatalf("sign-up = %s, headers %v", resp.Body, h)
	}
	signed := h["set-auth-token"]
	escaped := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(signed)
	for _, value := range []string{"Bearer " + out.Token, "bearer " + out.Token, "BEARER " + signed, "Bearer " + escaped} {
		if !signedIn(t, auth, "Authorization", value) {
			t.Errorf("Authorization %q is nobody", value)
		}
	}
	forged := signed[:len(signed)-2] + "A="
	if forged == signed {
		forged = signed[:len(signed)-2] + "E="
	}
	for _, value := range []string{"Bearer " + forged, "Bearer " + out.Token[1:], "Basic " + out.Token, out.Token, "Bearer " + out.Token + ".", "Bearer"} {
		if signedIn(t, auth, "Authorization", value) {
			t.Errorf("Authorization %q is somebody", value)
		}
	}
	cookie := auth.Sessions.Cookie(out.Token)
	if signedIn(t, auth, "Cookie", cookie, "Authorization", "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") {
		t.Error("an unknown token does not replace the cookie")
	}
	if !signedIn(t, auth, "Cookie", cookie, "Authorization", "Bearer "+out.Token+".x") {
		t.Error("a bad signature replaces the cookie")
	}
	if resp, _ := ask(t, auth, "POST", "/update-user", `{"name":"B"}`, "Authorization", "Bearer "+out.Token); resp.Status != 200 {
		t.Errorf("without a cookie no origin is needed: %d %s", resp.Status, resp.Body)
	}
}

func TestD16_HeaderForTrustedPagesAlone(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{TrustedOrigins: []string{"https://app.example.com"}}, emailpassword.Feature{}, bearer.Feature{})
	c := kerniatest.SignIn(t, auth, "ann@example.com")
	for origin, want := range map[string]bool{"https://app.example.com": true, "https://evil.example": false} {
		_, h := ask(t, auth, "POST", "/update-user", `{"name":"B"}`, "Authorization", c.Bearer, "Origin", origin)
		if got := h["set-auth-token"] != ""; got != want {
			t.Errorf("set-auth-token for %s: %v, want %v", origin, got, want)
		}
	}
	without := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{})
	c = kerniatest.SignIn(t, without, "ann@example.com")
	if _, h := ask(t, without, "POST", "/update-user", `{"name":"B"}`, "Cookie", c.Cookie, "Origin", "http://localhost:8080"); h["set-auth-token"] != "" {
		t.Error("set-auth-token without the feature")
	}
	if signedIn(t, without, "Authorization", c.Bearer) {
		t.Error("a bearer token counts without the feature")
	}
}

func TestRequireSignature(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, bearer.Feature{RequireSignature: true})
	c := kerniatest.SignIn(t, auth, "ann@example.com")
	if signedIn(t, auth, "Authorization", c.Bearer) {
		t.Error("a bare token counts")
	}
	_, signed, _ := strings.Cut(c.Cookie, "=")
	if !signedIn(t, auth, "Authorization", "Bearer "+signed) {
		t.Error("a signed token does not count")
	}
}
