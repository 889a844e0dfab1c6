package kernia_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A failing mailer fails the first times, each time in its own way.
type failing struct {
	box   memory.Mailer
	fails []error
	tries atomic.Int32
}

func (f *failing) Send(ctx context.Context, m ports.Mail) error {
	n := int(f.tries.Add(1))
	if n <= len(f.fails) {
		if f.fails[n-1] == nil {
			panic("oh")
		}
		return f.fails[n-1]
	}
	return f.box.Send(ctx, m)
}

var letter = kernia.Mail{Kind: ports.MailReset, To: "ann@example.com", User: kernia.User{ID: "u1"}, Token: "tokenAsSecret", URL: "https://x/tokenAsSecret"}

// TestMailIsTriedOnceMore: a mail that fails is sent again after a pause; one that fails twice is reported, without what
// it holds.
func TestMailIsTriedOnceMore(t *testing.T) {
	down := errors.New("450 try again later")
	for _, test := range []struct {
		name  string
		fails []error
		sent  bool
		tries int32
	}{
		{"at once", nil, true, 1},
		{"at the second try", []error{down}, true, 2},
		{"after a panic", []error{nil}, true, 2},
		{"never", []error{down, down}, false, 2},
		{"a mail that no server takes is not tried again", []error{ports.ErrInvalid}, false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, events, mailer := &logbook{}, &memory.Events{}, &failing{fails: test.fails}
				auth := kerniatest.New(t, kernia.Config{Mailer: mailer, Events: events, Logger: slog.New(slog.NewTextHandler(log, nil))})
				auth.Mail(t.Context(), letter)
				if err := auth.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := len(mailer.box.All()); (n == 1) != test.sent || mailer.tries.Load() != test.tries {
					t.Errorf("%d sent in %d tries, want sent: %v in %d", n, mailer.tries.Load(), test.sent, test.tries)
				}
				reported := strings.Contains(log.String(), "mail not sent") && len(events.All()) == 1 &&
					events.All()[0].Type == "mail.failed" && events.All()[0].UserID == "u1"
				if reported == test.sent {
					t.Errorf("reported: %v; log %s, events %v", reported, log, events.All())
				}
				if strings.Contains(log.String(), "tokenAsSecret") || strings.Contains(log.String(), "ann@") {
					t.Errorf("the log has what the mail holds: %s", log)
				}
			})
		})
	}
}

// TestMailWaitsForTheCommit: nothing is mailed about what was rolled back.
func TestMailWaitsForTheCommit(t *testing.T) {
	box := &memory.Mailer{}
	auth := kerniatest.New(t, kernia.Config{Mailer: box})
	_ = auth.Tx(t.Context(), func(ctx context.Context) error {
		auth.Mail(ctx, kernia.Mail{To: "rolled@back.example"})
		return errors.New("no")
	})
	err := auth.Tx(t.Context(), func(ctx context.Context) error {
		auth.Mail(ctx, letter)
		if len(box.All()) > 0 {
			t.Error("a mail is sent before the commit")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := box.All(); len(all) != 1 || all[0].To != letter.To {
		t.Errorf("sent %v, want the one that was committed", all)
	}
}

// A stuck mailer sends nothing until the context ends.
type stuck struct{}

func (stuck) Send(ctx context.Context, _ ports.Mail) error { <-ctx.Done(); return ctx.Err() }

// TestMailIsBounded: a server that does not answer holds neither the caller nor ever more memory, and Close says what is
// left.
func TestMailIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logbook{}
		auth := kerniatest.New(t, kernia.Config{Mailer: stuck{}, Logger: slog.New(slog.NewTextHandler(log, nil))})
		for range 1200 {
			auth.Mail(t.Context(), letter)
		}
		if n := strings.Count(log.String(), "too many background tasks wait"); n < 100 {
			t.Errorf("%d mails were refused, want those that nothing can hold", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := auth.Close(ctx); err == nil || !strings.Contains(err.Error(), "left") {
			t.Errorf("Close = %v, want what is left", err)
		}
		if err := auth.Close(t.Context()); err != nil { // 30 s for each at most
			t.Errorf("Close = %v", err)
		}
	})
}

func TestMailKeepsItsSecrets(t *testing.T) {
	log := &logbook{}
	slog.New(slog.NewTextHandler(log, nil)).Info("mail", "mail", letter)
	if text := log.String(); strings.Contains(text, "tokenAsSecret") || !strings.Contains(text, "reset-password") {
		t.Errorf("logged as %s", text)
	}
}

// mailing mails its caller.
type mailing struct{}

func (mailing) Declare(d *kernia.Declaration) {
	d.Name("mailing")
	d.NeedsMailer()
	kernia.Post(d, "/mail", func(ctx context.Context, c *kernia.Call, _ struct{}) (kernia.Status, error) {
		c.Mail(ctx, letter)
		return kernia.Status{Status: true}, nil
	}, kernia.Unread())
}

func TestMailHasTheLanguageOfTheRequest(t *testing.T) {
	box := &memory.Mailer{}
	s := serve(t, kernia.Config{Mailer: box}, mailing{})
	for header, want := range map[string]string{
		"de-CH, de;q=0.9": "de-CH, de;q=0.9", "": "", "de\r\nX: y": "", strings.Repeat("d", 257): "",
	} {
		s.post("/mail", "", "Accept-Language", header)
		m, err := box.Next(t.Context())
		if err != nil || m.Language != want || m.Token != letter.Token {
			t.Errorf("Accept-Language %.20q: language %q, %v, want %q", header, m.Language, err, want)
		}
	}
}

func TestNeedsMailer(t *testing.T) {
	cfg := config()
	_, err := kernia.New(cfg, mailing{})
	wrong, ok := errors.AsType[*kernia.SettingError](err)
	if !ok || wrong.Setting != "Config.Mailer" || !strings.Contains(err.Error(), "feature mailing") {
		t.Errorf("without a Mailer New = %v, want an error that names the feature and Config.Mailer", err)
	}
}
