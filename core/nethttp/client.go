package nethttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// ClientOptions says what a [Client] may call beyond public servers, and its limits. The zero value is safe.
type ClientOptions struct {
	// Origins are servers that may be called at whatever address, by http too where the origin says so:
	// "https://idp.internal", "http://localhost:5556". Scheme, host and port are compared exactly.
	Origins []string

	// Networks may be called by https although they are not public.
	Networks []netip.Prefix

	// Proxy is the URL of a proxy for all calls, with user and password where it needs them; "" means none. Names
	// are then resolved by the proxy, which must itself refuse addresses that are not public.
	Proxy string

	// Roots are the certificate authorities to trust; nil means those of the system.
	Roots *x509.CertPool

	// Timeout bounds one call, from the look-up of the name to the last byte of the answer; 0 means 10 s.
	Timeout time.Duration

	// BodyLimit is the most bytes that the body of an answer may have, decompressed; 0 means 1 MiB.
	BodyLimit int64
}

const (
	defaultTimeout   = 10 * time.Second
	defaultBodyLimit = 1 << 20
	headerLimit      = 64 << 10 // of answers, in bytes
	idleTimeout      = 90 * time.Second
)

// A Client calls other servers for features: give it to kernia.Config.Fetcher. It keeps connections open for the next
// call. It is safe for concurrent use.
type Client struct {
	origins map[string]bool
	inside  []netip.Prefix // addresses that are not public and may be called
	outside []netip.Prefix // addresses that are not public
	timeout time.Duration
	limit   int64

	public *http.Transport // dials what allowed lets through
	named  *http.Transport // for origins; its connections are never used for another server
}

var _ ports.Fetcher = (*Client)(nil)

// NewClient returns a Client, or an error that names the option that is wrong.
func NewClient(o ClientOptions) (*Client, error) {
	if o.Timeout < 0 || o.BodyLimit < 0 {
		return nil, errors.New("nethttp: ClientOptions.Timeout and BodyLimit must not be negative")
	}
	c := &Client{
		origins: map[string]bool{}, inside: o.Networks, outside: notPublic(), timeout: o.Timeout, limit: o.BodyLimit,
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.limit == 0 {
		c.limit = defaultBodyLimit
	}
	if err := c.name(o.Origins); err != nil {
		return nil, err
	}
	proxy, err := parseProxy(o.Proxy)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: c.timeout}
	c.named = newTransport(dialer, c.timeout, o.Roots, proxy)
	if proxy == nil {
		dialer.ControlContext = c.control
	}
	c.public = newTransport(dialer, c.timeout, o.Roots, proxy)
	return c, nil
}

// name lets the client call the origins.
func (c *Client) name(origins []string) error {
	for i, s := range origins {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Scheme+"://"+u.Host != s {
			return fmt.Errorf("nethttp: ClientOptions.Origins[%d] is no origin; write it as https://idp.internal", i)
		}
		c.origins[originOf(u)] = true
	}
	return nil
}

func parseProxy(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil // no proxy, as http.Transport has it
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("nethttp: ClientOptions.Proxy must be an http or https URL") // it may hold a password
	}
	return u, nil
}

func newTransport(dialer net.Dialer, timeout time.Duration, roots *x509.CertPool, proxy *url.URL) *http.Transport {
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    timeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    8,
		MaxResponseHeaderBytes: headerLimit,
		ForceAttemptHTTP2:      true,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

// Close closes the connections that are kept open and not in use.
func (c *Client) Close() {
	c.public.CloseIdleConnections()
	c.named.CloseIdleConnections()
}

// Fetch sends r as [ports.Fetcher] promises.
func (c *Client) Fetch(ctx context.Context, r ports.FetchRequest) (ports.FetchResponse, error) {
	u, err := r.Check()
	if err != nil {
		return ports.FetchResponse{}, fmt.Errorf("fetch: %w", err)
	}
	response, err := c.fetch(ctx, &r, u)
	switch {
	case err == nil:
		return response, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		err = plain(err)
	}
	return ports.FetchResponse{}, fmt.Errorf("fetch %s: %w", originOf(u), err)
}

func (c *Client) fetch(ctx context.Context, r *ports.FetchRequest, u *url.URL) (ports.FetchResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	transport, err := c.transport(u)
	if err != nil {
		return ports.FetchResponse{}, err
	}
	req, err := outgoing(ctx, r)
	if err != nil {
		return ports.FetchResponse{}, err
	}
	// RoundTrip, not http.Client: it follows no redirect, keeps no cookies and adds no URL to its errors.
	answer, err := transport.RoundTrip(req)
	if err != nil {
		return ports.FetchResponse{}, err
	}
	defer func() { _ = answer.Body.Close() }() // read to its end, or of no use
	if answer.StatusCode < 200 {
		return ports.FetchResponse{}, errors.New("status below 200")
	}
	if answer.ContentLength > c.limit && r.Method != "HEAD" {
		return ports.FetchResponse{}, ports.ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.limit+1))
	if err != nil {
		return ports.FetchResponse{}, err
	}
	if int64(len(body)) > c.limit {
		return ports.FetchResponse{}, ports.ErrTooLarge
	}
	return ports.FetchResponse{Status: answer.StatusCode, Header: lines(answer.Header), Body: body}, nil
}

func outgoing(ctx context.Context, r *ports.FetchRequest) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, ports.ErrInvalid
	}
	for _, l := range r.Header {
		req.Header.Add(l.Name, l.Value)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "Kernia")
	}
	return req, nil
}

// transport returns the transport for u, or ErrForbidden. An address in the URL is judged here as well, since a proxy
// would dial it out of our sight.
func (c *Client) transport(u *url.URL) (*http.Transport, error) {
	if c.origins[originOf(u)] {
		return c.named, nil
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Scheme != "https" || err == nil && !c.allowed(ip) {
		return nil, ports.ErrForbidden
	}
	return c.public, nil
}

// control runs after the name is resolved, for each address right before it is dialled.
func (c *Client) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	if ap, err := netip.ParseAddrPort(address); err != nil || !c.allowed(ap.Addr()) {
		return ports.ErrForbidden
	}
	return nil
}

func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" && u.Scheme == "https" {
		port = "443"
	} else if port == "" {
		port = "80"
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func lines(h http.Header) []ports.HeaderLine {
	var out []ports.HeaderLine
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			out = append(out, ports.HeaderLine{Name: name, Value: value})
		}
	}
	return out
}

// plain replaces an error of net/http by one in our words: its own may quote what the server sent.
func plain(err error) error {
	for _, ours := range []error{ports.ErrForbidden, ports.ErrTooLarge, ports.ErrInvalid} {
		if errors.Is(err, ours) {
			return ours
		}
	}
	return fmt.Errorf("%w: %s", ports.ErrUnavailable, reason(err))
}

func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "its certificate has expired or is not valid yet"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another host"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not trusted"
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "no such host"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "read" || op.Op == "write") {
		if number, ok := errors.AsType[syscall.Errno](err); ok {
			return op.Op + ": " + number.Error()
		}
		return op.Op + " failed"
	}
	return "no valid HTTP answer"
}
