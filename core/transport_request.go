package kernia

import (
	"log/slog"
	"strings"
)

// A Request is one HTTP request, independent of any framework. A transport copies everything into it: nothing in it may
// share a buffer that the framework reuses.
type Request struct {
	Method string
	Path   string // the path as the client sent it, still percent-encoded, without the query
	Query  string // the raw query, without "?"
	Host   string // the requested host, with its port if any
	Secure bool   // the connection itself uses TLS, whatever headers say
	Remote string // the peer's address, "IP:port" or "IP"; "" if unknown
	Header Header
	Body   []byte // at most Auth.BodyLimit()+1 bytes: one more than allowed means that it was too long
	Length int64  // the declared length of the body in bytes; -1 if none was declared
}

// LogValue keeps headers, query and body out of logs: they hold tokens and passwords.
func (r *Request) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", r.Method), slog.String("path", r.Path))
}

// A Header maps canonical names, such as "Content-Type", to the lines with that name, in order. It has the same type as
// net/http's Header, so that one converts to the other without a copy.
type Header map[string][]string

// First returns the first line under the canonical name, or "".
func (h Header) First(name string) string {
	if lines := h[name]; len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// A Response is the answer to one Request. A transport writes the status, then the headers and cookies in their order,
// then the body. It adds and changes nothing.
type Response struct {
	Status  int
	Header  []HeaderLine
	Cookies []string // the values of Set-Cookie headers
	Body    []byte
}

// A HeaderLine is one header of a Response.
type HeaderLine struct{ Name, Value string }

// List reports whether several parts of a program may add to the header. A transport adds such a line to those that the
// application's middleware has set; any other line replaces them.
func (l HeaderLine) List() bool {
	return strings.EqualFold(l.Name, "Vary") || strings.EqualFold(l.Name, "Access-Control-Expose-Headers")
}

// Lacking returns what a transport adds where a list has been set before: those items of the line that none of the
// lines in set has, in the form of one line; "" where all are there. Case does not matter.
func (l HeaderLine) Lacking(set []string) string {
	known := map[string]bool{}
	for _, line := range set {
		for item := range strings.SplitSeq(line, ",") {
			known[strings.ToLower(strings.TrimSpace(item))] = true
		}
	}
	var lacking []string
	for item := range strings.SplitSeq(l.Value, ",") {
		item = strings.TrimSpace(item)
		if key := strings.ToLower(item); item != "" && !known[key] {
			lacking, known[key] = append(lacking, item), true
		}
	}
	return strings.Join(lacking, ", ")
}
