package twofactor_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/twofactor"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestAdoptsARow: a row that Better Auth 1.7.25 wrote works as it is, and what we write into it has the same form.
func TestAdoptsARow(t *testing.T) {
	text, err := os.ReadFile("testdata/row.json")
	if err != nil {
		t.Fatal(err)
	}
	var row struct{ Key, Secret, BackupCodes, Code, BackupCode string }
	if err := json.Unmarshal(text, &row); err != nil {
		t.Fatal(err)
	}
	store := &rows{Store: memory.New(), models: map[string]*ports.Model{}}
	clock := memory.NewClock(time.Date(2026, 11, 22, 9, 17, 58, 0, time.UTC))
	auth := kerniatest.New(t, kernia.Config{Store: store, Clock: clock, Secret: row.Key, Logger: slog.New(slog.DiscardHandler)},
		emailpassword.Feature{}, twofactor.Feature{})
	out, err := emailpassword.SignUp(t.Context(), auth, emailpassword.SignUpInput{Name: "Ann", Email: address, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	var on kernia.Patch
	twofactor.Enabled.Set(&on, true)
	if _, err := auth.Users.Update(t.Context(), out.User.ID, on); err != nil {
		t.Fatal(err)
	}
	values := map[string]ports.Value{
		"id": ports.String("wikR0LQqVrXLNjSbAipruW6Pg2No8KD1"), "secret": ports.String(row.Secret),
		"backupCodes": ports.String(row.BackupCodes), "userId": ports.String(out.User.ID),
	} // the others are null, as in a database that is older than their columns
	m := store.models["twoFactor"]
	r := make(ports.Record, len(m.Fields))
	for i, f := range m.Fields {
		r[i] = values[f.Name]
	}
	if _, err := store.Create(t.Context(), m, r); err != nil {
		t.Fatal(err)
	}
	challenge := func() string {
		t.Helper()
		_, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: address, Password: password})
		d, ok := errors.AsType[*kernia.Diversion](err)
		if !ok {
			t.Fatalf("SignIn = %v, want a Diversion", err)
		}
		return d.Answer.(twofactor.Answer).Challenge
	}
	if _, err := twofactor.VerifyTOTP(t.Context(), auth, twofactor.VerifyInput{Code: row.Code, Challenge: challenge()}); err != nil {
		t.Errorf("VerifyTOTP = %v", err)
	}
	if _, err := twofactor.VerifyBackupCode(t.Context(), auth, twofactor.BackupCodeInput{Code: row.BackupCode, Challenge: challenge()}); err != nil {
		t.Errorf("VerifyBackupCode = %v", err)
	}
	if left, err := twofactor.ViewBackupCodes(t.Context(), auth, out.User.ID); len(left) != 9 || err != nil {
		t.Errorf("%d backup codes are left, %v", len(left), err)
	}
}
