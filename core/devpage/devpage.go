// Package devpage is a page for development: create an account, sign in and out, see and end sessions, change the
// password. It shows that an Auth works before the application has a page of its own, and calls the same routes as
// the application will. It needs the feature emailpassword, no files and no build.
package devpage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"strconv"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

var (
	//go:embed page.html
	document string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// A Page is what the page says besides its forms. The zero value is a whole page.
type Page struct {
	Title     string // of the document; "" means Kernia
	Intro     string // a sentence below the title
	MinLength int    // the shortest password, as the form says it; 0 means 8. The server decides.
	Next      []Step // what to do after the first sign-in, below an example for a page of one's own
}

// A Step is something to do or to try.
type Step struct {
	Text string // a sentence
	URL  string // where the sentence leads; "" means nowhere
}

const (
	defaultTitle     = "Kernia"
	defaultMinLength = 8
)

// Response returns the page as the answer to GET /, for an Auth with this BasePath. It must be served on the origin of
// the Auth's routes. Its policy lets nothing run but what it holds, and lets it call nothing but its own origin.
func (p Page) Response(basePath string) kernia.Response {
	if p.Title == "" {
		p.Title = defaultTitle
	}
	if p.MinLength == 0 {
		p.MinLength = defaultMinLength
	}
	body := strings.NewReplacer(
		"{{base}}", html.EscapeString(basePath),
		"{{title}}", html.EscapeString(p.Title),
		"{{intro}}", html.EscapeString(p.Intro),
		"{{min}}", strconv.Itoa(p.MinLength),
		"{{next}}", list(p.Next),
		"{{style}}", style,
		"{{script}}", script,
	).Replace(document)
	return kernia.Response{Status: 200, Body: []byte(body), Header: []kernia.HeaderLine{
		{Name: "Content-Type", Value: "text/html; charset=utf-8"},
		{Name: "Content-Security-Policy", Value: "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; " +
			"frame-ancestors 'none'; script-src " + hash(script) + "; style-src " + hash(style)},
		{Name: "Cache-Control", Value: "no-store"},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
		{Name: "Referrer-Policy", Value: "no-referrer"},
	}}
}

// list returns steps as a list, or nothing for none.
func list(steps []Step) string {
	if len(steps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("  <ul class=\"next\">\n")
	for _, s := range steps {
		text := html.EscapeString(s.Text)
		if s.URL != "" {
			text = `<a href="` + html.EscapeString(s.URL) + `">` + text + `</a>`
		}
		b.WriteString("    <li>" + text + "</li>\n")
	}
	b.WriteString("  </ul>\n")
	return b.String()
}

// hash names an element's text as a Content-Security-Policy does.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
