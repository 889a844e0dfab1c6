package kernia_test

import (
	"slices"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/deleteuser"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestOperationsAreRecorded: each operation that changes an account leaves events about its user in the audit trail.
func TestOperationsAreRecorded(t *testing.T) {
	for _, test := range []struct{ name, path, body, want string }{
		{"sign-up", "", "", "user.created session.created"},
		{"sign-in", "/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "session.created"},
		{"a wrong password", "/sign-in/email", `{"email":"ann@example.com","password":"wrong-password"}`, "sign-in.failed"},
		{"sign-out", "/sign-out", `{}`, "session.revoked"},
		{"sign-out everywhere", "/revoke-sessions", `{}`, "session.revoked"},
		{"a new name", "/update-user", `{"name":"Eve"}`, "user.updated"},
		{"a new password", "/change-password", `{"currentPassword":"password123","newPassword":"password456"}`, "account.updated password.changed"},
		{"a reset", "/request-password-reset", `{"email":"ann@example.com"}`, "account.created password.changed session.revoked"},
		{"a verification", "/send-verification-email", `{"email":"ann@example.com"}`, "email.verified"},
		{"a new address", "/change-email", `{"newEmail":"eve@example.com"}`, "email.changed"},
		{"deletion", "/delete-user", `{"password":"password123"}`, "user.deleted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink, box := &memory.Events{}, &memory.Mailer{}
			auth := kerniatest.New(t, kernia.Config{Events: sink, Mailer: box, Hasher: &memory.Hasher{}},
				emailpassword.Feature{}, deleteuser.Feature{},
				emailverification.Feature{ChangeEmail: emailverification.ChangeEmail{Enabled: true}})
			page := kerniatest.NewBrowser(t, auth)
			if a := page.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`); a.Status != 200 {
				t.Fatal(a.Status, a.Body)
			}
			if test.path != "" {
				page.Post(test.path, test.body)
			}
			switch test.path {
			case "/request-password-reset", "/send-verification-email", "/change-email":
				m, err := box.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if test.path == "/request-password-reset" {
					page.Post("/reset-password", `{"newPassword":"password456","token":"`+m.Token+`"}`)
				} else {
					page.Get("/verify-email?token=" + m.Token)
				}
			}
			if err := auth.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			var types []string
			for _, e := range sink.All() {
				types = append(types, e.Type)
				if e.UserID == "" && test.path != "/sign-out" { // which knows the token alone
					t.Errorf("%s is about nobody", e.Type)
				}
			}
			if test.path != "" {
				types = types[min(2, len(types)):] // of the sign-up
			}
			for want := range strings.FieldsSeq(test.want) {
				if !slices.Contains(types, want) {
					t.Errorf("events %v, want %s among them", types, want)
				}
			}
		})
	}
}
