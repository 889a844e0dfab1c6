package cli

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

//go:embed page.html
var pageHTML string

// A page is the document at / in development, to try sign-up and sign-in by hand.
type page struct{ body, policy string }

// newPage returns the page for routes under basePath. Its policy lets run what the page holds and nothing else.
func newPage(basePath string) *page {
	return &page{
		body: strings.Replace(pageHTML, "BASE_PATH", html.EscapeString(basePath), 1),
		policy: "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
			"script-src " + hashOf("script") + "; style-src " + hashOf("style"),
	}
}

// hashOf returns the hash of the page's one element of that name, as a policy names it.
func hashOf(element string) string {
	_, text, _ := strings.Cut(pageHTML, "<"+element+">")
	text, _, _ = strings.Cut(text, "</"+element+">")
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *page) response() *kernia.Response {
	return &kernia.Response{Status: 200, Body: []byte(p.body), Header: []kernia.HeaderLine{
		{Name: "Content-Type", Value: "text/html; charset=utf-8"},
		{Name: "Content-Security-Policy", Value: p.policy},
		{Name: "Cache-Control", Value: "no-store"},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
		{Name: "Referrer-Policy", Value: "no-referrer"},
	}}
}
