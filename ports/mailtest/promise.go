package mailtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func promises() []promise {
	return []promise{
		{"DeliversEachKind", deliversKinds},
		{"DeliversInAnyLanguage", deliversLanguages},
		{"DeliversOrRefusesOtherKinds", deliversOrRefuses},
		{"WritesWhatUsersTypedAsText_F10", writesText},
		{"RefusesBadAddresses_F10", refusesAddresses},
		{"ServesManyAtOnce", servesMany},
		{"HonoursItsContext", honoursContext},
		{"SaysWhatIsWrong", saysWrong},
		{"KeepsSecretsOutOfErrors", keepsSecrets},
	}
}

// secret begins what must be in no error.
const secret = "s3cret"

// kinds are those that every Mailer delivers.
var kinds = []ports.MailKind{
	ports.MailVerify, ports.MailReset, ports.MailChange, ports.MailDelete, ports.MailExisting, ports.MailLink, ports.MailCode,
}

// mail returns a mail of the kind to the address, with a secret that ends with mark.
func mail(kind ports.MailKind, to, mark string) ports.Mail {
	m := ports.Mail{Kind: kind, To: to, User: ports.User{ID: "u1", Name: "Ann", Email: to}, Lifetime: time.Hour}
	switch kind {
	case ports.MailExisting:
		return m
	case ports.MailCode:
		m.Code, m.Purpose = secret+"-"+mark, "sign-in"
		return m
	case ports.MailChange:
		m.NewEmail = "new@example.com"
	}
	m.Token = secret + "-" + mark
	m.URL = "https://example.com/auth/" + string(kind) + "?token=" + m.Token + "&callbackURL=%2F"
	return m
}

// arrived checks that exactly m has come, with its link or its token, and its code.
func (p *probe) arrived(what string, m ports.Mail, all []Delivery) {
	p.Helper()
	if len(all) != 1 || all[0].To != m.To {
		p.Errorf("%s: %d messages arrived, %s, want one to %s", what, len(all), addresses(all), m.To)
		return
	}
	text := all[0].Text
	if m.URL != "" && !strings.Contains(text, m.URL) && !strings.Contains(text, m.Token) || !strings.Contains(text, m.Code) || !strings.Contains(text, m.NewEmail) {
		p.Errorf("%s: the message lacks its link, code or new address:\n%s", what, text)
	}
}

func addresses(all []Delivery) string {
	var list []string
	for _, d := range all {
		list = append(list, d.To)
	}
	return fmt.Sprintf("to %q", list)
}

func deliversKinds(p *probe) {
	for _, kind := range kinds {
		box, m := p.open(), mail(kind, "ann.o'neil+tag@mail.example.com", "1")
		if err := p.send(box, m); err != nil {
			p.Errorf("Send of %s = %v", kind, err)
			continue
		}
		p.arrived(string(kind), m, p.delivered(box))
	}
	box, m := p.open(), mail(ports.MailVerify, "ann@example.com", "1")
	m.User = ports.User{}
	if err := p.send(box, m); err != nil {
		p.Fatalf("Send to somebody who is no user yet = %v", err)
	}
	p.arrived("somebody who is no user yet", m, p.delivered(box))
}

func deliversLanguages(p *probe) {
	for _, header := range []string{"de-CH,de;q=0.9,en;q=0.8", "*", "zz", ";q=,,-;q=x", strings.Repeat("x-", 128)} {
		box, m := p.open(), mail(ports.MailReset, "ann@example.com", "1")
		m.Language = header
		if err := p.send(box, m); err != nil {
			p.Errorf("Send in the language %q = %v", header, err)
			continue
		}
		p.arrived("the language "+header, m, p.delivered(box))
	}
}

func deliversOrRefuses(p *probe) {
	box, m := p.open(), mail("another-kind", "ann@example.com", "1")
	err := p.send(box, m)
	switch all := p.delivered(box); {
	case err == nil:
		p.arrived("another kind", m, all)
	case !errors.Is(err, ports.ErrInvalid) || len(all) > 0:
		p.Errorf("Send of a kind that it does not know = %v, and %d messages arrived, want ErrInvalid and none", err, len(all))
	}
}

