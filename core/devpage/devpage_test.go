package devpage_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/devpage"
)

func header(resp kernia.Response, name string) string {
	for _, l := range resp.Header {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

func TestPage(t *testing.T) {
	resp := devpage.Page{}.Response("/api/auth")
	policy, body := header(resp, "Content-Security-Policy"), string(resp.Body)

	t.Run("LetsItsOwnElementsRun", func(t *testing.T) {
		for _, element := range []string{"script", "style"} {
			_, text, _ := strings.Cut(body, "<"+element+">")
			text, _, found := strings.Cut(text, "</"+element+">")
			sum := sha256.Sum256([]byte(text))
			if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !found || !strings.Contains(policy, want) {
				t.Errorf("the policy %q lacks %q", policy, want)
			}
		}
	})

	t.Run("LetsNothingElseRun", func(t *testing.T) {
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("the policy %q lacks %q", policy, want)
			}
		}
		for _, loose := range []string{"unsafe-", "*", "http:", "https:"} {
			if strings.Contains(policy, loose) {
				t.Errorf("the policy %q allows %q", policy, loose)
			}
		}
	})

	t.Run("IsWholeWithoutSettings", func(t *testing.T) {
		for _, want := range []string{`content="/api/auth"`, "<title>Kernia</title>", "8 characters or more."} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(body, "{{") {
			t.Error("the page has a placeholder")
		}
	})

	t.Run("EscapesWhatItIsGiven", func(t *testing.T) {
		const hostile = `"><b>`
		p := devpage.Page{
			Title: "title" + hostile, Intro: "intro" + hostile, MinLength: 12,
			Next: []devpage.Step{{Text: "text" + hostile, URL: "/url" + hostile}, {Text: "plain" + hostile}},
		}
		body := string(p.Response("/base" + hostile).Body)
		if strings.Contains(body, hostile) {
			t.Error("the page holds markup that it was given")
		}
		for _, want := range []string{"<title>title&#34;", "<p>intro&#34;", `<a href="/url&#34;&gt;&lt;b&gt;">text`, "<li>plain&#34;", `content="/base&#34;`, "12 characters"} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	})
}
