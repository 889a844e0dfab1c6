package kerniasmtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	kerniasmtp "github.com/kernia-go/kernia/adapters/mail/smtp"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtest"
)

const from = "Zoë's Example <no-reply@example.com>"

func open(t *testing.T, o kerniasmtp.Options) *kerniasmtp.Mailer {
	t.Helper()
	if o.From == "" {
		o.From = from
	}
	m, err := kerniasmtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// plain returns a Mailer to the fake without TLS.
func plain(t *testing.T, f *fake, timeout time.Duration) *kerniasmtp.Mailer {
	t.Helper()
	return open(t, kerniasmtp.Options{URL: "smtp://" + f.address + "?tls=none", Timeout: timeout})
}

func reset() ports.Mail {
	return ports.Mail{
		Kind: ports.MailReset, To: "ann@example.com", User: ports.User{Name: "Ann"}, URL: "https://example.com/s3cret?a=1&b=2", Token: "s3cret", Lifetime: time.Hour,
	}
}

func TestMailer(t *testing.T) {
	mailtest.Run(t, mailtest.Options{
		Open: func(t *testing.T) mailtest.Box {
			f := start(t, &fake{})
			return mailtest.Box{Mailer: plain(t, f, 0), Delivered: func() ([]mailtest.Delivery, error) { return deliveries(f) }}
		},
		Broken: func(t *testing.T) map[string]ports.Mailer {
			all := map[string]ports.Mailer{}
			for verb, replies := range map[string][]string{
				"": {"554 s3cret", "drop", "s3cret"}, "EHLO": {"drop"}, "MAIL": {"550 5.7.1 s3cret", "451 s3cret"},
				"RCPT": {"550 5.1.1 <ann@example.com> s3cret", "450 4.2.0 s3cret", "drop"}, "DATA": {"554 5.6.0 s3cret", "s3cret", "drop"},
				".": {"554 5.7.1 your link s3cret is on a list", "452 s3cret", "s3cret", "drop"},
			} {
				for _, reply := range replies {
					all[verb+" "+reply] = plain(t, start(t, &fake{replies: map[string]string{verb: reply}}), 0)
				}
			}
			all["hangs"] = plain(t, start(t, &fake{replies: map[string]string{"RCPT": "hang"}}), 100*time.Millisecond)
			gone := &fake{address: "127.0.0.1:1"}
			all["no server"] = plain(t, gone, 0)
			return all
		},
	})
}

// deliveries decodes what the fake took.
func deliveries(f *fake) ([]mailtest.Delivery, error) {
	var all []mailtest.Delivery
	for _, m := range f.taken() {
		header, _, _ := strings.Cut(m.data, "\r\n\r\n")
		parts, err := parts(m.data)
		if err != nil {
			return nil, err
		}
		all = append(all, mailtest.Delivery{To: m.to, Header: header, Text: parts["text/plain"]})
	}
	return all, nil
}

// parts returns the decoded parts of a message by their types.
func parts(data string) (map[string]string, error) {
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		return nil, err
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	reader := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return nil, err
		}
		found[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

func TestMessage(t *testing.T) {
	f := start(t, &fake{})
	if err := plain(t, f, 0).Send(t.Context(), reset()); err != nil {
		t.Fatal(err)
	}
	taken := f.taken()
	if len(taken) != 1 || taken[0].from != "FROM:<no-reply@example.com> BODY=8BITMIME" || taken[0].to != "ann@example.com" {
		t.Fatalf("the server took %+v", taken)
	}
	m, err := mail.ReadMessage(strings.NewReader(taken[0].data))
	if err != nil {
		t.Fatal(err)
	}
	sender, err := mail.ParseAddress(m.Header.Get("From"))
	if err != nil || sender.Name != "Zoë's Example" || sender.Address != "no-reply@example.com" {
		t.Errorf("From is %v, %v", sender, err)
	}
	for name, want := range map[string]string{
		"To": "<ann@example.com>", "Subject": "Reset your password", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if id := m.Header.Get("Message-Id"); !strings.HasSuffix(id, "@example.com>") || len(id) < 30 {
		t.Errorf("Message-Id is %q", id)
	}
	if _, err := m.Header.Date(); err != nil {
		t.Errorf("Date is %v", err)
	}
	if kind := m.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("Content-Type is %q", kind)
	}
	both, err := parts(taken[0].data)
	if err != nil || len(both) != 2 || !strings.Contains(both["text/plain"], "\nhttps://example.com/s3cret?a=1&b=2\n") || !strings.Contains(both["text/html"], `href="https://example.com/s3cret?a=1&amp;b=2"`) {
		t.Errorf("the parts are %q, %v", both, err)
	}
	if got, want := f.said(), "EHLO MAIL RCPT DATA QUIT"; got != want {
		t.Errorf("the commands are %s, want %s", got, want)
	}
}

// TestTLS: nothing, a password least of all, goes over a connection that is not encrypted by the right server.
func TestTLS(t *testing.T) {
	config, roots := certificate(t)
	_, others := certificate(t)
	trusting := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	for _, c := range []struct {
		name, scheme string
		fake         *fake
		tls          *tls.Config
		want         string // of the error; "" for none
	}{
		{"STARTTLS", "smtp", &fake{starting: config, auth: "LOGIN PLAIN"}, trusting, ""},
		{"TLS from the start", "smtps", &fake{greeting: config, auth: "PLAIN"}, trusting, ""},
		{"no STARTTLS", "smtp", &fake{auth: "PLAIN"}, trusting, "offers no STARTTLS"},
		{"STARTTLS is refused", "smtp", &fake{starting: config, replies: map[string]string{"STARTTLS": "454 4.7.0 not now"}}, trusting, "454 4.7.0"},
		{"an unknown certificate", "smtp", &fake{starting: config, auth: "PLAIN"}, &tls.Config{RootCAs: others, MinVersion: tls.VersionTLS12}, "certificate"},
		{"an unknown certificate from the start", "smtps", &fake{greeting: config, auth: "PLAIN"}, nil, "certificate"},
		{"another server's certificate", "smtp", &fake{starting: config}, &tls.Config{RootCAs: roots, ServerName: "mail.example.com", MinVersion: tls.VersionTLS12}, "mail.example.com"},
		{"no TLS at the port", "smtps", &fake{}, trusting, "does not speak TLS"},
		{"no AUTH", "smtp", &fake{starting: config}, trusting, "no way to sign in"},
		{"an unknown AUTH", "smtp", &fake{starting: config, auth: "XSECRET"}, trusting, "no way to sign in"},
		{"a wrong password", "smtp", &fake{starting: config, auth: "PLAIN", replies: map[string]string{"AUTH": "535 5.7.8 no s3cret"}}, trusting, "for good (535 5.7.8)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, c.fake)
			err := open(t, kerniasmtp.Options{URL: c.scheme + "://ann:s3cret@" + f.address, TLS: c.tls}).Send(t.Context(), reset())
			taken := f.taken()
			if c.want == "" {
				if err != nil || len(taken) != 1 || !taken[0].encrypted {
					t.Errorf("Send = %v, the server took %+v", err, taken)
				}
				return
			}
			if !errors.Is(err, ports.ErrUnavailable) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") || len(taken) > 0 {
				t.Errorf("Send = %v, and %d messages, want ErrUnavailable that says %q", err, len(taken), c.want)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if encrypted := slices.Contains(f.heard, "STARTTLS"); !encrypted && c.scheme == "smtp" && strings.Contains(strings.Join(f.heard, " "), "AUTH") {
				t.Errorf("the password went over a connection without TLS: %q", f.heard)
			}
		})
	}
}

// TestRefusals: what is wrong with this mail is ErrInvalid, and what another try may change is ErrUnavailable.
func TestRefusals(t *testing.T) {
	for verb, replies := range map[string]map[string]error{
		"":     {"421 4.3.2 busy": ports.ErrUnavailable, "554 5.7.1 go away": ports.ErrUnavailable},
		"EHLO": {"550 5.5.0 no": ports.ErrUnavailable},
		"MAIL": {"550 5.7.1 not yours": ports.ErrUnavailable, "451 4.3.0 later": ports.ErrUnavailable},
		"RCPT": {"550 5.1.1 nobody": ports.ErrInvalid, "450 4.2.0 greylisted": ports.ErrUnavailable, "553 no": ports.ErrInvalid},
		"DATA": {"554 5.6.0 no": ports.ErrInvalid, "451 4.3.0 later": ports.ErrUnavailable},
		".":    {"554 5.7.1 spam": ports.ErrInvalid, "452 4.3.1 full": ports.ErrUnavailable},
	} {
		for reply, want := range replies {
			replies := map[string]string{verb: reply}
			if verb == "EHLO" {
				replies["HELO"] = reply
			}
			err := plain(t, start(t, &fake{replies: replies}), 0).Send(t.Context(), reset())
			code, how := reply[:3], "for now"
			if strings.HasPrefix(reply, "5") {
				how = "for good"
			}
			if fields := strings.Fields(reply); strings.Contains(fields[1], ".") {
				code += " " + fields[1]
			}
			if !errors.Is(err, want) || !strings.Contains(err.Error(), how+" ("+code+")") {
				t.Errorf("%s to %q: Send = %v, want %v and %s (%s)", reply, verb, err, want, how, code)
			}
		}
	}
}

func TestHangs(t *testing.T) {
	for _, verb := range []string{"", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		f := start(t, &fake{replies: map[string]string{verb: "hang"}})
		if err := plain(t, f, 50*time.Millisecond).Send(t.Context(), reset()); !errors.Is(err, ports.ErrUnavailable) || !strings.Contains(err.Error(), "no answer within 50ms") {
			t.Errorf("a server that hangs at %q: Send = %v, want ErrUnavailable that says so", verb, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if err := plain(t, f, time.Hour).Send(ctx, reset()); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who gives up at %q: Send = %v, want context.Canceled", verb, err)
		}
		late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := plain(t, f, time.Hour).Send(late, reset()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller whose time is over at %q: Send = %v, want context.DeadlineExceeded", verb, err)
		}
		cancel()
	}
	config, _ := certificate(t)
	f := start(t, &fake{replies: map[string]string{"STARTTLS": "hang"}, starting: config})
	if err := open(t, kerniasmtp.Options{URL: "smtp://" + f.address, Timeout: 50 * time.Millisecond}).Send(t.Context(), reset()); !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("a server that hangs at STARTTLS: Send = %v, want ErrUnavailable", err)
	}
}

// TestFarewells: once the server has the message, nothing that it does can make it be sent again.
func TestFarewells(t *testing.T) {
	for _, reply := range []string{"hang", "drop", "421 4.3.2 bye", "nonsense"} {
		f := start(t, &fake{replies: map[string]string{"QUIT": reply}})
		if err := plain(t, f, time.Hour).Send(t.Context(), reset()); err != nil || len(f.taken()) != 1 {
			t.Errorf("%s at the end: Send = %v, the server took %d messages", reply, err, len(f.taken()))
		}
	}
}

// TestClosesConnections: whatever happens, no connection stays open.
func TestClosesConnections(t *testing.T) {
	config, _ := certificate(t)
	for what, f := range map[string]*fake{
		"taken": {}, "refused": {replies: map[string]string{"RCPT": "550 no"}}, "no STARTTLS": {}, "a certificate": {starting: config},
		"a greeting": {replies: map[string]string{"": "nonsense"}},
	} {
		start(t, f)
		url := "smtp://" + f.address
		if what == "taken" || what == "refused" {
			url += "?tls=none"
		}
		_ = open(t, kerniasmtp.Options{URL: url}).Send(t.Context(), reset())
		closed := make(chan struct{})
		go func() {
			f.talks.Wait()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: a connection stays open", what)
		}
	}
}

func TestOptions(t *testing.T) {
	for what, o := range map[string]kerniasmtp.Options{
		"no URL":              {From: from},
		"no scheme":           {From: from, URL: "mail.example.com:587"},
		"another scheme":      {From: from, URL: "http://s3cret@mail.example.com"},
		"no host":             {From: from, URL: "smtp://:587"},
		"a path":              {From: from, URL: "smtp://mail.example.com/s3cret"},
		"a fragment":          {From: from, URL: "smtp://mail.example.com/#s3cret"},
		"not a URL":           {From: from, URL: "smtp://ann:s3%cret@mail.example.com"},
		"an unknown setting":  {From: from, URL: "smtp://mail.example.com?verify=s3cret"},
		"tls=none with smtps": {From: from, URL: "smtps://mail.example.com?tls=none"},
		"a password in plain": {From: from, URL: "smtp://ann:s3cret@mail.example.com?tls=none"},
		"a user alone":        {From: from, URL: "smtp://s3cret@mail.example.com"},
		"a password alone":    {From: from, URL: "smtp://:s3cret@mail.example.com"},
		"no From":             {URL: "smtp://mail.example.com"},
		"two in From":         {URL: "smtp://mail.example.com", From: "a@example.com, b@example.com"},
		"lines in From":       {URL: "smtp://mail.example.com", From: "a\r\nBcc: b@example.com <a@example.com>"},
		"lines in the name":   {URL: "smtp://mail.example.com", From: "=?utf-8?q?a=0D=0ABcc:_eve@example.com?= <a@example.com>"},
		"lines in Hello":      {URL: "smtp://mail.example.com", From: from, Hello: "a\r\nMAIL"},
	} {
		m, err := kerniasmtp.New(o)
		if m != nil || !errors.Is(err, ports.ErrInvalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: New = %v, want ErrInvalid without the URL", what, err)
		}
	}
	for _, url := range []string{"smtp://mail.example.com", "smtps://ann:p%40ss@[::1]", "smtp://localhost:1025/?tls=none", "smtp://127.0.0.1:2525?tls=none"} {
		if _, err := kerniasmtp.New(kerniasmtp.Options{URL: url, From: "a@example.com"}); err != nil {
			t.Errorf("%s: New = %v", url, err)
		}
	}
}

// BenchmarkSend measures a connection for each mail, with TLS and a password.
func BenchmarkSend(b *testing.B) {
	config, roots := certificate(b)
	f := start(b, &fake{starting: config, auth: "PLAIN"})
	m, err := kerniasmtp.New(kerniasmtp.Options{URL: "smtp://ann:s3cret@" + f.address, From: from, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := m.Send(b.Context(), reset()); err != nil {
			b.Fatal(err)
		}
	}
}
