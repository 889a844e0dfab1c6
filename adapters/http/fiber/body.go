package kerniafiber

import (
	"bytes"
	"io"

	"github.com/gofiber/fiber/v2"

	kernia "github.com/kernia-go/kernia/core"
)

// readBody copies the body, or of one that is too long one byte more than is allowed.
func readBody(c *fiber.Ctx, r *kernia.Request, limit int64) {
	in := c.Request()
	if !in.IsBodyStream() {
		body := in.Body()
		r.Body = bytes.Clone(body[:min(int64(len(body)), limit+1)])
		if bytes.HasPrefix(in.Header.ContentType(), []byte(fiber.MIMEMultipartForm)) && r.Length > 0 {
			r.Length = int64(len(r.Body)) // Fiber has parsed it and wrote it anew, in its own spelling
		}
		return
	}
	var err error
	if r.Body, err = io.ReadAll(io.LimitReader(c.Context().RequestBodyStream(), limit+1)); err != nil {
		r.Length = int64(len(r.Body)) + 1 // what arrived is not what was announced
	}
	if err != nil || int64(len(r.Body)) > limit {
		closeUnread(c)
	}
}

// closeUnread ends the connection after the answer where part of a streamed body is unread: Fiber would take it for
// the next request.
func closeUnread(c *fiber.Ctx) {
	if c.Request().IsBodyStream() {
		c.Context().SetConnectionClose()
	}
}
