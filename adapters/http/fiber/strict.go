package kerniafiber

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	kernia "github.com/kernia-go/kernia/core"
)

// Strict is middleware that refuses by 400, and a closed connection, what net/http refuses and Fiber's parser lets
// through: two lengths or hosts, a transfer encoding other than "chunked", control characters. A proxy in front may
// read such a request as another one. [Mount] and the guards refuse it by themselves; an application puts Strict before
// everything, so that no route of its own takes it.
func Strict(c *fiber.Ctx) error {
	if !wellFormed(&c.Request().Header) {
		refuse(c)
		return nil
	}
	return c.Next()
}

func refuse(c *fiber.Ctx) {
	Write(c, kernia.Response{Status: fiber.StatusBadRequest, Body: []byte("400 Bad Request"), Header: []kernia.HeaderLine{
		{Name: fiber.HeaderContentType, Value: "text/plain; charset=utf-8"}, {Name: fiber.HeaderCacheControl, Value: "no-store"},
	}})
	c.Context().SetConnectionClose()
}

// wellFormed reports whether net/http would take the request. It is stricter where that costs nobody anything: no
// folded header lines, no transfer encoding in HTTP/1.0.
func wellFormed(h *fasthttp.RequestHeader) bool {
	version, ok := bytes.CutPrefix(h.Protocol(), []byte("HTTP/1."))
	if !ok || len(version) != 1 || version[0] < '0' || version[0] > '9' {
		return false
	}
	later := version[0] > '0'
	target := string(h.RequestURI())
	if _, err := url.ParseRequestURI(target); err != nil || strings.Contains(target, " ") {
		return false
	}
	raw := h.RawHeaders()
	if len(raw) == 0 {
		return !later || len(h.Host()) > 0 // an app without a network, as in tests, has no raw lines
	}
	f, ok := readFrame(raw)
	switch {
	case !ok, f.hosts > 1, f.hosts == 0 && later:
		return false
	case len(f.encodings) > 0:
		return later && len(f.encodings) == 1 && strings.EqualFold(f.encodings[0], "chunked")
	}
	return true
}

// A frame is what the head of a request says about where it goes and where it ends.
type frame struct {
	hosts     int
	length    string
	encodings []string
}

// readFrame reads raw header lines; false where one is malformed or two contradict each other.
func readFrame(raw []byte) (frame, bool) {
	var f frame
	for line := range bytes.Lines(raw) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !isToken(name) || bytes.ContainsFunc(value, isControl) {
			return f, false
		}
		value = bytes.Trim(value, " \t")
		switch strings.ToLower(string(name)) {
		case "host":
			if f.hosts++; !isHost(value) {
				return f, false
			}
		case "content-length":
			if !isNumber(value) || f.length != "" && f.length != string(value) {
				return f, false
			}
			f.length = string(value)
		case "transfer-encoding":
			f.encodings = append(f.encodings, string(value))
		}
	}
	return f, true
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func isToken(b []byte) bool {
	return len(b) > 0 && only(b, alphanumeric+"!#$%&'*+-.^_`|~")
}

func isHost(b []byte) bool { return only(b, alphanumeric+"!$%&'()*+,-.:;=[]_~") }

func isNumber(b []byte) bool { return len(b) > 0 && only(b, "0123456789") }

func only(b []byte, allowed string) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return !strings.ContainsRune(allowed, r) })
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
