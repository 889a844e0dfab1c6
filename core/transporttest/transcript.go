package transporttest

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"strings"
)

// golden is the transcript: what every transport answers to the same requests, byte for byte.
//
//go:embed testdata/transcript.txt
var golden string

// A step is one request of the transcript. "{cookie}" stands for the cookies of the last answer that set any.
type step struct {
	method, target, body string
	headers              []string
}

func steps() []step {
	s := []step{
		{"POST", "/kit/sign-in", `{"email":"ann@example.com"}`, []string{asJSON}},
		{"GET", "/kit/me", "", []string{"Cookie: {cookie}"}},
		{"GET", "/get-session", "", []string{"Cookie: {cookie}"}},
		{"POST", "/kit/sign-in", `{"email":"ann@example.com","forget":true}`, []string{asJSON}},
		{"GET", "/get-session", "", []string{"Cookie: {cookie}"}},
		{"POST", "/kit/sign-in", `{"email":"ann@example.com"}`, []string{asJSON, fromUs, "Cookie: {cookie}"}},
		{"POST", "/kit/sign-out", `{}`, []string{asJSON, fromUs, "Cookie: {cookie}"}},
		{"GET", "/kit/me", "", []string{"Cookie: {cookie}"}},
		{"POST", "/kit/sign-out", `{}`, []string{asJSON, "Origin: http://foreign.example", "Cookie: a=b"}},
		{"POST", "/kit/sign-out", `{}`, []string{asJSON, "Cookie: a=b"}},
		{"GET", "/kit/me", "", nil},
		{"GET", "/kit/echo/a%2Fb?q=c%20d&e", "", nil},
		{"GET", "/kit/one?q=a&q=b", "", nil},
		{"GET", "/kit/headers", "", nil},
		{"GET", "/kit/page", "", nil},
		{"GET", "/kit/untyped", "", nil},
		{"GET", "/kit/redirect", "", nil},
		{"GET", "/kit/panic", "", nil},
		{"POST", "/kit/keep", `{"value":1}`, []string{asJSON}},
		{"POST", "/kit/keep", `{"value"`, []string{asJSON}},
		{"POST", "/kit/keep", `a=b`, []string{"Content-Type: text/plain"}},
		{"POST", "/kit/keep", `value=b`, []string{"Content-Type: application/x-www-form-urlencoded"}},
		{"POST", "/kit/keep", "--x\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\na\r\n--x--\r\n", []string{"Content-Type: multipart/form-data; boundary=x"}},
		{"POST", "/kit/keep", ``, nil},
		{"GET", "/kit/closed", "", nil},
		{"GET", "/no/such", "", nil},
	}
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		s = append(s, step{method, "/ok", "", nil}, step{method, "/kit/sign-in", "", nil}, step{method, "/no/such", "", nil})
	}
	for _, target := range []string{
		"", "/", "/ok/", "//ok", "/ok//", "/./ok", "/x/../ok", "/%6fk", "/ok%2f", "/OK", "/ok;a=b", "/ok?a=b", "/ok?", "/ok#a", "/kit/echo/", "/kit/echo/a/", "/kit/echo/a/b", "/kit/echo//a", "/kit/echo/%2e%2e",
	} {
		s = append(s, step{"GET", target, "", nil})
	}
	return s
}

// transcript sends every step and returns the answers as text by the step's line.
func (w *world) transcript(each func(name string, s step, a answer, text string)) {
	w.Helper()
	w.user("ann@example.com")
	cookie := ""
	for _, s := range steps() {
		var headers []string
		for _, h := range s.headers {
			headers = append(headers, strings.ReplaceAll(h, "{cookie}", cookie))
		}
		name := strings.TrimSpace(s.method + " " + base + s.target + " " + strings.ReplaceAll(s.body, "\r\n", " ") + " " + strings.Join(s.headers, ", "))
		a := w.ask(s.method, base+s.target, s.body, headers...)
		if len(a.values("Set-Cookie")) > 0 && a.cookie() != "" {
			cookie = a.cookie()
		}
		each(name, s, a, a.text())
	}
}

// text writes an answer for the transcript; a body that is long or no text by its hash.
func (a answer) text() string {
	body := a.body
	if len(body) > 2000 || strings.ContainsAny(body, "\x00\r") {
		body = fmt.Sprintf("(%d bytes, SHA-256 %x)", len(body), sha256.Sum256([]byte(body)))
	}
	return fmt.Sprintf("%d\n%s\n\n%s\n", a.status, strings.Join(a.lines, "\n"), body)
}

const mark = "### "

// recorded returns the transcript's answers by the name of their step.
func recorded() map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(golden, mark) {
		name, text, _ := strings.Cut(part, "\n")
		out[name] = strings.TrimSuffix(text, "\n")
	}
	return out
}

func answersTheTranscript(k *kit) {
	want := recorded()
	seen := map[string]int{}
	k.world().transcript(func(name string, s step, a answer, text string) {
		if seen[name]++; seen[name] > 1 {
			name += fmt.Sprintf(" #%d", seen[name])
		}
		switch {
		case k.cleaned(a, base+s.target):
		case s.target == "" || s.target == "/": // the framework may answer, in its own words
			if a.status != 404 {
				k.Errorf("%s: %d, want 404", name, a.status)
			}
		case want[name] == "":
			k.Errorf("%s is not in the transcript", name)
		case strings.TrimSpace(text) != strings.TrimSpace(want[name]):
			k.Errorf("%s:\ngot  %s\nwant %s", name, text, want[name])
		}
	})
}
