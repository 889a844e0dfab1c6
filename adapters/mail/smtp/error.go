package kerniasmtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"

	gomail "github.com/wneessen/go-mail"

	"github.com/kernia-go/kernia/ports"
)

// explain makes an error of the port. Of what the server says, only its codes are kept: it may quote an address, or a link
// that it dislikes.
func (s *Mailer) explain(ctx context.Context, step string, err error) error {
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		switch e.Reason {
		case gomail.ErrSMTPMailFrom:
			step = "sender"
		case gomail.ErrSMTPRcptTo:
			step = "recipient"
		}
		if e.ErrorCode() != 0 {
			return refused(step, e.ErrorCode(), e.EnhancedStatusCode())
		}
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return refused(step, reply.Code, enhanced.FindString(reply.Msg))
	}
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return fmt.Errorf("kerniasmtp: %s: %w: %s", step, ports.ErrUnavailable, text(err))
	case errors.Is(cause, errTimeout):
		return fmt.Errorf("kerniasmtp: %s: %w: no answer within %v", step, ports.ErrUnavailable, s.timeout)
	}
	return fmt.Errorf("kerniasmtp: %s: %w", step, ctx.Err())
}

// refused says whether a refusal is for good. What it says of the recipient or the message is about this mail; else it is
// about the server's or our settings, and other mails fail too.
func refused(step string, code int, detail string) error {
	kind, how := ports.ErrUnavailable, "for now"
	if code >= 500 {
		how = "for good"
		if step == "recipient" || step == "message" {
			kind = ports.ErrInvalid
		}
	}
	if detail != "" {
		detail = " " + detail
	}
	return fmt.Errorf("kerniasmtp: %s: %w: the server refuses %s (%d%s)", step, kind, how, code, detail)
}

// enhanced is the code at the beginning of a reply's text (RFC 2034).
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// text returns what an error says without anything that a server said.
func text(err error) string {
	if errors.Is(err, errNoTLS) || errors.Is(err, errNoAuth) {
		return err.Error()
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.Error()
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not speak TLS here"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return e.Error()
	}
	return "the connection broke off, or the answer is not SMTP"
}
