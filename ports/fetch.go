package ports

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A Fetcher sends HTTP requests to other servers: identity providers, lists of breached passwords, webhooks. URLs may
// come from users, so a Fetcher guards the network that it runs in:
//
//   - It calls https only, and verifies the server's certificate.
//   - It calls public addresses only: no private, loopback, link-local, shared or multicast ones, and none at which a
//     cloud serves its metadata. What counts is the address that is dialled, after DNS.
//   - The operator can name servers that are exempt from either rule.
//   - It follows no redirect: the caller gets the 3xx as it came.
//   - It keeps no cookies, and takes no proxy from the environment.
//   - It limits the time of a call and the sizes of the answer's header and body; the limit of the body counts
//     decompressed bytes.
//
// Every method is safe for concurrent use. Errors are [ErrInvalid] for a request that is wrong in itself,
// [ErrForbidden], [ErrTooLarge], [ErrUnavailable], or the context's own. Their text names the server and never
// the rest of the URL, a header or a body. Prove an implementation with package fetchtest.
type Fetcher interface {
	// Fetch sends r and returns the answer, whatever its status. After ErrTooLarge, ErrUnavailable and the context's
	// error the server may have acted on the request. A POST, PUT, PATCH or DELETE is sent at most once, unless its
	// header has an Idempotency-Key.
	Fetch(ctx context.Context, r FetchRequest) (FetchResponse, error)
}

// A FetchRequest is one request to another server.
type FetchRequest struct {
	Method string       // as "POST"; "" means GET
	URL    string       // absolute, with scheme and host, without user and fragment; at most 8 KiB
	Header []HeaderLine // at most 64 KiB; the names that the Fetcher sets itself are invalid, see Check
	Body   []byte       // at most 1 MiB
}

// A FetchResponse is the answer of another server.
type FetchResponse struct {
	Status int          // 200 or more
	Header []HeaderLine // names as in "Content-Type"; lines of one name are in the order in which they came
	Body   []byte       // decompressed where the header has no Content-Encoding
}

// A HeaderLine is one line of an HTTP header.
type HeaderLine struct{ Name, Value string }

// ErrForbidden says that a Fetcher was not allowed to call a server: its address is not public, or the URL is http.
var ErrForbidden = errors.New("forbidden server")

// ErrTooLarge says that an answer exceeds a [Fetcher]'s limit.
var ErrTooLarge = errors.New("answer too large")

// Lookup returns the first value of the named header, whatever the name's case, or "".
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

// Check returns the parsed URL of the request, or an error wrapping [ErrInvalid]: the method is no word, the URL not as
// FetchRequest asks, a header line malformed or one of Accept-Encoding, Connection, Content-Length, Expect, Host,
// Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade or Proxy-…, or something is too long. The error quotes nothing.
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