// writesText sends what ends a header line, with another line and another recipient behind it.
func writesText(p *probe) {
	for _, end := range []string{"\r\n", "\n", "\r", "\r\n\r\n", "\r\n.\r\n"} {
		typed := "Ann" + end + "X-Injected: 1" + end + "Bcc: eve@example.com" + end
		for _, kind := range kinds {
			box, m := p.open(), mail(kind, "ann@example.com", "1")
			m.User.Name, m.User.Email, m.Language, m.Purpose = typed, typed, typed, typed
			if err := p.send(box, m); err != nil {
				p.Errorf("Send with the name %q = %v", typed, err)
				continue
			}
			all := p.delivered(box)
			p.arrived(fmt.Sprintf("the name %q", typed), m, all)
			for _, d := range all {
				for line := range strings.FieldsFuncSeq(d.Header, func(r rune) bool { return r == '\r' || r == '\n' }) {
					if strings.HasPrefix(line, "X-Injected") || strings.HasPrefix(line, "Bcc") {
						p.Errorf("the name %q makes the header line %q", typed, line)
					}
				}
			}
		}
	}
}

func refusesAddresses(p *probe) {
	box := p.open()
	for _, to := range []string{
		"", "ann", "@example.com", "ann@", "ann@example.com,eve@example.com", "ann@example.com;eve@example.com", "ann@example.com eve@example.com",
		"ann@example.com\r\nBcc: eve@example.com", "ann@example.com\nRCPT TO:<eve@example.com>", "\rann@example.com", "ann@example.com\r\n",
		"ann@example.com>\r\nDATA\r\n", "Ann <ann@example.com>", "<ann@example.com>", "ann@example.com (eve)", `"ann eve"@example.com`, "ann\x00@example.com",
		"ann@example.com@evil.example", "undisclosed:ann@example.com;", "ann@exämple.com", strings.Repeat("a", 250) + "@example.com",
	} {
		if err := p.send(box, mail(ports.MailReset, to, "1")); !errors.Is(err, ports.ErrInvalid) {
			p.Errorf("Send to %q = %v, want ErrInvalid", to, err)
		}
	}
	if all := p.delivered(box); len(all) > 0 {
		p.Errorf("%d messages arrived, %s, want none", len(all), addresses(all))
	}
}

func servesMany(p *probe) {
	box := p.open()
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			if err := p.send(box, mail(ports.MailLink, fmt.Sprintf("u%d@example.com", i), fmt.Sprintf("of-%d-", i))); err != nil {
				p.Errorf("Send = %v", err)
			}
		})
	}
	wait.Wait()
	of := map[string][]Delivery{}
	for _, d := range p.delivered(box) {
		of[d.To] = append(of[d.To], d)
	}
	for i := range 16 {
		m := mail(ports.MailLink, fmt.Sprintf("u%d@example.com", i), fmt.Sprintf("of-%d-", i))
		p.arrived("mail "+m.To, m, of[m.To])
		for _, d := range of[m.To] {
			if strings.Count(strings.ReplaceAll(d.Text, m.Token, ""), secret) > 0 {
				p.Errorf("%s got what belongs to somebody else:\n%s", m.To, d.Text)
			}
		}
	}
}

func honoursContext(p *probe) {
	box := p.open()
	ctx, cancel := context.WithCancel(p.Context())
	cancel()
	if err := box.Mailer.Send(ctx, mail(ports.MailReset, "ann@example.com", "1")); !errors.Is(err, context.Canceled) {
		p.Errorf("Send with a context that is done = %v, want context.Canceled", err)
	}
	if all := p.delivered(box); len(all) > 0 {
		p.Errorf("%d messages arrived, want none", len(all))
	}
}

// failures sends in every way that must fail, and passes the errors on.
func (p *probe) failures(f func(what string, err error)) {
	ctx, cancel := context.WithCancel(p.Context())
	cancel()
	m := mail(ports.MailReset, "ann@example.com", "1")
	m.User.Name = secret
	f("a context that is done", p.open().Mailer.Send(ctx, m))
	bad := m
	bad.To = secret
	f("a bad address", p.send(p.open(), bad))
	if p.broken == nil {
		return
	}
	broken := p.broken()
	for _, what := range slices.Sorted(maps.Keys(broken)) {
		for _, kind := range []ports.MailKind{ports.MailReset, ports.MailCode} {
			f(what, p.send(Box{Mailer: broken[what]}, mail(kind, "ann@example.com", "1")))
		}
	}
}

func saysWrong(p *probe) {
	p.failures(func(what string, err error) {
		known := []error{ports.ErrInvalid, ports.ErrUnavailable, context.Canceled, context.DeadlineExceeded}
		if !slices.ContainsFunc(known, func(want error) bool { return errors.Is(err, want) }) {
			p.Errorf("%s: Send = %v, want ErrInvalid, ErrUnavailable or the context's error", what, err)
		}
	})
}

func keepsSecrets(p *probe) {
	p.failures(func(what string, err error) {
		if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			p.Errorf("%s: the error is %q, want one without the secret", what, err)
		}
	})
}
