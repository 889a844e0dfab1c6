package cli

import (
	"slices"
	"strings"
	"testing"
)

const corsConfig = `{
	"baseURL": "http://auth.example.com", "secret": "nC2fW7qL0vXyTz4sBd8gJk1mPrUe5hAo",
	"trustedOrigins": ["https://app.example.com", "https://*.example.org", "myapp://"],
	"emailAndPassword": {"enabled": true}, "rateLimit": {"enabled": false}, "plugins": {"bearer": {}}
}`

func TestCORS(t *testing.T) {
	const path = "/api/auth/get-session"
	t.Run("A16NamesTheOriginAndNeverAStar", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			for _, c := range []struct {
				origin  string
				trusted bool
			}{
				{"https://app.example.com", true},
				{"https://a.example.org", true},
				{"http://auth.example.com", true},
				{"myapp://", true},
				{"https://evil.example.net", false},
				{"https://app.example.com.evil.net", false},
				{"http://app.example.com", false},
				{"https://example.org.evil.net", false},
				{"null", false},
				{"*", false},
			} {
				for _, method := range []string{"GET", "OPTIONS"} {
					resp, _ := ask(t, method, url+path, "", "Origin: "+c.origin, "Access-Control-Request-Method: POST")
					want, credentials := "", ""
					if c.trusted {
						want, credentials = c.origin, "true"
					}
					if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
						t.Errorf("%s from %s: Allow-Origin = %q, want %q", method, c.origin, got, want)
					}
					if got := resp.Header.Get("Access-Control-Allow-Credentials"); got != credentials {
						t.Errorf("%s from %s: Allow-Credentials = %q, want %q", method, c.origin, got, credentials)
					}
					if !strings.Contains(strings.Join(resp.Header.Values("Vary"), ","), "Origin") {
						t.Errorf("%s from %s: Vary = %q, want Origin in it", method, c.origin, resp.Header.Values("Vary"))
					}
				}
			}
		})
	})
	t.Run("AnswersPreflights", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			resp, _ := ask(t, "OPTIONS", url+path, "", "Origin: https://app.example.com", "Access-Control-Request-Method: POST")
			if resp.StatusCode != 204 {
				t.Errorf("status = %d, want 204", resp.StatusCode)
			}
			for name, want := range map[string]string{
				"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "content-type, authorization", "Access-Control-Max-Age": "600",
			} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			resp, _ = ask(t, "OPTIONS", url+path, "", "Origin: https://evil.example.net", "Access-Control-Request-Method: POST")
			if resp.StatusCode != 403 {
				t.Errorf("status for a stranger = %d, want 403", resp.StatusCode)
			}
		})
	})
	t.Run("TrustsNoTwoOrigins", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			resp, _ := ask(t, "GET", url+path, "", "Origin: https://app.example.com", "Origin: https://evil.example.net")
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Allow-Origin = %q, want none", got)
			}
		})
	})
	t.Run("AllowsTheHeadersThatAPageAsksFor", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			for asked, want := range map[string]string{
				"content-type,traceparent,x-request-id": "content-type,traceparent,x-request-id",
				"a\"b":                                  "content-type, authorization",
				strings.Repeat("a", 5000):               "content-type, authorization",
			} {
				resp, _ := ask(t, "OPTIONS", url+path, "", "Origin: https://app.example.com", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: "+asked)
				if got := resp.Header.Get("Access-Control-Allow-Headers"); got != want {
					t.Errorf("asked for %.40q: Allow-Headers = %.40q, want %.40q", asked, got, want)
				}
			}
			resp, _ := ask(t, "OPTIONS", url+path, "", "Origin: https://evil.example.net", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: traceparent")
			if got := resp.Header.Values("Access-Control-Allow-Headers"); len(got) != 0 {
				t.Errorf("Allow-Headers for a stranger = %q, want none", got)
			}
		})
	})
	t.Run("SpeaksOnlyOfTheRoutesAndReady", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			for path, want := range map[string]string{"/ready": "https://app.example.com", "/elsewhere": "", "/": ""} {
				resp, _ := ask(t, "GET", url+path, "", "Origin: https://app.example.com")
				if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
					t.Errorf("%s: Allow-Origin = %q, want %q", path, got, want)
				}
			}
			resp, _ := ask(t, "OPTIONS", url+"/ready", "", "Origin: https://app.example.com", "Access-Control-Request-Method: GET")
			if resp.StatusCode != 204 {
				t.Errorf("a preflight request for /ready: %d, want 204", resp.StatusCode)
			}
		})
	})
	t.Run("SetsEachHeaderOnce", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			const sign = `{"name":"A","email":"a@example.com","password":"correct horse"}`
			for _, c := range []struct{ method, path, body string }{
				{"GET", "/api/auth/get-session", ""},
				{"POST", "/api/auth/sign-up/email", sign},
				{"POST", "/api/auth/sign-in/email", `{"email":"a@example.com","password":"wrong horse!"}`},
				{"GET", "/api/auth/elsewhere", ""},
				{"GET", "/ready", ""},
				{"OPTIONS", "/api/auth/get-session", ""},
			} {
				resp, _ := ask(t, c.method, url+c.path, c.body, "Content-Type: application/json", "Origin: https://app.example.com", "Access-Control-Request-Method: POST")
				for name, lines := range resp.Header {
					items := strings.Split(strings.ToLower(strings.ReplaceAll(strings.Join(lines, ","), " ", "")), ",")
					slices.Sort(items)
					list := name == "Vary" || strings.HasPrefix(name, "Access-Control-")
					if name != "Set-Cookie" && len(lines) != 1 || list && len(slices.Compact(slices.Clone(items))) != len(items) {
						t.Errorf("%s %s: %s = %q, want each once", c.method, c.path, name, lines)
					}
				}
			}
		})
	})
	t.Run("LetsAPageReadWhatItNeeds", func(t *testing.T) {
		listen(t, func(t *testing.T, url string) {
			resp, body := ask(t, "POST", url+"/api/auth/sign-up/email", `{"name":"A","email":"a@example.com","password":"correct horse"}`,
				"Content-Type: application/json", "Origin: https://app.example.com")
			if got := resp.Header.Get("Access-Control-Expose-Headers"); got != "set-auth-token, Retry-After, X-Retry-After" || resp.Header.Get("Set-Auth-Token") == "" {
				t.Errorf("%d %s: Expose-Headers = %q, want the token and Retry-After", resp.StatusCode, body, got)
			}
		})
	})
	t.Run("TellsAPageThatItsBodyIsTooLong", func(t *testing.T) {
		body := strings.Repeat("x", 3<<20)
		listen(t, func(t *testing.T, url string) {
			resp, _ := ask(t, "POST", url+"/api/auth/sign-in/email", body, "Content-Type: application/json", "Origin: https://app.example.com")
			if got := resp.Header.Values("Access-Control-Allow-Origin"); resp.StatusCode != 413 || len(got) != 1 || got[0] != "https://app.example.com" {
				t.Errorf("%d, Allow-Origin = %q, want 413 and the origin", resp.StatusCode, got)
			}
			resp, _ = ask(t, "POST", url+"/api/auth/sign-in/email", body, "Content-Type: application/json", "Origin: https://evil.example.net")
			if got := resp.Header.Values("Access-Control-Allow-Origin"); len(got) != 0 {
				t.Errorf("Allow-Origin for a stranger = %q, want none", got)
			}
		})
	})
	t.Run("AllowsConfiguredMethods", func(t *testing.T) {
		listenAs(t, strings.Replace(corsConfig, "{", `{"cors": {"methods": ["GET", "POST", "DELETE"]},`, 1), func(t *testing.T, url string) {
			resp, _ := ask(t, "OPTIONS", url+path, "", "Origin: https://app.example.com", "Access-Control-Request-Method: POST")
			if got := resp.Header.Get("Access-Control-Allow-Methods"); got != "GET, POST, DELETE" {
				t.Errorf("Allow-Methods = %q, want the configured ones", got)
			}
		})
	})
	t.Run("IsSilentWhereAProxySpeaks", func(t *testing.T) {
		listenAs(t, strings.Replace(corsConfig, "{", `{"cors": {"enabled": false},`, 1), func(t *testing.T, url string) {
			for _, method := range []string{"GET", "OPTIONS"} {
				resp, _ := ask(t, method, url+path, "", "Origin: https://app.example.com", "Access-Control-Request-Method: POST")
				for name, lines := range resp.Header {
					if strings.HasPrefix(name, "Access-Control-Allow-") {
						t.Errorf("%s: %s = %q, want none", method, name, lines)
					}
				}
			}
		})
	})
}
