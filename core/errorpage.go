package kernia

import (
	"context"
	"html/template"
	"strings"

	"github.com/kernia-go/kernia/core/internal/origin"
)

type errorQuery struct {
	Error       Optional[string] `json:"error" in:"query"`
	Description Optional[string] `json:"error_description" in:"query"`
}

//nolint:gochecknoglobals // parsed once, never changed
var errorTemplate = template.Must(template.New("error").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Error</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#222;background:#fff}code{background:#eee;padding:.1em .4em}</style>
</head>
<body>
<h1>Something went wrong</h1>
<p>Code: <code>{{.}}</code></p>
<p>Please go back and try again. If it happens again, tell the operators of this site the code above.</p>
<p><a href="/">Home</a></p>
</body>
</html>
`))

// maxErrorCode bounds the code that the page repeats.
const maxErrorCode = 64

// errorPage answers where a redirect with an error had nowhere else to go. It repeats nothing but a plain code.
func (a *Auth) errorPage(_ context.Context, c *Call, in errorQuery) (Page, error) {
	code := in.Error.Value
	if !plainCode(code) {
		code = "UNKNOWN"
	}
	if to := a.config.ErrorURL; to != "" {
		c.Redirect(origin.Append(to, "error", code))
		return Page{}, nil
	}
	var b strings.Builder
	if err := errorTemplate.Execute(&b, code); err != nil {
		return Page{}, err
	}
	return Page{Type: "text/html; charset=utf-8", Body: []byte(b.String()), Headers: []HeaderLine{
		{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
		{"X-Frame-Options", "DENY"},
	}}, nil
}

func plainCode(s string) bool {
	if s == "" || len(s) > maxErrorCode {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}
