package replay_test

import (
	"os"
	"strings"
	"testing"
)

// An exception is an exchange that is not answered as it was recorded, and the row of docs/reference/differences.md
// that says why. differs is part of the difference; skip means that it is not sent.
type exception struct {
	row     string
	differs string
	skip    bool
}

var exceptions = map[string]exception{
	"01-routing-errors/error page default":              {row: "error-page", differs: `got "text/html; charset=utf-8"`},
	"01-routing-errors/error page with code":            {row: "error-page", differs: `got "text/html; charset=utf-8"`},
	"01-routing-errors/error page with unsafe code":     {row: "error-page", differs: `got "text/html; charset=utf-8"`},
	"01-routing-errors/content-type text/plain":         {row: "no-echo", differs: "body.message: got Content-Type is not allowed."},
	"01-routing-errors/content-type vendor+json":        {row: "no-echo", differs: "body.message: got Content-Type is not allowed."},
	"01-routing-errors/multipart body":                  {row: "no-echo", differs: "body.message: got Content-Type is not allowed."},
	"01-routing-errors/form body on JSON-only endpoint": {row: "no-echo", differs: "body.message: got Content-Type is not allowed."},
	"01-routing-errors/oversize body 2 MiB":             {row: "body-limit", differs: "status: got 413"},
	"01-routing-errors/oversize email 2 MiB":            {row: "body-limit", differs: "status: got 413"},

	"06-user-password-email/forget-password (old route) is gone":                         {row: "forget-password", differs: "status: got 200"},
	"11-cookie-cache-compact/list-sessions uses cached session (freshSessionMiddleware)": {row: "cached-writes", differs: "status: got 401"},
	"11-cookie-cache-jwt/list-sessions uses cached session (freshSessionMiddleware)":     {row: "cached-writes", differs: "status: got 401"},
	"11-cookie-cache-jwe/list-sessions uses cached session (freshSessionMiddleware)":     {row: "cached-writes", differs: "status: got 401"},
	"14b-delete-user-disabled/delete-user":                                               {row: "absent-feature", differs: `header content-type: got ""`},
	"14b-delete-user-disabled/delete-user/callback":                                      {row: "absent-feature", differs: `header content-type: got ""`},
	"19-errorURL/error route redirects":                                                  {row: "error-description", differs: "error=foo\", want"},
	"19-errorURL/callback without state":                                                 {row: "social-routes", skip: true},
	"12b-custom-cookies/sign-out":                                                        {row: "cookie-scopes", differs: `"acme.session_token=; Max-Age=0; Path=/; HttpOnly`},

	"40-plugin-two-factor/verify-totp ok (enables)":   {row: "enabled-answer", differs: "body.user.twoFactorEnabled: got true"},
	"40-plugin-two-factor/get-totp-uri":               {row: "totp-issuer", differs: "otpauth://totp/RefApp:"},
	"40-plugin-two-factor/challenge ok + trustDevice": {row: "trust-remembers", differs: "cookies: got"},
}

func except(key string) (exception, bool) {
	x, ok := exceptions[key]
	return x, ok
}

func TestDocumentsEachDifference(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(wd + "/../../docs/reference/differences.md") // go test notices changes only by a path that begins in its module
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, x := range exceptions {
		rows[x.row] = true
	}
	for row := range rows {
		if !strings.Contains(string(page), "| `"+row+"` |") {
			t.Errorf("docs/reference/differences.md has no row `%s`", row)
		}
	}
}
