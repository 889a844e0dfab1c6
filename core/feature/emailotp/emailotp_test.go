package emailotp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailotp"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A desk is an Auth with a page and a mailbox.
type desk struct {
	*kerniatest.Browser
	t     *testing.T
	auth  *kernia.Auth
	store *counting
	clock *memory.Clock
	box   *memory.Mailer
}

func newDesk(t *testing.T, f emailotp.Feature) *desk {
	t.Helper()
	d := &desk{t: t, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), box: &memory.Mailer{}}
	d.store = &counting{Store: memory.New()}
	d.auth = kerniatest.New(t, kernia.Config{Clock: d.clock, Mailer: d.box, Store: d.store}, emailpassword.Feature{}, f)
	d.Browser = kerniatest.NewBrowser(t, d.auth)
	return d
}

// A counting store notes its calls.
type counting struct {
	ports.Store
	mu    sync.Mutex
	calls []string
	rows  []string // what was written of one-time values
}

func (s *counting) note(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (s *counting) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	s.note("find " + q.Model.Name)
	return s.Store.Find(ctx, q, args)
}

func (s *counting) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	s.note("create " + m.Name)
	if m.Name == "verification" {
		s.rows = append(s.rows, fmt.Sprint(r))
	}
	return s.Store.Create(ctx, m, r)
}

func (s *counting) Take(ctx context.Context, q *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	s.note("take " + q.Model.Name)
	return s.Store.Take(ctx, q, args)
}

func (s *counting) Delete(ctx context.Context, q *ports.Delete, args []ports.Value) (int64, error) {
	s.note("delete " + q.Model.Name)
	return s.Store.Delete(ctx, q, args)
}

// next returns the next mail, which must be a code for the purpose to the address.
func (d *desk) next(purpose, to string) string {
	d.t.Helper()
	m, err := d.box.Next(d.t.Context())
	if err != nil || m.Kind != ports.MailCode || m.Purpose != purpose || m.To != to {
		d.t.Fatalf("mailed %s for %s to %s, %v, want a code for %s to %s", m.Kind, m.Purpose, m.To, err, purpose, to)
	}
	return m.Code
}

// code has a code mailed to ann.
func (d *desk) code(purpose string) string {
	d.t.Helper()
	d.ok("/email-otp/send-verification-otp", `{"email":"ann@example.com","type":"`+purpose+`"}`)
	return d.next(purpose, "ann@example.com")
}

func (d *desk) ok(path, body string) kerniatest.Answer {
	d.t.Helper()
	a := d.Post(path, body)
	if a.Status != 200 {
		d.t.Fatalf("%s = %d %s", path, a.Status, a.Body)
	}
	return a
}

func (d *desk) refused(path, body, code string) {
	d.t.Helper()
	if a := d.Post(path, body); a.Status < 400 || a.Code() != code {
		d.t.Errorf("%s with %s = %d %s, want %s", path, body, a.Status, a.Body, code)
	}
}

