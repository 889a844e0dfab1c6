package kerniatest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
)

// A Browser calls the routes of an Auth without a network, as a page of the application's own does: it sends an Origin
// and keeps cookies. Make one with [NewBrowser]; it is for one goroutine.
type Browser struct {
	Origin  string        // sent with every request; "" sends none
	Address string        // the client's, "IP:port"
	Header  kernia.Header // sent with every request, under canonical names

	t       testing.TB
	auth    *kernia.Auth
	cookies map[string]string // by name, escaped as they were set
}

// NewBrowser returns a Browser without cookies on a page of the auth's own origin.
func NewBrowser(t testing.TB, auth *kernia.Auth) *Browser {
	return &Browser{
		Origin: originOf(auth.BaseURL()), Address: "203.0.113.9:4711", Header: kernia.Header{},
		t: t, auth: auth, cookies: map[string]string{},
	}
}

// originOf returns scheme, host and port of a URL.
func originOf(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	if host == "" {
		return ""
	}
	return scheme + "://" + host
}

// Get asks for a path below the auth's, as "/get-session?disableRefresh=1". Headers are pairs of a canonical name and a
// value for this request alone; an empty value leaves the header out.
func (b *Browser) Get(path string, headers ...string) Answer {
	b.t.Helper()
	return b.Send(b.Request("GET", path, "", headers...))
}

// Post sends a body to a path below the auth's. Its type is JSON unless headers say otherwise; see [Browser.Get]. An
// empty body has no type.
func (b *Browser) Post(path, body string, headers ...string) Answer {
	b.t.Helper()
	return b.Send(b.Request("POST", path, body, headers...))
}

// Request returns what Get and Post send, to be changed before [Browser.Send].
func (b *Browser) Request(method, path, body string, headers ...string) *kernia.Request {
	path, query, _ := strings.Cut(path, "?")
	r := &kernia.Request{
		Method: method, Path: b.auth.BasePath() + path, Query: query, Host: "localhost:8080", Remote: b.Address,
		Header: maps.Clone(b.Header), Body: []byte(body), Length: int64(len(body)),
	}
	if scheme, host, ok := strings.Cut(originOf(b.auth.BaseURL()), "://"); ok {
		r.Host, r.Secure = host, scheme == "https"
	}
	if r.Header == nil {
		r.Header = kernia.Header{}
	}
	if b.Origin != "" {
		r.Header["Origin"] = []string{b.Origin}
	}
	if cookie := b.Cookie(); cookie != "" {
		r.Header["Cookie"] = []string{cookie}
	}
	if body != "" {
		r.Header["Content-Type"] = []string{"application/json"}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		delete(r.Header, headers[i])
		if headers[i+1] != "" {
			r.Header[headers[i]] = []string{headers[i+1]}
		}
	}
	return r
}

// Send sends r and keeps the cookies of the answer.
func (b *Browser) Send(r *kernia.Request) Answer {
	b.t.Helper()
	resp := b.auth.Serve(b.t.Context(), r)
	a := Answer{Response: resp, Body: string(resp.Body)}
	_ = json.Unmarshal(resp.Body, &a.JSON)
	for _, line := range a.Cookies {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if deletes(attributes) {
			delete(b.cookies, name)
			continue
		}
		b.cookies[name] = value
	}
	return a
}

func deletes(attributes string) bool {
	for attribute := range strings.SplitSeq(attributes, ";") {
		if strings.EqualFold(strings.TrimSpace(attribute), "Max-Age=0") {
			return true
		}
	}
	return false
}

// Cookie returns the Cookie header that the browser sends, "" where it has no cookies.
func (b *Browser) Cookie() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		pairs = append(pairs, name+"="+b.cookies[name])
	}
	return strings.Join(pairs, "; ")
}

// Cookies returns the browser's cookies by name, with their values as they were set; what the caller changes in the
// map changes what the browser sends.
func (b *Browser) Cookies() map[string]string { return b.cookies }

// SignIn makes the browser that of a user with the e-mail address, who is signed in by [SignIn].
func (b *Browser) SignIn(email string) Client {
	b.t.Helper()
	c := SignIn(b.t, b.auth, email)
	name, value, _ := strings.Cut(c.Cookie, "=")
	b.cookies[name] = value
	return c
}

// SignedIn reports whether the browser's cookies are those of somebody who is signed in.
func (b *Browser) SignedIn() bool {
	b.t.Helper()
	a := b.Get("/get-session?disableRefresh=true")
	if a.Status != 200 {
		b.t.Fatalf("kerniatest: get-session answers %d %s", a.Status, a.Body)
	}
	return a.Body != "null"
}

// An Answer is what an Auth answered to a Browser.
type Answer struct {
	kernia.Response
	Body string
	JSON map[string]any // the body, decoded; nil where it is no JSON object
}

// Code returns the code of an error, "" where the body has none.
func (a Answer) Code() string { return a.Text("code") }

// Text returns the named member of the body where it is a string, else "".
func (a Answer) Text(member string) string {
	s, _ := a.JSON[member].(string)
	return s
}

// Value returns the first line of a header of the answer, "" where there is none.
func (a Answer) Value(header string) string {
	for _, h := range a.Header {
		if strings.EqualFold(h.Name, header) {
			return h.Value
		}
	}
	return ""
}
