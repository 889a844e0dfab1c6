package cli

import (
	"fmt"

	kerniasmtp "github.com/kernia-go/kernia/adapters/mail/smtp"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtext"
	"github.com/kernia-go/kernia/ports/outbox"
)

// mailer returns what sends the mails of the settings, nil for nothing.
func (s *settings) mailer() (ports.Mailer, error) {
	texts, err := mailtext.New(mailtext.Options{App: s.AppName})
	if err != nil {
		return nil, err
	}
	switch {
	case s.Mail.SMTP != "":
		mailer, err := kerniasmtp.New(kerniasmtp.Options{URL: s.Mail.SMTP, From: s.Mail.From, Texts: texts})
		if err != nil {
			return nil, fmt.Errorf("mail.smtp: %w", err)
		}
		return mailer, nil
	case s.Mail.Outbox != "":
		mailer, err := outbox.Open(s.Mail.Outbox, outbox.Options{Texts: texts})
		if err != nil {
			return nil, fmt.Errorf("mail.outbox: %w", err)
		}
		return mailer, nil
	}
	return nil, nil //nolint:nilnil // nothing sends mail
}
