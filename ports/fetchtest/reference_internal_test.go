package fetchtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/kernia-go/kernia/ports"
)

// A reference is a Fetcher on net/http with one flaw. It is short and not for use: a server whose origin is named may
// be dialled from anywhere in the process.
type reference struct {
	Setting
	flaw   flaw
	client *http.Client
	named  map[string]bool

	mu     sync.Mutex
	shared []byte
}

func newReference(s Setting, wrong flaw) *reference {
	f := &reference{Setting: s, flaw: wrong, named: map[string]bool{}}
	for _, o := range s.Origins {
		f.named[f.nameOf(o)] = true
	}
	transport := &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: s.Roots, InsecureSkipVerify: wrong == "TrustsAnyCertificate"},
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      wrong == "ClosesConnections",
		DisableCompression:     wrong == "CountsCompressedBytes",
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			var d net.Dialer
			if !f.mayDial(address) && wrong != "JudgesTheURLAlone" {
				d.Control = func(_, address string, _ syscall.RawConn) error { return f.judge(address) }
			}
			return d.DialContext(ctx, network, address)
		},
	}
	switch wrong {
	case "ReadsAnyHeader":
		transport.MaxResponseHeaderBytes = 1 << 40
	case "LimitsTheHeadAlone":
		transport.ResponseHeaderTimeout = s.Timeout
	case "AsksTheEnvironment":
		transport.Proxy = http.ProxyFromEnvironment
		transport.DialContext = nil
	}
	f.client = &http.Client{Transport: transport}
	if wrong == "KeepsCookies" {
		f.client.Jar, _ = cookiejar.New(nil)
	}
	if wrong != "FollowsRedirects" {
		f.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return f
}

// nameOf is what of an origin is compared.
func (f *reference) nameOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	switch f.flaw {
	case "ComparesHostsAlone":
		return u.Hostname()
	case "ComparesAddressesAlone":
		return u.Host
	}
	return u.Scheme + "://" + u.Host
}

func (f *reference) mayDial(address string) bool {
	return slices.ContainsFunc(f.Origins, func(o string) bool { return strings.HasSuffix(o, "//"+address) }) || f.flaw == "ComparesHostsAlone"
}

// judge refuses an address, with its port, that is not public. Tests call none that is, so it refuses all of them.
func (f *reference) judge(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return ports.ErrForbidden
	}
	private := ap.Addr().IsPrivate() || ap.Addr().IsLoopback()
	if f.flaw == "CallsAnyAddress" || f.flaw == "CallsAllButPrivateAddresses" && !private {
		return nil
	}
	return ports.ErrForbidden
}

func (f *reference) fetch(ctx context.Context, r ports.FetchRequest) (ports.FetchResponse, error) {
	var none ports.FetchResponse
	if f.flaw != "ChecksNothing" {
		if _, err := r.Check(); err != nil {
			return none, err
		}
	}
	u, _ := url.Parse(r.URL)
	if u != nil && !f.named[f.nameOf(r.URL)] {
		if u.Scheme != "https" && f.flaw != "CallsHTTP" {
			return none, ports.ErrForbidden
		}
		port := u.Port()
		if port == "" {
			port = "443"
		}
		address := net.JoinHostPort(u.Hostname(), port)
		if _, err := netip.ParseAddr(u.Hostname()); err == nil && f.judge(address) != nil {
			return none, ports.ErrForbidden
		}
	}
	limited := ctx
	if f.flaw != "WaitsForEver" && f.flaw != "LimitsTheHeadAlone" {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, f.Timeout)
		defer cancel()
	}
	answer, err := f.send(limited, r)
	if err == nil || errors.Is(err, ports.ErrTooLarge) {
		return answer, err
	}
	return none, f.explain(ctx, &r, err)
}

func (f *reference) send(ctx context.Context, r ports.FetchRequest) (ports.FetchResponse, error) {
	if f.flaw == "DropsTheBody" {
		r.Body = nil
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return ports.FetchResponse{}, err
	}
	if f.flaw == "UnescapesThePath" {
		req.URL.RawPath = ""
	}
	for _, l := range r.Header {
		if f.flaw == "SetsHeaderLines" {
			req.Header.Set(l.Name, l.Value)
			continue
		}
		req.Header.Add(l.Name, l.Value)
	}
	if f.flaw == "LeavesTheBodyCompressed" {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	res, err := f.client.Do(req)
	if err != nil {
		return ports.FetchResponse{}, err
	}
	defer res.Body.Close()
	if res.StatusCode < 200 && f.flaw != "TakesAnyStatus" {
		return ports.FetchResponse{}, errors.New("no final status")
	}
	body, err := f.read(res)
	answer := ports.FetchResponse{Status: res.StatusCode, Body: body}
	for name, values := range res.Header {
		for _, v := range values {
			answer.Header = append(answer.Header, ports.HeaderLine{Name: name, Value: v})
		}
	}
	if err != nil {
		return ports.FetchResponse{}, err
	}
	return answer, nil
}

// read returns the body of an answer within the limit.
func (f *reference) read(res *http.Response) ([]byte, error) {
	if res.StatusCode == 101 {
		return nil, nil
	}
	limit := f.BodyLimit
	if f.flaw == "ReadsAnyBody" {
		limit = 100 * f.BodyLimit
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if f.flaw == "TakesHalfABody" {
		err = nil
	}
	if int64(len(body)) > limit {
		if f.flaw == "CutsTheBody" {
			return body[:limit], nil
		}
		return nil, ports.ErrTooLarge
	}
	if f.flaw == "QuotesTheAnswer" && err != nil {
		return nil, fmt.Errorf("%w after %q", err, body)
	}
	compressed := err == nil && res.Header.Get("Content-Encoding") == "gzip"
	if compressed && (f.flaw == "CountsCompressedBytes" || f.flaw == "ReadsAnyBody" || f.flaw == "CutsTheBody") {
		whole, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		body, err = io.ReadAll(whole)
		res.Header.Del("Content-Encoding")
		if f.flaw == "CutsTheBody" {
			body = body[:min(int64(len(body)), limit)]
		}
		return body, err
	}
	return body, err
}

// explain turns an error of net/http into one of the port's.
func (f *reference) explain(ctx context.Context, r *ports.FetchRequest, err error) error {
	kind := ports.ErrUnavailable
	switch {
	case ctx.Err() != nil:
		kind = ctx.Err()
	case errors.Is(err, ports.ErrForbidden):
		kind = ports.ErrForbidden
	}
	switch f.flaw {
	case "QuotesTheURL":
		return fmt.Errorf("%w: %s", kind, r.URL)
	case "QuotesTheAnswer":
		return fmt.Errorf("%w: %w", kind, err)
	}
	return kind
}
