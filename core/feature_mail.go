package kernia

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// mailPause is how long a mail that was not sent waits for its second try.
const mailPause = 5 * time.Second

// maxLanguage bounds what is kept of an Accept-Language header, in bytes.
const maxLanguage = 256

// NeedsMailer makes New fail unless Config.Mailer is set.
func (d *Declaration) NeedsMailer() {
	if d.auth.config.Mailer == nil {
		d.fail(badSetting("Mailer", "is missing and the feature needs it; the package kerniasmtp makes one"))
	}
}

// SendsMail reports whether Config.Mailer is set.
func (a *Auth) SendsMail() bool { return a.config.Mailer != nil }

// Mail sends m by Config.Mailer behind the answer: it waits for the commit of a transaction, and is dropped after a
// rollback. A mail that could not be sent is tried once more. If that fails too, or if too many mails wait, the failure
// is logged, and there is an event "mail.failed" with the user's id. [Auth.Close] waits for what is queued. Without a
// Mailer, Mail does nothing.
func (a *Auth) Mail(ctx context.Context, m ports.Mail) {
	if a.config.Mailer == nil {
		return
	}
	a.behind(ctx, func(ctx context.Context) error { return a.send(ctx, m) }, func(err error) {
		a.config.Logger.Error("mail not sent", "kind", string(m.Kind), "user_id", m.User.ID, "error", err)
		a.trail.add(context.Background(), Event{Type: "mail.failed", UserID: m.User.ID})
	})
}

func (a *Auth) send(ctx context.Context, m ports.Mail) error {
	try := func() error { return guarded(func() error { return a.config.Mailer.Send(ctx, m) }) }
	err := try()
	if err == nil || errors.Is(err, ports.ErrInvalid) {
		return err
	}
	select {
	case <-time.After(mailPause):
		return try()
	case <-ctx.Done():
		return err
	}
}

// Mail is [Auth.Mail], with the language that the caller's browser asks for. During [Call.PretendVerification] it does
// nothing.
func (c *Call) Mail(ctx context.Context, m ports.Mail) {
	if c.silent {
		return
	}
	if m.Language == "" {
		m.Language = c.language()
	}
	c.auth.Mail(ctx, m)
}

func (c *Call) language() string {
	l := c.Header("Accept-Language")
	if len(l) > maxLanguage || strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return l
}
