package fetchtest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func limitPromises() []promise {
	return []promise{
		{"LimitsTheBody", limitsBody},
		{"LimitsTheDecompressedBody", limitsDecompressed},
		{"LimitsTheHeader", limitsHeader},
		{"LimitsTheTime", limitsTime},
		{"HonoursItsContext", honoursContext},
	}
}

// framed answers with body by its length, in chunks, or up to the connection's end.
func framed(how, body string) answer {
	switch how {
	case "in chunks":
		return raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body))
	case "to the end":
		return last(raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body))
	}
	return reply("200 OK", body)
}

func limitsBody(p *probe) {
	for _, how := range []string{"by length", "in chunks", "to the end"} {
		s := p.serve(framed(how, strings.Repeat("x", bodyLimit)))
		if answer := p.ok(p.fetcher(s), ports.FetchRequest{URL: s.origin}); len(answer.Body) != bodyLimit {
			p.Errorf("%s: the body has %d bytes, want %d", how, len(answer.Body), bodyLimit)
		}
		s = p.serve(framed(how, strings.Repeat("x", bodyLimit+1)))
		p.fails(p.fetcher(s), ports.FetchRequest{URL: s.origin}, ports.ErrTooLarge)
	}
	endless := p.serve(func(c net.Conn, _ request) bool {
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			_, err = io.WriteString(c, strings.Repeat("x", 1000))
		}
		return false
	})
	p.fails(p.fetcher(endless), ports.FetchRequest{URL: endless.origin}, ports.ErrTooLarge)
}

// limitsDecompressed compresses a body over the limit to a few hundred bytes, asked to or not.
func limitsDecompressed(p *probe) {
	bomb := compress(strings.Repeat("x", 2*bodyLimit))
	s := p.serve(reply("200 OK", bomb, "Content-Encoding: gzip"))
	answer, err := p.fetch(p.fetcher(s), ports.FetchRequest{URL: s.origin})
	asIs := err == nil && string(answer.Body) == bomb && answer.Lookup("Content-Encoding") == "gzip"
	if !asIs && !errors.Is(err, ports.ErrTooLarge) {
		p.Errorf("Fetch = %d bytes, %v, want ErrTooLarge or the body as it came", len(answer.Body), err)
	}
}

func limitsHeader(p *probe) {
	for name, line := range map[string]string{"many lines": "X-A: a\r\n", "one line": strings.Repeat("a", 1000), "early answers": "\r\nHTTP/1.1 103 Early Hints\r\n"} {
		s := p.serve(func(c net.Conn, _ request) bool {
			start := "HTTP/1.1 200 OK\r\nX-Long: "
			if name == "early answers" {
				start = "HTTP/1.1 103 Early Hints\r\nX-Long: "
			}
			_, err := io.WriteString(c, start)
			for n := 0; err == nil && n < 16<<20; n += len(line) { // then it stops, for whoever reads it all
				_, err = io.WriteString(c, line)
			}
			_, _ = io.WriteString(c, "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			return false
		})
		answer, err := p.fetch(p.fetcher(s), ports.FetchRequest{URL: s.origin})
		if !errors.Is(err, ports.ErrTooLarge) && !errors.Is(err, ports.ErrUnavailable) {
			p.Errorf("%s: a header of 16 MiB gave %d, %v, want an error", name, answer.Status, err)
		}
	}
}

// limitsTime meets servers that say nothing, or not the whole of it.
func limitsTime(p *probe) {
	for _, start := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"} {
		done := make(chan struct{})
		p.Cleanup(func() { close(done) })
		s := p.serve(func(c net.Conn, _ request) bool {
			_, _ = io.WriteString(c, start)
			<-done
			return false
		})
		roots := x509.NewCertPool()
		roots.AddCert(s.root)
		f := p.open(Setting{Origins: []string{s.origin}, Roots: roots, Timeout: 200 * time.Millisecond, BodyLimit: bodyLimit})
		p.fails(f, ports.FetchRequest{URL: s.origin}, ports.ErrUnavailable)
	}
}

func honoursContext(p *probe) {
	s := p.serve(reply("200 OK", ""))
	ctx, cancel := context.WithCancel(p.Context())
	cancel()
	if _, err := p.fetcher(s).Fetch(ctx, ports.FetchRequest{URL: s.origin}); !errors.Is(err, context.Canceled) {
		p.Errorf("with a context that is done Fetch = %v, want context.Canceled", err)
	}
	if heard := s.heard(); len(heard) > 0 {
		p.Errorf("with a context that is done the server heard %v", heard)
	}

	for _, start := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"} {
		ctx, cancel := context.WithCancel(p.Context())
		s := p.serve(func(c net.Conn, _ request) bool {
			_, _ = io.WriteString(c, start)
			cancel()
			_, _ = c.Read(make([]byte, 1)) // until the client goes
			return false
		})
		if _, err := p.fetcher(s).Fetch(ctx, ports.FetchRequest{URL: s.origin}); !errors.Is(err, context.Canceled) {
			p.Errorf("canceled after %q Fetch = %v, want context.Canceled", start, err)
		}
		cancel()
	}
}
