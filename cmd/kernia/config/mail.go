package config

// Mail says how users are mailed to. Without it nothing is mailed, and what needs mail is an error.
type Mail struct {
	// A file that gets one JSON object a line for each mail, with `to`, `kind`, `subject`, `url`, `token`, `code` and
	// `time`, in place of a delivery: for development and tests.
	Outbox string `key:"outbox"`
	// A mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS).
	SMTP string `key:"smtp"`
	// The sender, as `Example <no-reply@example.com>`. Needed with `smtp`.
	From string `key:"from"`
}

func (m *Mail) on() bool { return m.Outbox != "" || m.SMTP != "" }

func (m *Mail) check(c *checker) {
	if m.Outbox != "" && m.SMTP != "" {
		c.wrong("outbox", "is there beside smtp: mail goes to one of them")
	}
	if m.SMTP != "" && m.From == "" {
		c.wrong("from", "is missing: it is the sender of the mail")
	}
}
