package kerniasmtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// farewell is how long the server may take to end the connection, when it has the message.
const farewell = time.Second

// deliver sends a message over a connection of its own.
func (s *Mailer) deliver(ctx context.Context, msg *gomail.Msg) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return s.explain(ctx, "connection", err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the client waits for no context
	defer stop()
	session, step, err := s.greet(conn)
	if err != nil {
		return s.explain(ctx, step, err)
	}
	// The context ends what takes too long; the client's own timer must not be the first.
	sender, err := gomail.NewClient(s.server.host, gomail.WithTimeout(2*s.timeout), gomail.WithoutNoop(), gomail.WithoutRset())
	if err != nil {
		return s.explain(ctx, "message", err)
	}
	if err := sender.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return s.explain(ctx, "message", err)
	}
	ending, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	end := context.AfterFunc(ending, func() { _ = conn.Close() })
	defer end()
	_ = session.Quit() // the server has the message, whatever it says now
	return nil
}

func (s *Mailer) dial(ctx context.Context) (net.Conn, error) {
	if s.server.security == implicitTLS {
		return (&tls.Dialer{Config: s.server.tls}).DialContext(ctx, "tcp", s.server.address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", s.server.address)
}

// errTimeout is why a context ended that the caller had not given up.
var errTimeout = errors.New("timeout")

// What a server cannot do, although the settings want it.
var (
	errNoTLS  = errors.New("the server offers no STARTTLS; use smtps:// if it speaks TLS from the start")
	errNoAuth = errors.New("the server offers no way to sign in that is known: PLAIN or LOGIN")
)

// greet begins a session, and says at which step it failed.
func (s *Mailer) greet(conn net.Conn) (session *smtp.Client, step string, err error) {
	session, err = smtp.NewClient(conn, s.server.host)
	if err != nil {
		return nil, "greeting", err
	}
	session.SkipSMTPUTF8(true) // addresses are ASCII; not every server on the way knows the extension
	if err := session.Hello(s.hello); err != nil {
		return nil, "greeting", err
	}
	if s.server.security == startTLS {
		if ok, _ := session.Extension("STARTTLS"); !ok {
			return nil, "STARTTLS", errNoTLS
		}
		if err := session.StartTLS(s.server.tls); err != nil {
			return nil, "STARTTLS", err
		}
	}
	if s.server.user == "" {
		return session, "", nil
	}
	_, offered := session.Extension("AUTH")
	switch ways := strings.Fields(offered); {
	case slices.Contains(ways, "PLAIN"):
		err = session.Auth(smtp.PlainAuth("", s.server.user, s.server.password, s.server.host, false))
	case slices.Contains(ways, "LOGIN"):
		err = session.Auth(smtp.LoginAuth(s.server.user, s.server.password, s.server.host, false))
	default:
		err = errNoAuth
	}
	return session, "sign-in", err
}
