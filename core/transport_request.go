package kernia

import (
	"log/slog"
	"strings"
)

// A Request is one HTTP call, stripped of the transport that carried it. A transport fills it with values that
// stay right after the call: nothing in it may alias a buffer that the framework uses again.
type Request struct {
	Method string
	Path   string // the path as it was sent, still percent-encoded, without the query
	Query  string // the raw query, without "?"
	Host   string // the host as it was asked for, with its port if any
	Secure bool   // the connection itself uses TLS; headers have no say
	Remote string // the peer's address, "IP:port" or "IP"; "" where unknown
	Header Header
	Body   []byte // at most Auth.BodyLimit()+1 bytes: one more than allowed tells that it was too long
	Length int64  // the body's declared length in bytes; -1 where none was declared
}

// LogValue keeps headers, query and body out of logs: they hold tokens and passwords.
func (r *Request) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", r.Method), slog.String("path", r.Path))
}

// A Header maps canonical names (as in "Content-Type") to the lines sent under them, in order. It has the form of
// net/http's, so that one converts to the other without a copy.
type Header map[string][]string

// First returns the first line under the canonical name, or "".
func (h Header) First(name string) string {
	if lines := h[name]; len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// A Response is the answer to one Request. A transport writes the status, the headers and cookies in their
// order, and the body; it adds and changes nothing.
type Response struct {
	Status  int
	Header  []HeaderLine
	Cookies []string // the values of Set-Cookie headers
	Body    []byte
}

// A HeaderLine is one header of a Response.
type HeaderLine struct{ Name, Value string }

// List reports whether the header is a list that several parts of a program add to. A transport adds such a line to what
// the application's own middleware has set under the name; any other line replaces it.
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
