package kerniafiber_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	kerniafiber "github.com/kernia-go/kernia/adapters/http/fiber"
)

// TestH09_Strict sends the same bytes to net/http and to Fiber behind Strict: what one refuses the other refuses.
func TestH09_Strict(t *testing.T) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ErrorHandler: func(c *fiber.Ctx, err error) error {
		status := fiber.StatusInternalServerError
		if e, ok := errors.AsType[*fiber.Error](err); ok {
			status = e.Code
		}
		return c.SendStatus(status)
	}})
	app.Use(kerniafiber.Strict, func(c *fiber.Ctx) error { return c.SendStatus(204) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(l) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)

	heads := []string{"GET / HTTP/1.1\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n"}
	for _, target := range []string{"*", "/%", "/%zz", "/a b", "/a\x01", "/a\xff", "x", "", "http://a/b", "http://u@a/b", "http://a b/", "/#a", "//a", "/?%", "/?a b", "/|\"<>"} {
		heads = append(heads, "GET "+target+" HTTP/1.1\r\nHost: a\r\n\r\n")
	}
	for _, version := range []string{"HTTP/1.2", "HTTP/1.10", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.", "x"} {
		heads = append(heads, "GET / "+version+"\r\nHost: a\r\n\r\n")
	}
	for _, lines := range []string{
		"Host: b", "Host: a:b:c", "X: a\x00", "X: a\tb", "X:", "X:a", "X : a", "X", ":a", "X\x00: a", "\xffX: a", "X: \xff", "X(: a", "X: a\rb", "X: a\x7f", "Cookie: a=\x01",
		"Content-Length: 0", "Content-Length: 0\r\nContent-Length: 0", "Content-Length: 0\r\nContent-Length: 1", "Content-Length:", "Content-Length: -1", "Content-Length: 0x0", "Content-Length: 0, 0",
		"Content-Length: 99999999999999999999", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding:",
		"Transfer-Encoding: identity\r\nContent-Length: 0", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
	} {
		heads = append(heads, "POST / HTTP/1.1\r\nHost: a\r\n"+lines+"\r\n\r\n")
	}
	for _, chunk := range []string{"Transfer-Encoding: chunked", "transfer-encoding: CHUNKED", "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: x"} {
		heads = append(heads, "POST / HTTP/1.1\r\nHost: a\r\n"+chunk+"\r\n\r\n0\r\n\r\n")
	}
	for _, head := range heads {
		want, _ := tryRequest(t, s.Listener.Addr().String(), head)
		got, text := tryRequest(t, l.Addr().String(), head)
		if got != want {
			t.Errorf("%q: taken is %t, want %t as by net/http; %s", head, got, want, text)
		}
	}
}

// tryRequest reports whether a server takes a request, and with it the next one on the connection.
func tryRequest(t *testing.T, addr, head string) (bool, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(c, head)
	_ = c.(*net.TCPConn).CloseWrite()
	text, _ := io.ReadAll(c)
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		return false, "no answer"
	}
	defer resp.Body.Close()
	if resp.StatusCode != 204 && !resp.Close {
		t.Errorf("%q: refused by %d, and the connection stays open", head, resp.StatusCode)
	}
	return resp.StatusCode == 204, resp.Status
}
