package nethttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/nethttp"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/fetchtest"
)

// TestC10_Fetcher runs the kit.
func TestC10_Fetcher(t *testing.T) {
	fetchtest.Run(t, func(t *testing.T, s fetchtest.Setting) ports.Fetcher {
		t.Helper()
		return client(t, nethttp.ClientOptions{Origins: s.Origins, Roots: s.Roots, Timeout: s.Timeout, BodyLimit: s.BodyLimit})
	})
}

func client(t *testing.T, o nethttp.ClientOptions) *nethttp.Client {
	t.Helper()
	c, err := nethttp.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestClientOptions(t *testing.T) {
	for _, o := range []nethttp.ClientOptions{
		{Origins: []string{"idp.internal"}}, {Origins: []string{"https://idp.internal/"}}, {Origins: []string{"https://idp.internal/path"}},
		{Origins: []string{"ftp://idp.internal"}}, {Origins: []string{"https://a:b@idp.internal"}}, {Origins: []string{"https://:443"}},
		{Origins: []string{"https://idp.internal?q"}}, {Origins: []string{""}},
		{Proxy: "proxy:3128"}, {Proxy: "socks5://proxy"}, {Proxy: "http://"}, {Timeout: -1}, {BodyLimit: -1},
	} {
		if _, err := nethttp.NewClient(o); err == nil || !strings.Contains(err.Error(), "nethttp: ClientOptions.") {
			t.Errorf("NewClient(%+v) = %v, want an error that names the option", o, err)
		}
	}
	for _, o := range []nethttp.ClientOptions{{Proxy: "ftp://u:secret@proxy"}, {Origins: []string{"https://u:secret@idp.internal"}}} {
		if _, err := nethttp.NewClient(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("the error is %v, want one without the password", err)
		}
	}
}

func TestClientNetworks(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.UserAgent()+" "+r.Proto)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := client(t, nethttp.ClientOptions{Roots: roots, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	r, err := c.Fetch(t.Context(), ports.FetchRequest{URL: s.URL})
	if err != nil || r.Status != 200 || string(r.Body) != "Kernia HTTP/2.0" {
		t.Errorf("a server in a named network gave %d, %q, %v, want 200, our User-Agent and HTTP/2", r.Status, r.Body, err)
	}
	if _, err := c.Fetch(t.Context(), ports.FetchRequest{URL: "http" + strings.TrimPrefix(s.URL, "https")}); !errors.Is(err, ports.ErrForbidden) {
		t.Errorf("http in a named network gave %v, want ErrForbidden", err)
	}
}

// TestClientProxy: the proxy gets the calls, and an address that is not public never gets there.
func TestClientProxy(t *testing.T) {
	var heard []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard = append(heard, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		http.Error(w, "leaked", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	c := client(t, nethttp.ClientOptions{Proxy: "http://u:p@" + strings.TrimPrefix(proxy.URL, "http://"), Timeout: time.Minute})
	_, err := c.Fetch(t.Context(), ports.FetchRequest{URL: "https://public.invalid/path"})
	if !errors.Is(err, ports.ErrUnavailable) || strings.Contains(err.Error(), "leaked") {
		t.Errorf("a proxy that refuses gave %v, want ErrUnavailable", err)
	}
	if _, err := c.Fetch(t.Context(), ports.FetchRequest{URL: "https://169.254.169.254"}); !errors.Is(err, ports.ErrForbidden) {
		t.Errorf("an internal address gave %v, want ErrForbidden", err)
	}
	if want := "CONNECT public.invalid:443 Basic dTpw"; len(heard) != 1 || heard[0] != want {
		t.Errorf("the proxy heard %q, want %q alone", heard, want)
	}
}

// A client for kernia.Config.Fetcher that may call public servers, and one identity provider inside.
func ExampleNewClient() {
	fetcher, err := nethttp.NewClient(nethttp.ClientOptions{Origins: []string{"https://idp.internal"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fetcher.Close()

	_, err = fetcher.Fetch(context.Background(), ports.FetchRequest{URL: "https://169.254.169.254/latest/meta-data?token=secret"})
	fmt.Println(err, errors.Is(err, ports.ErrForbidden))
	// Output: fetch https://169.254.169.254:443: forbidden server true
}
