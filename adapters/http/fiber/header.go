package kerniafiber

import (
	"net/textproto"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	kernia "github.com/kernia-go/kernia/core"
)

// header copies the header lines. Fiber keeps them twice: as they were sent, and parsed, where lines of Cookie are
// merged and written anew, of some other names only the last is left, and the trailers of a chunked body are added. The
// lines as they were sent count, unless earlier middleware changed the parsed ones.
func header(c *fiber.Ctx) kernia.Header {
	in := &c.Request().Header
	sent, now := kernia.Header{}, kernia.Header{}
	in.VisitAllInOrder(func(name, value []byte) { add(sent, name, value) })
	cookies := cookiesChanged(in, sent[fiber.HeaderCookie])
	in.VisitAll(func(name, value []byte) { add(now, name, value) })
	if lines := sent[fiber.HeaderCookie]; lines != nil && !cookies {
		now[fiber.HeaderCookie] = lines
	}
	for _, name := range [...]string{fiber.HeaderContentType, fiber.HeaderUserAgent} {
		if lines := sent[name]; lines != nil && now.First(name) == lines[len(lines)-1] {
			now[name] = lines
		}
	}
	if sent[fiber.HeaderTransferEncoding] != nil {
		dropTrailers(now, sent)
	}
	for _, name := range [...]string{fiber.HeaderHost, fiber.HeaderTransferEncoding, fiber.HeaderTrailer} {
		delete(now, name) // net/http has them elsewhere
	}
	return now
}

// dropTrailers leaves of the parsed lines those that the head of the request has. What middleware changed goes too: a
// changed line cannot be told from a trailer.
func dropTrailers(now, sent kernia.Header) {
	for name, lines := range now {
		head := sent[name]
		if len(head) == 0 || len(lines) < len(head) || !slices.Equal(lines[:len(head)], head) {
			delete(now, name)
			continue
		}
		now[name] = head
	}
}

func add(h kernia.Header, name, value []byte) {
	key := textproto.CanonicalMIMEHeaderKey(string(name))
	h[key] = append(h[key], string(value))
}

// cookiesChanged reports whether the parsed cookies are no longer those of the lines that were sent.
func cookiesChanged(in *fasthttp.RequestHeader, lines []string) bool {
	parsed := in.PeekAll(fiber.HeaderCookie)
	if slices.EqualFunc(parsed, lines, func(b []byte, s string) bool { return string(b) == s }) {
		return false
	}
	var again fasthttp.RequestHeader
	for _, line := range lines {
		again.Add(fiber.HeaderCookie, line)
	}
	in.VisitAllCookie(func(_, _ []byte) {}) // from here on they are parsed
	now, was := string(in.Peek(fiber.HeaderCookie)), string(again.Peek(fiber.HeaderCookie))
	if len(in.Peek(fiber.HeaderTransferEncoding)) > 0 && was != "" && strings.HasPrefix(now, was+"; ") {
		return false // a trailer added the rest
	}
	return now != was
}
