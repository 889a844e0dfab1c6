package twofactor_test

import (
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/twofactor"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestMailsCodes: with OTP.Mail the code of a sign-in goes to the user's address.
func TestMailsCodes(t *testing.T) {
	box := &memory.Mailer{}
	auth := kerniatest.New(t, kernia.Config{Mailer: box}, emailpassword.Feature{}, twofactor.Feature{OTP: twofactor.OTP{Mail: true}})
	b := kerniatest.NewBrowser(t, auth)
	b.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
	if a := b.Post("/two-factor/enable", `{"password":"password123","method":"otp"}`); a.Status != 200 {
		t.Fatalf("enable = %d %s", a.Status, a.Body)
	}
	b.Post("/sign-out", "{}")
	b.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
	if b.SignedIn() {
		t.Fatal("a password alone signs in")
	}
	if a := b.Post("/two-factor/send-otp", "{}"); a.Status != 200 {
		t.Fatalf("send-otp = %d %s", a.Status, a.Body)
	}
	m, err := box.Next(t.Context())
	if err != nil || m.Kind != ports.MailCode || m.Purpose != "two-factor" || m.To != "ann@example.com" || len(m.Code) != 6 || m.Lifetime != 3*time.Minute {
		t.Fatalf("mailed %#v for %s to %s, %v", m, m.Purpose, m.To, err)
	}
	if a := b.Post("/two-factor/verify-otp", `{"code":"`+m.Code+`"}`); a.Status != 200 || !b.SignedIn() {
		t.Errorf("verify-otp = %d %s", a.Status, a.Body)
	}
	if _, err := kernia.New(kernia.Config{BaseURL: kerniatest.BaseURL, Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New()},
		twofactor.Feature{OTP: twofactor.OTP{Mail: true}}); err == nil {
		t.Error("New takes codes by mail without a Mailer")
	}
}
