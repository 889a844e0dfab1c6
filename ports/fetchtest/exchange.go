package fetchtest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

func exchangePromises() []promise {
	return []promise{
		{"SendsTheRequest", sendsRequest},
		{"ReturnsTheAnswer", returnsAnswer},
		{"ReturnsTheBodyDecompressed", decompresses},
		{"KeepsNoCookies", keepsNoCookies},
		{"SendsAPostOnce", sendsOnce},
		{"KeepsTheConnection", keepsConnection},
		{"ServesManyAtOnce", servesMany},
	}
}

func sendsRequest(p *probe) {
	s := p.serve(reply("200 OK", ""))
	f := p.fetcher(s)
	p.ok(f, ports.FetchRequest{
		Method: "POST", URL: s.origin + "/a%2Fb?q=1&q=%20", Body: []byte("grant_type=code"),
		Header: []ports.HeaderLine{{Name: "Authorization", Value: "Basic eDp5"}, {Name: "x-many", Value: "1"}, {Name: "X-Many", Value: "2"}},
	})
	p.ok(f, ports.FetchRequest{URL: s.origin})
	heard := s.heard()
	if len(heard) != 2 {
		p.Fatalf("the server heard %v, want two requests", heard)
	}
	if got, want := heard[0].String(), `POST /a%2Fb?q=1&q=%20 "grant_type=code"`; got != want {
		p.Errorf("the server heard %s, want %s", got, want)
	}
	h := heard[0].header
	if h.Get("Authorization") != "Basic eDp5" || !slices.Equal(h["X-Many"], []string{"1", "2"}) || h.Get("Host") != s.origin[len("https://"):] {
		p.Errorf("the server heard the header %v", h)
	}
	if got, want := heard[1].String(), `GET / ""`; got != want {
		p.Errorf("without a method the server heard %s, want %s", got, want)
	}
}

func returnsAnswer(p *probe) {
	for _, status := range []string{"200 OK", "204 No Content", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable"} {
		body := "it is " + status
		if status[:3] == "204" {
			body = ""
		}
		s := p.serve(reply(status, body, "content-type: text/plain", "Set-Cookie: a=1", "Set-Cookie: b=2"))
		answer := p.ok(p.fetcher(s), ports.FetchRequest{URL: s.origin})
		var cookies []string
		for _, l := range answer.Header {
			if l.Name == "Set-Cookie" {
				cookies = append(cookies, l.Value)
			}
		}
		if fmt.Sprint(answer.Status) != status[:3] || string(answer.Body) != body || answer.Lookup("Content-Type") != "text/plain" {
			p.Errorf("%s gave %d, %q, %v", status, answer.Status, answer.Body, answer.Header)
		}
		if !slices.Equal(cookies, []string{"a=1", "b=2"}) {
			p.Errorf("two lines Set-Cookie gave %q", cookies)
		}
	}
}

// decompresses lets the server compress for whoever asks for it.
func decompresses(p *probe) {
	text := strings.Repeat("text ", 100)
	s := p.serve(func(c net.Conn, r request) bool {
		if strings.Contains(r.header.Get("Accept-Encoding"), "gzip") {
			return reply("200 OK", compress(text), "Content-Encoding: gzip")(c, r)
		}
		return reply("200 OK", text)(c, r)
	})
	answer := p.ok(p.fetcher(s), ports.FetchRequest{URL: s.origin})
	if string(answer.Body) != text || answer.Lookup("Content-Encoding") != "" {
		p.Errorf("the body has %d bytes, Content-Encoding %q, want %d and none", len(answer.Body), answer.Lookup("Content-Encoding"), len(text))
	}
}

func compress(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func keepsNoCookies(p *probe) {
	s := p.serve(reply("200 OK", "", "Set-Cookie: session=1; Path=/; Secure"))
	f := p.fetcher(s)
	for range 2 {
		p.ok(f, ports.FetchRequest{URL: s.origin})
	}
	for _, r := range s.heard() {
		if cookie := r.header.Get("Cookie"); cookie != "" {
			p.Errorf("the server heard the cookie %q of the answer before", cookie)
		}
	}
}

// sendsOnce breaks a connection that was good once, which is when clients like to try again.
func sendsOnce(p *probe) {
	s := p.serve(func(c net.Conn, r request) bool { return r.method == "GET" && reply("200 OK", "")(c, r) })
	f := p.fetcher(s)
	p.ok(f, ports.FetchRequest{URL: s.origin})
	p.fails(f, ports.FetchRequest{Method: "POST", URL: s.origin, Body: []byte("pay")}, ports.ErrUnavailable)
	if heard := s.heard(); len(heard) != 2 {
		p.Errorf("the server heard %v, want the POST once", heard)
	}
}

func keepsConnection(p *probe) {
	s := p.serve(reply("200 OK", "body"))
	f := p.fetcher(s)
	for range 3 {
		p.ok(f, ports.FetchRequest{URL: s.origin})
	}
	if n := s.accepted(); n != 1 {
		p.Errorf("three calls took %d connections, want 1", n)
	}
}

func servesMany(p *probe) {
	s := p.serve(func(c net.Conn, r request) bool { return reply("200 OK", r.target)(c, r) })
	f := p.fetcher(s)
	var wait sync.WaitGroup
	var answers [32]ports.FetchResponse
	for i := range answers {
		wait.Go(func() {
			var err error
			if answers[i], err = p.fetch(f, ports.FetchRequest{URL: fmt.Sprintf("%s/%d", s.origin, i)}); err != nil {
				p.Errorf("Fetch = %v, want an answer", err)
			}
		})
	}
	wait.Wait()
	for i, answer := range answers {
		if want := fmt.Sprintf("/%d", i); string(answer.Body) != want {
			p.Errorf("the answer to %s is %q", want, answer.Body)
		}
	}
}
