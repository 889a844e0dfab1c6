package transporttest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An answer is one response as it came.
type answer struct {
	status int
	lines  []string // header lines, sorted by name, those of one name in their order
	body   string
}

// values returns the values of the header lines of a name.
func (a answer) values(name string) []string {
	var out []string
	for _, l := range a.lines {
		if key, value, _ := strings.Cut(l, ": "); key == name {
			out = append(out, value)
		}
	}
	return out
}

// cookie returns what a browser would send back.
func (a answer) cookie() string {
	var pairs []string
	for _, line := range a.values("Set-Cookie") {
		pair, rest, _ := strings.Cut(line, ";")
		if !strings.Contains(rest, "Max-Age=0") {
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(pairs, "; ")
}

// A conn is one connection to a program.
type conn struct {
	net.Conn
	r *bufio.Reader
	w *world
}

func (w *world) dial() *conn {
	w.Helper()
	var d net.Dialer
	c, err := d.DialContext(w.ctx, "tcp", w.addr)
	if err != nil {
		w.Fatalf("dial: %v", err)
	}
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return &conn{Conn: c, r: bufio.NewReader(c), w: w}
}

// message returns a request in bytes: header lines as given, after Host and before Content-Length.
func message(method, target, body string, headers ...string) string {
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\n")
	if !slices.ContainsFunc(headers, func(l string) bool { return strings.HasPrefix(l, "Host:") }) {
		b.WriteString("Host: localhost:8080\r\n")
	}
	chunked := false
	for _, l := range headers {
		chunked = chunked || strings.HasPrefix(l, "Transfer-Encoding:")
		b.WriteString(l + "\r\n")
	}
	if (body != "" || method == "POST") && !chunked {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	return b.String() + "\r\n" + body
}

// chunks returns a chunked body.
func chunks(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(p), p)
	}
	return b.String() + "0\r\n\r\n"
}

// ask sends one request over a connection of its own and returns the answer.
func (w *world) ask(method, target, body string, headers ...string) answer {
	w.Helper()
	c := w.dial()
	defer func() { _ = c.Close() }()
	return c.ask(method, target, body, headers...)
}

// get asks for a path under the base path.
func (w *world) get(path string, headers ...string) answer {
	w.Helper()
	return w.ask("GET", base+path, "", headers...)
}

// post sends a JSON body from our own origin.
func (w *world) post(path, body string, headers ...string) answer {
	w.Helper()
	return w.ask("POST", base+path, body, append([]string{"Content-Type: application/json", "Origin: " + origin}, headers...)...)
}

func (c *conn) ask(method, target, body string, headers ...string) answer {
	c.w.Helper()
	if method == "HEAD" {
		headers = append(headers, "Connection: close")
	}
	c.send(message(method, target, body, headers...))
	a, err := c.answer(method)
	if err != nil {
		c.w.Fatalf("%s %.100s: no answer: %v", method, target, err)
	}
	return a
}

// send writes bytes. That the other side stops reading shows when its answer is read.
func (c *conn) send(s string) { _, _ = io.WriteString(c.Conn, s) }

// framing are header lines that each engine writes in its own way.
var framing = []string{"Date", "Content-Length", "Transfer-Encoding", "Connection", "Server"}

// answer reads one response, and not a byte more.
func (c *conn) answer(method string) (answer, error) {
	head, err := c.head()
	if err != nil {
		return answer{}, err
	}
	version, rest, _ := strings.Cut(head[0], " ")
	code, _, _ := strings.Cut(rest, " ")
	a := answer{}
	if a.status, err = strconv.Atoi(code); err != nil || version != "HTTP/1.1" {
		return answer{}, fmt.Errorf("no status in %q", head[0])
	}
	var body io.Reader = c.r // up to the end, where nothing says how long it is
	for _, l := range head[1:] {
		name, value, _ := strings.Cut(l, ": ")
		switch {
		case method == "HEAD": // the connection is to be closed: what comes is a body
		case name == "Content-Length":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return answer{}, err
			}
			body = &whole{c.r, n}
		case name == "Transfer-Encoding":
			body = httputil.NewChunkedReader(c.r)
			defer func() { _, _ = c.r.Discard(len("\r\n")) }()
		}
		if !slices.Contains(framing, name) {
			a.lines = append(a.lines, l)
		}
	}
	text, err := io.ReadAll(body)
	a.body = string(text)
	slices.SortStableFunc(a.lines, func(x, y string) int {
		x, _, _ = strings.Cut(x, ":")
		y, _, _ = strings.Cut(y, ":")
		return strings.Compare(x, y)
	})
	return a, err
}

// whole reads n bytes; fewer are an error.
type whole struct {
	r io.Reader
	n int64
}

func (w *whole) Read(p []byte) (int, error) {
	if w.n == 0 {
		return 0, io.EOF
	}
	n, err := w.r.Read(p[:min(int64(len(p)), w.n)])
	if w.n -= int64(n); err == io.EOF && w.n > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// head reads the lines up to the empty one.
func (c *conn) head() ([]string, error) {
	var lines []string
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimSuffix(line, "\r\n"); line == "" && len(lines) > 0 {
			return lines, nil
		}
		lines = append(lines, line)
	}
}
