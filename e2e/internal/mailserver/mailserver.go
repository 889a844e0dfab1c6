// Package mailserver is a real mail server for tests: it takes mail by SMTP, and tests read what came.
package mailserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/kernia-go/kernia/e2e/internal/certificate"
)

// A Server has one user, and keeps what it takes.
type Server struct {
	URL   string      // with the user's name and password; filled in by Start
	Trust *tls.Config // trusts the certificate; filled in by Start
	Open  bool        // neither TLS nor a sign-in is needed, and there is none

	Deny func(step string) error // an error for "MAIL", "RCPT" or "DATA"; nil denies nothing
	Ways []string                // to sign in; nil: PLAIN and LOGIN

	mu       sync.Mutex
	messages []Message
	more     chan Message
}

// A Message is decoded; it has both of its bodies.
type Message struct {
	To         string
	Raw        string // the header as it came
	Header     mail.Header
	Text, HTML string
}

// Start runs s until the test ends: with TLS from the start if implicit is set, and otherwise with STARTTLS, before which
// there is no way to sign in.
func Start(t testing.TB, implicit bool, s *Server) *Server {
	t.Helper()
	own, roots := certificate.New(t)
	config := &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}
	s.Trust, s.more = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, make(chan Message, 1000)
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{Server: s, conn: c}, nil }))
	srv.Domain, srv.TLSConfig, srv.MaxRecipients = "localhost", config, 50
	srv.ErrorLog = silent{}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "smtp://ann:pass%40word@" + l.Addr().String()
	if implicit {
		s.URL = strings.Replace(s.URL, "smtp:", "smtps:", 1)
		l = tls.NewListener(l, config)
	}
	if s.Open {
		srv.TLSConfig, s.URL = nil, "smtp://"+l.Addr().String()+"?tls=none"
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// A session takes mail of who has signed in.
type session struct {
	*Server
	conn   *smtp.Conn
	signed bool
	to     []string
}

func (s *session) AuthMechanisms() []string {
	if s.Ways == nil && !s.Open {
		return []string{sasl.Plain, sasl.Login}
	}
	return s.Ways
}

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != "ann" || password != "pass@word" {
			return errors.New("wrong password")
		}
		s.signed = true
		return nil
	}
	if mech == sasl.Login {
		return &login{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// login is AUTH LOGIN, which asks for the name and then for the password.
type login struct {
	check func(user, password string) error
	step  int
	user  string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		l.step = 0
	}
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *session) step(name string) error {
	if !s.signed && !s.Open {
		return smtp.ErrAuthRequired
	}
	if s.Deny == nil {
		return nil
	}
	err := s.Deny(name)
	if errors.Is(err, ErrDrop) {
		_ = s.conn.Close()
	}
	return err
}

// ErrDrop of Deny breaks the connection off.
var ErrDrop = errors.New("the connection breaks off")

func (s *session) Mail(string, *smtp.MailOptions) error { return s.step("MAIL") }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return s.step("RCPT")
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.step("DATA"); err != nil {
		return err
	}
	m, err := decode(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range s.to {
		m.To = to
		s.messages = append(s.messages, m)
		s.more <- m
	}
	return nil
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }

// All returns what came.
func (s *Server) All() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Next waits for a message: mail is sent behind the answer.
func (s *Server) Next(t testing.TB) Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case m := <-s.more:
		return m
	case <-ctx.Done():
		t.Fatal("no mail came")
		return Message{}
	}
}

// decode reads a message with a plain text and the same in HTML.
func decode(raw []byte) (Message, error) {
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	kind, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return Message{}, errors.New("not multipart/alternative")
	}
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	m := Message{Header: read.Header, Raw: head}
	parts := multipart.NewReader(read.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, err
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return m, err
		}
		switch part.Header.Get("Content-Type") {
		case "text/plain; charset=UTF-8":
			m.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
		case "text/html; charset=UTF-8":
			m.HTML = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
	if m.Text == "" || m.HTML == "" {
		return m, errors.New("a body is missing")
	}
	return m, nil
}
