// Package mail_test proves that users get their mail through a real SMTP server.
package mail_test

import (
	"errors"
	"html"
	"mime"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	kerniasmtp "github.com/kernia-go/kernia/adapters/mail/smtp"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/e2e/internal/mailserver"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtest"
	"github.com/kernia-go/kernia/ports/mailtext"
)

func mailer(t *testing.T, s *mailserver.Server, timeout time.Duration) *kerniasmtp.Mailer {
	t.Helper()
	texts, err := mailtext.New(mailtext.Options{App: "Bücher & Co"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := kerniasmtp.New(kerniasmtp.Options{URL: s.URL, From: "Bücher & Co <no-reply@example.com>", Texts: texts, TLS: s.Trust, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMailer runs the kit against the server with each kind of TLS and each way to sign in.
func TestMailer(t *testing.T) {
	for name, c := range map[string]struct {
		implicit bool
		ways     []string
	}{
		"STARTTLS, PLAIN": {false, []string{sasl.Plain}},
		"STARTTLS, LOGIN": {false, []string{sasl.Login}},
		"TLS, PLAIN":      {true, []string{sasl.Plain}},
	} {
		t.Run(name, func(t *testing.T) {
			mailtest.Run(t, mailtest.Options{Open: func(t *testing.T) mailtest.Box {
				s := mailserver.Start(t, c.implicit, &mailserver.Server{Ways: c.ways})
				return mailtest.Box{Mailer: mailer(t, s, 0), Delivered: func() ([]mailtest.Delivery, error) {
					var all []mailtest.Delivery
					for _, m := range s.All() {
						all = append(all, mailtest.Delivery{To: m.To, Header: m.Raw, Text: m.Text})
					}
					return all, nil
				}}
			}, Broken: broken})
		})
	}
}

// broken has servers that refuse, hang or break off, at each step.
func broken(t *testing.T) map[string]ports.Mailer {
	all := map[string]ports.Mailer{}
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for _, step := range []string{"MAIL", "RCPT", "DATA"} {
		for what, err := range map[string]error{
			"refuses for good": &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "s3cret is not wanted"},
			"refuses for now":  &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "s3cret, later"},
			"breaks off":       mailserver.ErrDrop,
		} {
			s := mailserver.Start(t, false, &mailserver.Server{Deny: func(at string) error {
				if at == step {
					return err
				}
				return nil
			}})
			all[what+" at "+step] = mailer(t, s, 0)
		}
		s := mailserver.Start(t, false, &mailserver.Server{Deny: func(at string) error {
			if at == step {
				<-release
			}
			return nil
		}})
		all["hangs at "+step] = mailer(t, s, 200*time.Millisecond)
	}
	s := mailserver.Start(t, false, &mailserver.Server{})
	s.URL = strings.Replace(s.URL, "pass", "another", 1)
	all["a wrong password"] = mailer(t, s, 0)
	return all
}

func TestRefusal(t *testing.T) {
	m := ports.Mail{Kind: ports.MailExisting, To: "ann@example.com"}
	for what, broken := range broken(t) {
		want := ports.ErrUnavailable
		if what == "refuses for good at RCPT" || what == "refuses for good at DATA" {
			want = ports.ErrInvalid
		}
		if err := broken.Send(t.Context(), m); !errors.Is(err, want) {
			t.Errorf("%s: Send = %v, want %v", what, err, want)
		}
	}
}

var href = regexp.MustCompile(`href="([^"]+)"`)

// link returns the path of a mail's link below the base URL; it is the same in both bodies.
func link(t *testing.T, m mailserver.Message) string {
	t.Helper()
	found := href.FindStringSubmatch(m.HTML)
	if found == nil {
		t.Fatalf("the mail has no link:\n%s", m.HTML)
	}
	url := html.UnescapeString(found[1])
	if !strings.Contains(m.Text, "\n"+url+"\n") {
		t.Errorf("the link %s is not in the plain text:\n%s", url, m.Text)
	}
	_, path, ok := strings.Cut(url, "/api/auth")
	if !ok {
		t.Fatalf("the link is %s", url)
	}
	return path
}

// TestFlow: somebody signs up and is verified by the link in a mail; they forget the password and set another by the link in
// another mail.
func TestFlow(t *testing.T) {
	s := mailserver.Start(t, false, &mailserver.Server{})
	auth := kerniatest.New(t, kernia.Config{Mailer: mailer(t, s, 0)}, emailpassword.Feature{}, emailverification.Feature{Required: true})
	page := kerniatest.NewBrowser(t, auth)
	ok := func(a kerniatest.Answer, status int) {
		t.Helper()
		if a.Status != status {
			t.Fatalf("the answer is %d %s, want %d", a.Status, a.Body, status)
		}
	}
	const signIn, old, young = "/sign-in/email", `{"email":"ann@example.com","password":"correct horse"}`, `{"email":"ann@example.com","password":"battery staple"}`
	ok(page.Post("/sign-up/email", `{"name":"<b>Zoë\r\nBcc: eve@example.com","email":"Ann@Example.com","password":"correct horse"}`), 200)
	m := s.Next(t)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if m.To != "ann@example.com" || subject != "Confirm your e-mail address for Bücher & Co" || err != nil || len(m.Header["Bcc"]) > 0 {
		t.Errorf("the mail is to %s, with the subject %q, %v, and the header %v", m.To, subject, err, m.Header)
	}
	if from, err := m.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Name != "Bücher & Co" || from[0].Address != "no-reply@example.com" {
		t.Errorf("From is %v, %v", from, err)
	}
	if strings.Contains(m.HTML, "<b>") || !strings.Contains(m.Text, "Hello,\n") {
		t.Errorf("the name of the user makes:\n%s\n%s", m.Text, m.HTML)
	}
	ok(page.Post(signIn, old), 403)
	ok(page.Get(link(t, m)), 302)
	ok(page.Post(signIn, old), 200)

	ok(page.Post("/request-password-reset", `{"email":"ann@example.com"}`), 200)
	m = s.Next(t)
	_, token, _ := strings.Cut(link(t, m), "/reset-password/")
	token, _, _ = strings.Cut(token, "?")
	ok(page.Post("/reset-password", `{"newPassword":"battery staple","token":"`+token+`"}`), 200)
	ok(page.Post(signIn, old), 401)
	ok(page.Post(signIn, young), 200)
	if all := s.All(); len(all) != 2 {
		t.Errorf("%d mails came, want 2", len(all))
	}
}