func (d *desk) user(email string) *kernia.User {
	d.t.Helper()
	u, err := d.auth.Users.FindByEmail(d.t.Context(), email)
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

// of is ann's address and a code.
func of(code string) string { return `{"email":"ann@example.com","otp":"` + code + `"}` }

// wrong returns another code than the given one.
func wrong(code string) string {
	if code == "000000" {
		return "111111"
	}
	return "000000"
}

const signIn = "/sign-in/email-otp"

func TestSignsUpAndIn(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	code := d.code("sign-in")
	a := d.ok(signIn, `{"email":"Ann@Example.com","otp":"`+code+`","name":"Ann","image":"https://example.com/a.png"}`)
	u := d.user("ann@example.com")
	if len(code) != 6 || !d.SignedIn() || u.Name != "Ann" || !u.EmailVerified || u.Image == nil || a.Text("token") == "" {
		t.Fatalf("code %q, %s, user %+v", code, a.Body, u)
	}
	d.refused(signIn, of(code), "INVALID_OTP") // a second time
	d.ok(signIn, of(d.code("sign-in")))
	if again := d.user("ann@example.com"); again.ID != u.ID {
		t.Errorf("a second sign-in made %+v", again)
	}
}

func TestGoFunctions(t *testing.T) {
	d, ctx := newDesk(t, emailotp.Feature{ChangeEmail: emailotp.ChangeEmail{Enabled: true}}), t.Context()
	if err := emailotp.Send(ctx, d.auth, emailotp.SendInput{Email: "ann@example.com", Type: "sign-in"}); err != nil {
		t.Fatal(err)
	}
	code := d.next("sign-in", "ann@example.com")
	if err := emailotp.Check(ctx, d.auth, emailotp.CheckInput{Email: "ann@example.com", Type: "sign-in", OTP: code}); err != nil {
		t.Errorf("Check = %v", err)
	}
	out, err := emailotp.SignIn(ctx, d.auth, emailotp.SignInInput{Email: "ann@example.com", OTP: code})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emailotp.Verify(ctx, d.auth, emailotp.VerifyInput{Email: "ann@example.com", OTP: code}); !errors.Is(err, emailotp.ErrCode) {
		t.Errorf("Verify = %v", err)
	}
	if err := emailotp.RequestReset(ctx, d.auth, emailotp.RequestResetInput{Email: "ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	reset := emailotp.ResetInput{Email: "ann@example.com", OTP: d.next("forget-password", "ann@example.com"), Password: "password456"}
	if err := emailotp.Reset(ctx, d.auth, reset); err != nil {
		t.Errorf("Reset = %v", err)
	}
	if p, err := d.auth.Verify(ctx, out.Token); p != nil || err != nil {
		t.Errorf("after a reset the session is %v, %v", p, err)
	}
	in, err := emailpassword.SignIn(ctx, d.auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password456"})
	if err != nil {
		t.Fatal(err)
	}
	as := kernia.As(ctx, in.Token)
	if err := emailotp.RequestChange(as, d.auth, emailotp.RequestChangeInput{NewEmail: "eve@example.com"}); err != nil {
		t.Fatal(err)
	}
	change := emailotp.ChangeInput{NewEmail: "eve@example.com", OTP: d.next("change-email", "eve@example.com")}
	if err := emailotp.Change(as, d.auth, change); err != nil || d.user("eve@example.com") == nil {
		t.Errorf("Change = %v", err)
	}
}

func TestVerifies(t *testing.T) {
	d := newDesk(t, emailotp.Feature{SendOnSignUp: true, AutoSignIn: true})
	d.ok("/sign-up/email", ann)
	code := d.next("email-verification", "ann@example.com")
	other := kerniatest.NewBrowser(t, d.auth)
	if a := other.Post("/email-otp/verify-email", of(code)); a.Status != 200 || a.Text("token") == "" || !other.SignedIn() || !d.user("ann@example.com").EmailVerified {
		t.Errorf("verify-email = %d %s", a.Status, a.Body)
	}
	if a := other.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`); a.Status != 200 {
		t.Errorf("the password = %d %s", a.Status, a.Body)
	}
}

func TestVerifyCurrent(t *testing.T) {
	d := newDesk(t, emailotp.Feature{ChangeEmail: emailotp.ChangeEmail{Enabled: true, VerifyCurrent: true}})
	d.ok("/sign-up/email", ann)
	code := d.code("email-verification")
	const request = "/email-otp/request-email-change"
	d.refused(request, `{"newEmail":"eve@example.com","otp":"`+wrong(code)+`"}`, "INVALID_OTP")
	if a := d.Post(request, `{"newEmail":"eve@example.com"}`); a.Status != 400 {
		t.Errorf("without a code = %d %s", a.Status, a.Body)
	}
	d.ok(request, `{"newEmail":"eve@example.com","otp":"`+code+`"}`)
	next := d.next("change-email", "eve@example.com")
	d.refused("/email-otp/change-email", `{"newEmail":"eva@example.com","otp":"`+next+`"}`, "INVALID_OTP") // another address
	d.ok("/email-otp/change-email", `{"newEmail":"eve@example.com","otp":"`+next+`"}`)
	if u := d.user("eve@example.com"); u == nil || !u.EmailVerified || !d.SignedIn() {
		t.Errorf("the user is %+v", u)
	}
}

// TestE01_CodeCountsOnce: of many uses of one code at once, one signs in.
func TestE01_CodeCountsOnce(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	code := d.code("sign-in")
	var begun atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		r := d.Request("POST", signIn, of(code))
		wg.Go(func() {
			if a := d.auth.Serve(t.Context(), r); a.Status == 200 || len(a.Cookies) > 0 {
				begun.Add(1)
			}
		})
	}
	wg.Wait()
	if begun.Load() != 1 {
		t.Errorf("%d uses began a session, want one", begun.Load())
	}
}

// TestE07_CodesEnd: a code is worth nothing from the instant at which it ends.
func TestE07_CodesEnd(t *testing.T) {
	d := newDesk(t, emailotp.Feature{ExpiresIn: time.Minute})
	code := d.code("sign-in")
	d.clock.Advance(time.Minute - time.Millisecond)
	d.ok(signIn, of(code))
	code = d.code("sign-in")
	d.clock.Advance(time.Minute)
	d.refused(signIn, of(code), "OTP_EXPIRED")
	d.refused(signIn, of(code), "INVALID_OTP") // it is gone
}

// TestE06_OtherPurposes: a code for one purpose does nothing else, and stays valid.
func TestE06_OtherPurposes(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	d.ok("/sign-up/email", ann)
	for purpose, uses := range map[string][]string{
		"sign-in": {"/email-otp/verify-email", "/email-otp/reset-password"}, "email-verification": {signIn, "/email-otp/reset-password"},
		"forget-password": {signIn, "/email-otp/verify-email"},
	} {
		code := d.code(purpose)
		for _, path := range uses {
			d.refused(path, `{"email":"ann@example.com","otp":"`+code+`","password":"password456"}`, "INVALID_OTP")
		}
		d.ok("/email-otp/check-verification-otp", `{"email":"ann@example.com","type":"`+purpose+`","otp":"`+code+`"}`)
	}
}

// TestE08_ANewCodeEndsTheOlder: only the last code counts.
func TestE08_ANewCodeEndsTheOlder(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	older, code := d.code("sign-in"), d.code("sign-in")
	if older == code {
		t.Fatal("both codes are the same")
	}
	d.refused(signIn, of(older), "INVALID_OTP")
	d.ok(signIn, of(code))
}

// TestB06_GuessesOfOneCode: a code bears three wrong guesses, of whatever operation, and is then worth nothing.
func TestB06_GuessesOfOneCode(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	code := d.code("sign-in")
	d.refused(signIn, of(wrong(code)), "INVALID_OTP")
	d.refused("/email-otp/check-verification-otp", `{"email":"ann@example.com","type":"sign-in","otp":"`+wrong(code)+`"}`, "INVALID_OTP")
	d.refused(signIn, of(wrong(code)), "INVALID_OTP")
	if a := d.Post(signIn, of(code)); a.Status != 403 || a.Code() != "TOO_MANY_ATTEMPTS" {
		t.Errorf("the right code after three wrong ones = %d %s", a.Status, a.Body)
	}
	d.refused(signIn, of(code), "INVALID_OTP")
}

// TestB07_NewCodesDoNotResetGuesses: ten wrong guesses at codes of one address are too many, however many codes there
// were; codes for another purpose still count.
func TestB07_NewCodesDoNotResetGuesses(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	d.ok("/sign-up/email", ann)
	for range 10 {
		code := d.code("sign-in")
		d.refused(signIn, of(wrong(code)), "INVALID_OTP")
	}
	code := d.code("sign-in")
	if a := d.Post(signIn, of(code)); a.Status != 429 {
		t.Errorf("the eleventh guess = %d %s", a.Status, a.Body)
	}
	d.ok("/email-otp/reset-password", `{"email":"ann@example.com","otp":"`+d.code("forget-password")+`","password":"password456"}`)
	d.clock.Advance(15 * time.Minute)
	d.ok(signIn, of(d.code("sign-in")))
}

// TestC14_CodeOfAnUnverifiedUser: whoever signed up with somebody else's address keeps nothing once its owner signs in by
// a code or resets the password.
func TestC14_CodeOfAnUnverifiedUser(t *testing.T) {
	for purpose, path := range map[string]string{"sign-in": signIn, "forget-password": "/email-otp/reset-password"} {
		d := newDesk(t, emailotp.Feature{KeepSessions: true})
		d.ok("/sign-up/email", ann) // by somebody else
		code := d.code(purpose)
		owner := kerniatest.NewBrowser(t, d.auth)
		if a := owner.Post(path, `{"email":"ann@example.com","otp":"`+code+`","password":"password456"}`); a.Status != 200 {
			t.Fatalf("%s = %d %s", path, a.Status, a.Body)
		}
		if a := d.Get("/get-session"); a.Body != "null" || !d.user("ann@example.com").EmailVerified {
			t.Errorf("%s: the session that was there is %s", path, a.Body)
		}
		d.refused("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`, "INVALID_EMAIL_OR_PASSWORD")
	}
}

// TestF04_CodesTellNothing: whether somebody has an address shows in no answer and no work, of sending and of guessing.
func TestF04_CodesTellNothing(t *testing.T) {
	for _, f := range []emailotp.Feature{{}, {DisableSignUp: true}} {
		var seen []string
		for _, email := range []string{"ann@example.com", "eve@example.com"} {
			d := newDesk(t, f)
			d.ok("/sign-up/email", ann)
			d.Browser = kerniatest.NewBrowser(t, d.auth)
			var all []string
			step := func(path, body string) {
				d.store.calls = nil
				a := d.Post(path, strings.Replace(body, "WHO", email, 1))
				all = append(all, fmt.Sprint(path, a.Status, a.Body, a.Header, d.store.calls))
			}
			for _, purpose := range []string{"sign-in", "email-verification", "forget-password"} {
				step("/email-otp/send-verification-otp", `{"email":"WHO","type":"`+purpose+`"}`)
				for range 4 {
					step("/email-otp/check-verification-otp", `{"email":"WHO","type":"`+purpose+`","otp":"x"}`)
				}
			}
			step("/email-otp/request-password-reset", `{"email":"WHO"}`)
			step(signIn, `{"email":"WHO","otp":"x"}`)
			step("/email-otp/verify-email", `{"email":"WHO","otp":"x"}`)
			step("/email-otp/reset-password", `{"email":"WHO","otp":"x","password":"password456"}`)
			seen = append(seen, strings.Join(all, "\n"))
		}
		if seen[0] != seen[1] {
			t.Errorf("%+v: for a user\n%s\nfor nobody\n%s", f, seen[0], seen[1])
		}
	}
}

// TestD08_CodesAreSealed: whoever reads the database learns no code.
func TestD08_CodesAreSealed(t *testing.T) {
	d := newDesk(t, emailotp.Feature{})
	code := d.code("sign-in")
	rows := strings.Join(d.store.rows, "\n")
	if rows == "" || strings.Contains(rows, code) || strings.Contains(rows, "tries") {
		t.Errorf("the code %s is stored as %s", code, rows)
	}
}

func TestRefusesWeakCodes(t *testing.T) {
	for _, f := range []emailotp.Feature{{Digits: 4}, {Digits: 11}, {Attempts: 11}, {Attempts: -1}} {
		if _, err := kernia.New(kernia.Config{BaseURL: kerniatest.BaseURL, Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(), Mailer: &memory.Mailer{}}, f); err == nil {
			t.Errorf("New takes %+v", f)
		}
	}
}

func TestDisableSignUp(t *testing.T) {
	d := newDesk(t, emailotp.Feature{DisableSignUp: true})
	d.ok("/email-otp/send-verification-otp", `{"email":"eve@example.com","type":"sign-in"}`)
	d.ok("/sign-up/email", ann)
	code := d.code("sign-in") // and not the mail to eve
	if _, err := d.auth.Users.Delete(t.Context(), d.user("ann@example.com").ID); err != nil {
		t.Fatal(err)
	}
	d.refused(signIn, of(code), "INVALID_OTP")
	if d.user("ann@example.com") != nil {
		t.Error("the code made a user")
	}
}
