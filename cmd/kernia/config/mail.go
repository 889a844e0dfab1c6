package config

import "net/mail"

// devOutbox is where development mode puts the mails that nothing sends.
const devOutbox = "kernia-outbox.jsonl"

// Mail says how users are mailed to. Without it nothing is mailed, and what needs mail is an error.
type Mail struct {
	// A file that gets one JSON object a line for each mail, with `to`, `kind`, `subject`, `url`, `token`, `code`,
	// `newEmail` and `time`, in place of a delivery: for development and tests. Whoever reads it can sign in as anybody.
	Outbox string `key:"outbox" unset:"kernia-outbox.jsonl in development mode without smtp"`
	// A mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS), or `smtp://localhost:1025?tls=none`
	// for one on the same machine.
	SMTP string `key:"smtp"`
	// The sender, as `Example <no-reply@example.com>`. Needed with `smtp`.
	From string `key:"from"`
}

func (m *Mail) on() bool { return m.Outbox != "" || m.SMTP != "" }

func (m *Mail) check(c *checker) {
	if m.Outbox != "" && m.SMTP != "" {
		c.wrong("outbox", "is there beside smtp: mail goes to one of them")
	}
	if m.SMTP == "" {
		return
	}
	if _, err := mail.ParseAddress(m.From); m.From == "" {
		c.wrong("from", "is missing: it is the sender of the mail")
	} else if err != nil {
		c.wrong("from", "want one address, as Example <no-reply@example.com>")
	}
}
