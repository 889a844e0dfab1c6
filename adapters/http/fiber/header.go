package kerniafiber

import (
	"net/textproto"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	kernia "github.com/kernia-go/kernia/core"
)

// header copies the header lines. Fiber keeps them twice: as they were sent, and parsed, where lines of Cookie are
// merged and written anew and of some other names only the last is left. The lines as they were sent count, unless
// earlier middleware changed the parsed ones.
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
	for _, name := range [...]string{fiber.HeaderHost, fiber.HeaderTransferEncoding, fiber.HeaderTrailer} {
		delete(now, name) // net/http has them elsewhere
	}
	return now
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
	return string(in.Peek(fiber.HeaderCookie)) != string(again.Peek(fiber.HeaderCookie))
}
