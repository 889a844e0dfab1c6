package client_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/kernia-go/kernia/e2e/internal/mailserver"
)

var link = regexp.MustCompile(`https?://\S+`)

// TestMailbox runs every flow that goes through a mailbox in Chromium, with a real SMTP server.
func TestMailbox(t *testing.T) {
	chromium, dir, app := chromium(t), stage(t, scripts), stage(t, vite)
	mail := mailserver.Start(t, false, &mailserver.Server{Open: true})
	addr, api := place(t)
	page := pages(t, buildMailbox(t, dir, app, api))
	s := configure(t, addr, api, config{
		"http": "chi", "store": sqlite.config(t), "trustedOrigins": []string{page},
		"mail":              config{"smtp": mail.URL, "from": "Kernia <no-reply@example.com>"},
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
		m := mail.Next(t)
		return map[string]string{"to": m.To, "link": link.FindString(m.Text)}
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
