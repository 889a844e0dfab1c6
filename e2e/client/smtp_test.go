package client_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A letter is what a mail server took.
type letter struct {
	To   string `json:"to"`
	Link string `json:"link"` // the first in its text
}

// mailServer runs a real SMTP server until the test ends, and returns its URL and what it takes.
func mailServer(t *testing.T) (url string, letters chan letter) {
	t.Helper()
	letters = make(chan letter, 100)
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{letters: letters}, nil }))
	srv.Domain = "localhost"
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return "smtp://" + l.Addr().String() + "?tls=none", letters
}

// A delivery is one connection to the server.
type delivery struct {
	letters chan letter
	to      string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error      { return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error { d.to = to; return nil }
func (d *delivery) Reset()                                    { d.to = "" }
func (d *delivery) Logout() error                             { return nil }
func (d *delivery) Data(r io.Reader) error {
	text, err := plainText(r)
	if err != nil {
		return err
	}
	d.letters <- letter{d.to, link.FindString(text)}
	return nil
}

var link = regexp.MustCompile(`https?://\S+`)

// plainText returns the part of a message that is plain text.
func plainText(r io.Reader) (string, error) {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return "", err
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	for parts := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", errors.Join(errors.New("no plain text"), err)
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			continue
		}
		var body io.Reader = part
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		return string(text), err
	}
}

// TestMailbox runs every flow that goes through a mailbox in Chromium, with a real SMTP server.
func TestMailbox(t *testing.T) {
	chromium, dir, app := chromium(t), stage(t, scripts), stage(t, vite)
	smtp, letters := mailServer(t)
	addr, api := place(t)
	page := pages(t, buildMailbox(t, dir, app, api))
	s := configure(t, addr, api, config{
		"http": "chi", "store": sqlite.config(t), "trustedOrigins": []string{page},
		"mail":              config{"smtp": smtp, "from": "Kernia <no-reply@example.com>"},
		"emailAndPassword":  config{"enabled": true, "requireEmailVerification": true},
		"emailVerification": config{"autoSignInAfterVerification": true},
		"session":           config{"cookieCache": config{"enabled": true}},
		"user": config{
			"changeEmail": config{"enabled": true, "sendChangeEmailConfirmation": true},
			"deleteUser":  config{"enabled": true, "sendDeleteAccountVerification": true},
		},
	})
	s.migrate(t)
	s.serve(t)
	next := func() any {
		ctx, cancel := within(t, time.Minute)
		defer cancel()
		select {
		case l := <-letters:
			return l
		case <-ctx.Done():
			t.Fatal("no mail came")
			return nil
		}
	}
	run(t, dir, "mailbox.mjs", map[string]any{"chromium": chromium, "page": page}, answers{"mail": next})
}

// buildMailbox builds the page of the script with the example's tools, and returns its folder.
func buildMailbox(t *testing.T, dir, app, api string) string {
	t.Helper()
	if err := os.CopyFS(filepath.Join(app, "mailbox"), os.DirFS(filepath.Join(dir, "mailbox"))); err != nil {
		t.Fatal(err)
	}
	return buildWith(t, app, api, "mailbox")
}
