package ports

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A Fetcher sends HTTP requests to other servers: identity providers, lists of breached passwords, webhooks. URLs may
// come from users, so a Fetcher protects the network that it runs in:
//
//   - It calls https only, and verifies the server's certificate.
//   - It calls public addresses only: no private, loopback, link-local, shared or multicast addresses, and no metadata
//     service of a cloud. It checks the address that it dials, after DNS.
//   - The operator can exempt servers from either rule.
//   - It follows no redirect: the caller gets the 3xx.
//   - It keeps no cookies, and ignores proxies named by the environment.
//   - It limits the time of a call and the sizes of the answer's header and body; the limit of the body counts
//     decompressed bytes.
//
// Every method is safe for concurrent use. Errors are [ErrInvalid] for a request that is itself wrong, [ErrForbidden],
// [ErrTooLarge], [ErrUnavailable] or the context's own. Their text names the server, but never the rest of the URL, a
// header or a body. Prove an implementation with package fetchtest.
type Fetcher interface {
	// Fetch sends r and returns the answer, whatever its status. After ErrTooLarge, ErrUnavailable or the context's
	// error, the server may still have acted on the request. A POST, PUT, PATCH or DELETE is sent at most once, unless
	// its header has an Idempotency-Key.
	Fetch(ctx context.Context, r FetchRequest) (FetchResponse, error)
}

// A FetchRequest is one request to another server.
type FetchRequest struct {
	Method string       // as "POST"; "" means GET
	URL    string       // absolute, with scheme and host, without user and fragment; at most 8 KiB
	Header []HeaderLine // at most 64 KiB, without the headers that the Fetcher sets itself, see Check
	Body   []byte       // at most 1 MiB
}

// A FetchResponse is the answer of another server.
type FetchResponse struct {
	Status int          // 200 or more
	Header []HeaderLine // names as in "Content-Type"; lines with the same name are in the order of the answer
	Body   []byte       // decompressed, unless the header has a Content-Encoding
}

// A HeaderLine is one line of an HTTP header.
type HeaderLine struct{ Name, Value string }

// ErrForbidden says that a Fetcher may not call the server: its address is not public, or the URL is http.
var ErrForbidden = errors.New("forbidden server")

// ErrTooLarge says that an answer exceeds the limit of a [Fetcher].
var ErrTooLarge = errors.New("answer too large")

// Lookup returns the first value of the named header, or "". The case of the name does not matter.
func (r *FetchResponse) Lookup(name string) string {
	for _, l := range r.Header {
		if strings.EqualFold(l.Name, name) {
			return l.Value
		}
	}
	return ""
}

const (
	maxFetchURL    = 8 << 10
	maxFetchHeader = 64 << 10
	maxFetchBody   = 1 << 20
)

// Check returns the parsed URL of the request, or an error wrapping [ErrInvalid] if the method is not a token, the URL is
// not as FetchRequest requires, a header line is malformed, or something is too long. These headers are refused:
// Accept-Encoding, Connection, Content-Length, Expect, Host, Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade and
// Proxy-…. The error quotes nothing of the request.
func (r *FetchRequest) Check() (*url.URL, error) {
	if r.Method != "" && !isToken(r.Method) || r.Method == "CONNECT" {
		return nil, fmt.Errorf("%w: method", ErrInvalid)
	}
	u, err := url.Parse(r.URL)
	if err != nil || len(r.URL) > maxFetchURL || u.Scheme != "https" && u.Scheme != "http" ||
		u.Hostname() == "" || u.Opaque != "" || u.User != nil || strings.Contains(r.URL, "#") {
		return nil, fmt.Errorf("%w: URL", ErrInvalid)
	}
	size := 0
	for _, l := range r.Header {
		size += len(l.Name) + len(l.Value) + len(": \r\n")
		if !isToken(l.Name) || hasControl(l.Value) || reserved(l.Name) {
			return nil, fmt.Errorf("%w: header line", ErrInvalid)
		}
	}
	if size > maxFetchHeader || len(r.Body) > maxFetchBody {
		return nil, fmt.Errorf("%w: header or body too large", ErrInvalid)
	}
	return u, nil
}

// reserved reports whether a header belongs to the connection, which is the Fetcher's business.
func reserved(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
		"transfer-encoding", "upgrade":
		return true
	}
	return strings.HasPrefix(name, "proxy-")
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
