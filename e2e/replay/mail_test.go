package replay_test

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// kinds are our names of the recorded mails that have others.
var kinds = map[string]ports.MailKind{
	"change-email-confirmation": ports.MailChange, "delete": ports.MailDelete, "magic": ports.MailLink, "otp": ports.MailCode,
}

// readMail compares a recorded mail with ours, and learns its token or code. Mails that were sent and not recorded are skipped.
func (w *world) readMail(e *exchange) {
	w.t.Helper()
	var recorded struct{ Kind, To, Email, URL, Token, OTP, Type, NewEmail string }
	if json.Unmarshal(e.Data, &recorded) != nil || recorded.Kind == "" {
		return // another note
	}
	kind := ports.MailKind(recorded.Kind)
	if ours, ok := kinds[recorded.Kind]; ok {
		kind = ours
	}
	m := w.nextMail(kind, cmp.Or(recorded.To, recorded.Email))
	if kind == ports.MailCode {
		w.tokens[recorded.OTP] = m.Code
		if m.Purpose != recorded.Type {
			w.t.Errorf("%s: the code is for %q, want %q", e.Name, m.Purpose, recorded.Type)
		}
		return
	}
	w.tokens[recorded.Token] = m.Token
	if want := strings.ReplaceAll(recorded.URL, recorded.Token, m.Token); m.URL != want {
		w.t.Errorf("%s: the link is %q, want %q", e.Name, m.URL, want)
	}
	if m.NewEmail != recorded.NewEmail && kind == ports.MailChange {
		w.t.Errorf("%s: the new address is %q, want %q", e.Name, m.NewEmail, recorded.NewEmail)
	}
}

// nextMail waits for a mail of the kind to the address. Others, which the recorder did not keep, are skipped.
func (w *world) nextMail(kind ports.MailKind, to string) ports.Mail {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for {
		m, err := w.box.Next(ctx)
		if err != nil {
			w.t.Fatalf("no mail %q to %s was sent", kind, to)
		}
		if m.Kind == kind && m.To == to {
			return m
		}
	}
}
