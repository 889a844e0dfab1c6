package twofactor_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/twofactor"
	"github.com/kernia-go/kernia/core/featuretest"
)

// stage is a featuretest.Stage with a user who has a password.
type stage struct {
	*featuretest.Stage
	userID string
	uri    string
	codes  []string
}

func (s *stage) post(path string, in map[string]any) map[string]any {
	s.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.Fatal(err)
	}
	got := s.Page.Post(path, string(body))
	if got.Status != 200 {
		s.Fatalf("%s = %d %s", path, got.Status, got.Body)
	}
	return got.JSON
}

// join signs the user up, by the page.
func join(fs *featuretest.Stage) *stage {
	s := &stage{Stage: fs}
	out := s.post("/sign-up/email", map[string]any{"name": "Ann", "email": address, "password": password})
	user, _ := out["user"].(map[string]any)
	s.userID, _ = user["id"].(string)
	return s
}

func (s *stage) app() app {
	return scan(s, s.uri, s.Clock)
}

// enrol gives the user an authenticator that works.
func enrol(fs *featuretest.Stage) *stage {
	s := join(fs)
	s.pend()
	s.post("/two-factor/verify-totp", map[string]any{"code": s.app().code()})
	s.Clock.Advance(30 * time.Second)
	return s
}

func (s *stage) pend() {
	out := s.post("/two-factor/enable", map[string]any{"password": password})
	s.uri, _ = out["totpURI"].(string)
	list, _ := out["backupCodes"].([]any)
	for _, code := range list {
		text, _ := code.(string)
		s.codes = append(s.codes, text)
	}
}

// asked signs the user out and in again, as far as the challenge.
func asked(fs *featuretest.Stage) *stage {
	s := enrol(fs)
	s.ask()
	return s
}

func (s *stage) ask() {
	clear(s.Page.Cookies())
	s.post("/sign-in/email", map[string]any{"email": address, "password": password})
}

func (s *stage) input(in map[string]any) {
	body, err := json.Marshal(in)
	if err != nil {
		s.Fatal(err)
	}
	s.Input = string(body)
}

// send has a code sent and waits for it.
func (s *stage) send(code *string) {
	s.post("/two-factor/send-otp", map[string]any{})
	select {
	case *code = <-sent:
	case <-time.After(time.Minute):
		s.Fatal("no code is sent")
	}
}

// fail gives n wrong backup codes.
func (s *stage) fail(n int) {
	for range n {
		s.Page.Post("/two-factor/verify-backup-code", `{"code":"nope"}`)
	}
}

// sent are the codes that were sent; whoever has one sent takes it.
var sent = make(chan string, 16)

