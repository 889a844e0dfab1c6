// Package kerniasmtp sends mail by SMTP: it is a [ports.Mailer].
//
// A password and a link that signs in are secrets, so the connection is encrypted and the server's certificate is
// verified, unless the URL says otherwise. Errors and logs contain nothing of a mail but its kind.
package kerniasmtp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/mail"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtext"
)

// defaultTimeout leaves room for two tries in the time that the core gives to a mail.
const defaultTimeout = 10 * time.Second

// Options are the settings of a [Mailer].
type Options struct {
	// URL names the mail server.
	//
	//	smtp://user:password@mail.example.com:587   begins in plain text and must change to TLS (STARTTLS); the port is 587 by default
	//	smtps://user:password@mail.example.com:465  is TLS from the start; the port is 465 by default
	//	smtp://localhost:1025?tls=none              is never encrypted, for a server on the same machine; a password is refused
	//
	// Without a user, nobody signs in. Special characters of a password are escaped as in any URL ("%40" for "@").
	URL string

	// From is the sender, as "Example <no-reply@example.com>" or the address alone.
	From string

	// Texts writes the mails; nil: the built-in texts.
	Texts *mailtext.Texts

	// Timeout is how long one mail may take; 0: 10 seconds. Two tries and the pause between them should fit into the 30
	// seconds that the core gives to a mail.
	Timeout time.Duration

	// TLS has, for example, the authorities to trust (RootCAs); nil: those of the system, and TLS 1.2 or later. The server's
	// name is that of URL if it is empty here.
	TLS *tls.Config

	// Hello is the name by which this machine greets the server; "": its host name.
	Hello string
}

// A Mailer is a [ports.Mailer] that sends by SMTP. It is safe for concurrent use and opens a connection for each mail.
type Mailer struct {
	server  server
	from    *mail.Address
	texts   *mailtext.Texts
	timeout time.Duration
	hello   string
}

var _ ports.Mailer = (*Mailer)(nil)

// New returns a Mailer. It opens no connection. Its errors, which wrap [ports.ErrInvalid], name the option that is wrong,
// and never repeat the URL.
func New(o Options) (*Mailer, error) {
	s := &Mailer{texts: o.Texts, timeout: o.Timeout, hello: o.Hello}
	var err error
	if s.server, err = parse(o.URL, o.TLS); err != nil {
		return nil, err
	}
	if s.from, err = mail.ParseAddress(o.From); err != nil || (ports.Mail{To: s.from.Address}).Check() != nil {
		return nil, fmt.Errorf("kerniasmtp: %w: From is not one address, as Example <no-reply@example.com>", ports.ErrInvalid)
	}
	if s.texts == nil {
		if s.texts, err = mailtext.New(mailtext.Options{}); err != nil {
			return nil, err
		}
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.hello == "" {
		if s.hello, err = os.Hostname(); err != nil || s.hello == "" {
			s.hello = "localhost"
		}
	}
	if strings.ContainsFunc(s.hello, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("kerniasmtp: %w: Hello is not the name of a host", ports.ErrInvalid)
	}
	return s, nil
}

// Send sends m, and returns nil once the server has taken it. The error is [ports.ErrInvalid] if the address or the kind is
// not one, or if the server refuses the recipient or the message for good (5xx); the context's own; and else
// [ports.ErrUnavailable]. After an error in the middle of the message, it may still have been sent.
func (s *Mailer) Send(ctx context.Context, m ports.Mail) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("kerniasmtp: %w", err)
	}
	if err := m.Check(); err != nil {
		return fmt.Errorf("kerniasmtp: %w", err)
	}
	text, err := s.texts.Render(m)
	if err != nil {
		return err
	}
	return s.deliver(ctx, s.compose(m.To, text))
}

// compose makes the message as it is sent: plain text, and the same in HTML for those who prefer it.
func (s *Mailer) compose(to string, text mailtext.Message) *gomail.Msg {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(&mail.Address{Address: to})
	msg.Subject(text.Subject)
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's holiday notice answers (RFC 3834)
	msg.SetBodyString(gomail.TypeTextPlain, text.Text)
	if text.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, text.HTML)
	}
	return msg
}
