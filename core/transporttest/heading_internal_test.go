package transporttest

import (
	"bytes"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// A lax listener makes the engine take what it would refuse: each connection's first head is rewritten.
type lax struct {
	net.Listener
	wire func(head string) string
}

func (l lax) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &laxConn{Conn: c, wire: l.wire}, nil
}

type laxConn struct {
	net.Conn
	wire func(head string) string
	read []byte // not yet given to the engine
	done bool   // the head was rewritten
}

func (c *laxConn) Read(p []byte) (int, error) {
	for !c.done {
		if head, rest, ok := bytes.Cut(c.read, []byte("\r\n\r\n")); ok {
			c.read, c.done = append([]byte(c.wire(string(head)+"\r\n")+"\r\n"), rest...), true
			break
		}
		more := make([]byte, 4096)
		n, err := c.Conn.Read(more)
		if c.read = append(c.read, more[:n]...); err != nil {
			c.done = true
			break
		}
	}
	if len(c.read) > 0 {
		n := copy(p, c.read)
		c.read = c.read[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// rewritten is a mutant whose engine reads old in a head as new.
func rewritten(name, breaks, old, replacement string) mutant {
	pattern := regexp.MustCompile(old)
	return mutant{name, breaks, broken{wire: func(head string) string { return pattern.ReplaceAllString(head, replacement) }}}
}

func headMutants() []mutant {
	// trailers are there once the body was read.
	withTrailers := func(r *http.Request, q *kernia.Request) {
		q.Header = maps.Clone(q.Header)
		for name, lines := range r.Trailer {
			q.Header[name] = append(q.Header[name], lines...)
		}
	}
	return []mutant{
		onRequest("trailers are headers", "Head/IgnoresTrailers_B02", withTrailers),
		rewritten("of two lengths the last counts", "Head/RefusesTwoLengths_H09", `Content-Length: \d+\r\n(Content-Length)`, "$1"),
		rewritten("an encoding that ends in chunked is chunks", "Head/RefusesUnknownEncodings_H09", `Encoding: .*chunked\r`, "Encoding: chunked\r"),
		rewritten("identity is no encoding", "Head/RefusesUnknownEncodings_H09", `Transfer-Encoding: identity\r\n`, ""),
		rewritten("the last host counts", "Head/RefusesUnclearHosts_H09", `Host: localhost:8080\r\n([Hh]ost)`, "$1"),
		rewritten("no host is any host", "Head/RefusesUnclearHosts_H09", `HTTP/1.1\r\nAccept`, "HTTP/1.1\r\nHost: localhost\r\nAccept"),
		rewritten("control characters are left out", "Head/RefusesControlCharacters_H09", `[\x00\x01\x0b\x7f]`, ""),
		rewritten("no version is HTTP/1.1", "Head/RefusesMalformedRequestLines_H09", `^(\S+ \S+)\r`, "$1 HTTP/1.1\r"),
		rewritten("any version is HTTP/1.1", "Head/RefusesMalformedRequestLines_H09", `^(\S+ \S+) \S+\r`, "$1 HTTP/1.1\r"),
		{"a refusal repeats the request", "Head/RefusesTwoLengths_H09 Head/RefusesUnclearHosts_H09", broken{wire: marked, outer: refuseMarked(true)}},
		{"a refused connection stays open", "Head/RefusesTwoLengths_H09 Head/RefusesUnclearHosts_H09", broken{wire: marked, outer: refuseMarked(false)}},
	}
}

// marked makes a request of two lengths or hosts one that refuseMarked knows.
func marked(head string) string {
	for _, name := range []string{"Content-Length: ", "Host: "} {
		if parts := strings.SplitN(head, name, 3); len(parts) == 3 {
			_, rest, _ := strings.Cut(parts[1], "\r\n")
			return parts[0] + "X-Marked: a\r\n" + rest + name + parts[2]
		}
	}
	return head
}

func refuseMarked(loud bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("X-Marked") == "":
				next.ServeHTTP(w, r)
			case loud:
				w.Header().Set("Connection", "close")
				http.Error(w, "bad request: "+r.Header.Get("Cookie"), http.StatusBadRequest)
			default:
				http.Error(w, "bad request", http.StatusBadRequest)
			}
		})
	}
}