func TestFeature(t *testing.T) {
	var code string
	feature := twofactor.Feature{OTP: twofactor.OTP{Send: func(_ context.Context, _ kernia.User, c string) error { sent <- c; return nil }}}
	unheard := twofactor.Feature{OTP: twofactor.OTP{Send: func(context.Context, kernia.User, string) error { return nil }}}
	const secret = `{"password":"` + password + `"}`
	joined := func(s *featuretest.Stage) { join(s) }
	enrolled := func(s *featuretest.Stage) { enrol(s) }
	challenged := func(s *featuretest.Stage) { asked(s) }
	guessed := func(fs *featuretest.Stage) {
		s := join(fs)
		for range 100 {
			if s.Page.Post("/two-factor/get-totp-uri", `{"password":"wrong"}`).Status == 429 {
				return
			}
		}
		s.Fatal("nobody stops guesses at a password")
	}
	wrong := func(op string) []featuretest.Sample {
		return []featuretest.Sample{
			{Operation: op, Input: `{"password":"wrong"}`, Given: joined, Want: twofactor.ErrPassword},
			{Operation: op, Input: `{"password":"` + strings.Repeat("x", 200) + `"}`, Given: joined, Want: kernia.ErrPasswordTooLong},
			{Operation: op, Input: secret, Given: guessed, Want: kernia.ErrTooManyAttempts},
		}
	}
	mailed := func(fs *featuretest.Stage) *stage {
		s := asked(fs)
		s.send(&code)
		return s
	}
	silent := twofactor.Feature{}
	without := twofactor.Feature{TOTP: twofactor.TOTP{Disabled: true}, OTP: feature.OTP}
	samples := []featuretest.Sample{
		{Operation: "POST /two-factor/enable", Input: `{"password":"` + password + `","method":"totp","issuer":"Acme"}`, Given: joined},
		{Operation: "POST /two-factor/enable", Input: `{"password":"` + password + `","method":"otp"}`, Given: joined},
		{Operation: "POST /two-factor/enable", Input: secret, Given: enrolled, Want: twofactor.ErrHasTOTP},
		{Operation: "POST /two-factor/disable", Input: secret, Given: enrolled},
		{Operation: "POST /two-factor/get-totp-uri", Input: secret, Given: enrolled},
		{Operation: "POST /two-factor/get-totp-uri", Input: secret, Given: joined, Want: twofactor.ErrNoTOTP},
		{Operation: "POST /two-factor/generate-backup-codes", Input: secret, Given: enrolled},
		{Operation: "POST /two-factor/generate-backup-codes", Input: secret, Given: joined, Want: twofactor.ErrNotEnabled},
		{Operation: "POST /two-factor/send-otp", Input: `{"trustDevice":true}`, Given: challenged, PageOnly: true, Feature: unheard},
		{Operation: "POST /two-factor/send-otp", Want: twofactor.ErrChallenge},
		{Operation: "POST /two-factor/send-otp", Want: twofactor.ErrNoSender, Feature: silent},
		{Operation: "POST /two-factor/enable", Input: `{"password":"` + password + `","method":"otp"}`, Given: joined, Want: twofactor.ErrNoSender, Feature: silent},
		{Operation: "POST /two-factor/enable", Input: secret, Given: joined, Want: twofactor.ErrTOTPOff, Feature: without},
		{Operation: "POST /two-factor/verify-totp", Input: `{"code":"x"}`, Given: joined, Want: twofactor.ErrNoTOTP},
		{Operation: "POST /two-factor/verify-otp", Given: func(fs *featuretest.Stage) {
			mailed(fs).input(map[string]any{"code": code, "trustDevice": true})
		}, PageOnly: true},
		{Operation: "POST /two-factor/verify-otp", Input: `{"code":"x"}`, Given: func(fs *featuretest.Stage) { mailed(fs) }, PageOnly: true, Want: twofactor.ErrCode},
		{Operation: "POST /two-factor/verify-otp", Input: `{"code":"x"}`, Given: challenged, PageOnly: true, Want: twofactor.ErrCodeExpired},
		{Operation: "two-factor/view-backup-codes", Given: func(fs *featuretest.Stage) {
			s := enrol(fs)
			s.input(map[string]any{"userId": s.userID})
		}},
		{Operation: "two-factor/view-backup-codes", Input: `{"userId":"nobody"}`, Want: twofactor.ErrNoBackupCode},
		{Operation: "POST /two-factor/verify-totp", Given: func(fs *featuretest.Stage) {
			s := asked(fs)
			s.input(map[string]any{"code": s.app().code(), "trustDevice": true})
		}, PageOnly: true},
		{Operation: "POST /two-factor/verify-totp", Input: `{"code":"x"}`, Given: challenged, PageOnly: true, Want: twofactor.ErrCode},
		{Operation: "POST /two-factor/verify-backup-code", Given: func(fs *featuretest.Stage) {
			s := asked(fs)
			s.input(map[string]any{"code": s.codes[0], "trustDevice": true, "disableSession": false})
		}, PageOnly: true},
		{Operation: "POST /two-factor/verify-backup-code", Input: `{"code":"x"}`, Given: challenged, PageOnly: true, Want: twofactor.ErrBackupCode},
	}
	verifying := map[string]*kernia.Error{"totp": twofactor.ErrCode, "otp": twofactor.ErrCode, "backup-code": twofactor.ErrBackupCode}
	for kind := range verifying {
		op := "POST /two-factor/verify-" + kind
		samples = append(samples,
			featuretest.Sample{Operation: op, Input: `{"code":"x"}`, Want: twofactor.ErrChallenge},
			featuretest.Sample{Operation: op, Input: `{"code":"x"}`, Given: func(fs *featuretest.Stage) { mailed(fs).fail(5) }, PageOnly: true, Want: twofactor.ErrTries},
			featuretest.Sample{Operation: op, Input: `{"code":"x"}`, Given: func(fs *featuretest.Stage) {
				s := mailed(fs)
				s.fail(5)
				s.ask()
				s.fail(5)
				s.ask()
				s.send(&code)
			}, PageOnly: true, Want: twofactor.ErrLocked},
		)
	}
	for _, op := range []string{"enable", "disable", "get-totp-uri", "generate-backup-codes"} {
		samples = append(samples, wrong("POST /two-factor/"+op)...)
	}
	featuretest.Run(t, feature, samples, featuretest.With(emailpassword.Feature{}))
}
