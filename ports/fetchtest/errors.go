package fetchtest

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func errorPromises() []promise {
	return []promise{
		{"RefusesInvalidRequests", refusesInvalid},
		{"SaysUnavailable", saysUnavailable},
		{"KeepsSecretsOutOfErrors", keepsSecrets},
	}
}

func refusesInvalid(p *probe) {
	s := p.serve(reply("200 OK", ""))
	f := p.fetcher(s)
	host := s.origin[len("https://"):]
	for _, r := range []ports.FetchRequest{
		{URL: ""}, {URL: "/path"}, {URL: "//" + host}, {URL: "https:"}, {URL: "https://"}, {URL: "https://:" + s.port}, {URL: "https:" + host},
		{URL: "file:///etc/passwd"}, {URL: "ftp://" + host}, {URL: "gopher://" + host}, {URL: "unix:///run/x.sock"},
		{URL: "https://user:secret@" + host}, {URL: "https://user@" + host}, {URL: s.origin + "/#part"},
		{URL: s.origin + "/\r\nX: y"}, {URL: s.origin + "/\x00"}, {URL: " " + s.origin}, {URL: s.origin + "/" + strings.Repeat("a", 9000)},
		{URL: s.origin, Method: "GET / HTTP/1.1\r\nX:"}, {URL: s.origin, Method: "CONNECT"}, {URL: s.origin, Method: "G E T"},
		{URL: s.origin, Body: make([]byte, 1<<20+1)},
	} {
		p.fails(f, r, ports.ErrInvalid)
	}
	for _, l := range []ports.HeaderLine{
		{Name: "", Value: "x"}, {Name: "X Y", Value: "x"}, {Name: "X:", Value: "x"}, {Name: "X\r\nY", Value: "x"}, {Name: "X", Value: "a\r\nY: b"},
		{Name: "X", Value: "a\nb"}, {Name: "X", Value: "\x00"}, {Name: "X", Value: strings.Repeat("a", 70_000)},
		{Name: "Host", Value: "internal"}, {Name: "hOST", Value: "internal"}, {Name: "Content-Length", Value: "3"}, {Name: "Transfer-Encoding", Value: "chunked"},
		{Name: "Connection", Value: "upgrade"}, {Name: "Upgrade", Value: "h2c"}, {Name: "Accept-Encoding", Value: "br"}, {Name: "Proxy-Authorization", Value: "x"},
	} {
		p.fails(f, ports.FetchRequest{URL: s.origin, Header: []ports.HeaderLine{l}}, ports.ErrInvalid)
	}
	p.unheard(s)
}

// broken has servers that give no whole answer, each saying "leaked" where it says anything.
func broken(p *probe) map[string]*server {
	refused := p.serve(reply("200 OK", ""))
	listener, err := new(net.ListenConfig).Listen(p.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.Fatalf("a port without a server: %v", err)
	}
	refused.origin = "https://" + listener.Addr().String()
	_ = listener.Close()
	none := func(net.Conn, request) bool { return false }
	return map[string]*server{
		"a port without a server": refused,
		"no answer":               p.serve(none),
		"no HTTP":                 p.serve(last(raw("leaked\r\n\r\n"))),
		"no status":               p.serve(last(raw("HTTP/1.1 leaked\r\n\r\n"))),
		"a broken header":         p.serve(last(raw("HTTP/1.1 200 OK\r\nleaked\r\n\r\n"))),
		"half a body":             p.serve(last(raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nleaked"))),
		"a broken chunk":          p.serve(last(raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nleaked\r\n"))),
		"another protocol":        p.serve(last(raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: leaked\r\n\r\n"))),
	}
}

func saysUnavailable(p *probe) {
	for name, s := range broken(p) {
		answer, err := p.fetch(p.fetcher(s), ports.FetchRequest{URL: s.origin})
		if !errors.Is(err, ports.ErrUnavailable) {
			p.Errorf("%s gave %d, %q, %v, want ErrUnavailable", name, answer.Status, answer.Body, err)
		}
	}
}

// keepsSecrets makes calls fail in every way, with "leaked" wherever a request or an answer may hold a secret.
func keepsSecrets(p *probe) {
	servers := broken(p)
	servers["a long body"] = p.serve(reply("200 OK", strings.Repeat("leaked", bodyLimit)))
	unknown := p.serve(reply("200 OK", ""))
	unknown.root = nil
	servers["an unknown certificate"] = unknown
	check := func(name string, f ports.Fetcher, origin string) {
		_, err := p.fetch(f, ports.FetchRequest{
			Method: "POST", URL: origin + "/leaked/hook?token=leaked", Body: []byte("leaked"),
			Header: []ports.HeaderLine{{Name: "Authorization", Value: "leaked"}},
		})
		if err == nil || strings.Contains(err.Error(), "leaked") {
			p.Errorf("%s: the error is %q, want one without the secret", name, err)
		}
	}
	for name, s := range servers {
		check(name, p.fetcher(s), s.origin)
	}
	f := p.fetcher()
	check("a forbidden server", f, unknown.origin)
	check("plain HTTP", f, "http://example.com")
	check("a URL with a password", f, "https://leaked:leaked@example.com")
	check("a URL that cannot be parsed", f, "https://exa mple.com")

	ctx, cancel := context.WithTimeout(p.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, err := f.Fetch(ctx, ports.FetchRequest{URL: unknown.origin + "/?token=leaked"}); err == nil || strings.Contains(err.Error(), "leaked") {
		p.Errorf("a context that is done: the error is %q, want one without the secret", err)
	}
}
