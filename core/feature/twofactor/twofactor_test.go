package twofactor_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/twofactor"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

const (
	address  = "ann@example.com"
	password = "correct horse"
)

// A world is an Auth whose one user has a password.
type world struct {
	*testing.T
	auth  *kernia.Auth
	clock *memory.Clock
	store *rows
	user  kernia.User
	as    context.Context // the user's
	token string
	mail  chan string // codes that were sent
}

// build returns a world; f without a sender sends none.
func build(t *testing.T, f twofactor.Feature, more ...kernia.Feature) *world {
	t.Helper()
	w := &world{
		T: t, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), mail: make(chan string, 64),
		store: &rows{Store: memory.New(), models: map[string]*ports.Model{}},
	}
	w.auth = kerniatest.New(t, kernia.Config{Clock: w.clock, Store: w.store, Logger: slog.New(slog.DiscardHandler)},
		append([]kernia.Feature{emailpassword.Feature{}, bearer.Feature{}, f}, more...)...)
	out, err := emailpassword.SignUp(t.Context(), w.auth, emailpassword.SignUpInput{Name: "Ann", Email: address, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	w.user, w.token = out.User, *out.Token
	w.as = kernia.As(t.Context(), w.token)
	return w
}

// mailing returns a Feature that sends codes to the world's mail.
func mailing(w **world) twofactor.Feature {
	return twofactor.Feature{OTP: twofactor.OTP{Send: func(_ context.Context, _ kernia.User, code string) error {
		(*w).mail <- code
		return nil
	}}}
}

// withMail returns a world whose codes come by mail, switched on.
func withMail(t *testing.T) *world {
	t.Helper()
	var w *world
	w = build(t, mailing(&w))
	out, err := twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: password, Method: kernia.Some(twofactor.MethodOTP)})
	if err != nil {
		t.Fatal(err)
	}
	w.as = kernia.As(t.Context(), out.Token)
	return w
}

// rows is a store that tells how many rows there are.
type rows struct {
	*memory.Store
	models map[string]*ports.Model
	found  func(model string) // runs after each Find
}

func (r *rows) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	list, err := r.Store.Find(ctx, q, args)
	if r.found != nil {
		r.found(q.Model.Name)
	}
	return list, err
}

func (r *rows) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	for _, m := range models {
		r.models[m.Name] = m
	}
	return r.Store.Migrate(ctx, models, apply)
}

func (w *world) count(model string) int64 {
	w.Helper()
	n, err := w.store.Count(w.Context(), &ports.Query{Model: w.store.models[model], Limit: 1000}, nil)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// An app is an authenticator app.
type app struct {
	secret []byte
	clock  *memory.Clock
}

func (a app) code() string { return a.at(a.clock.Now()) }

func (a app) at(t time.Time) string {
	mac := hmac.New(sha1.New, a.secret)
	_ = binary.Write(mac, binary.BigEndian, t.Unix()/30)
	sum := mac.Sum(nil)
	i := sum[19] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[i:])&0x7fffffff)%1_000_000)
}

// scan returns the app that scanned the URI.
func (w *world) scan(uri string) app { return scan(w, uri, w.clock) }

func scan(t testing.TB, uri string, clock *memory.Clock) app {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	return app{secret, clock}
}

// enable gives the user an authenticator that works, and returns it with the backup codes.
func (w *world) enable() (app, []string) {
	w.Helper()
	out, err := twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: password})
	if err != nil {
		w.Fatal(err)
	}
	a := w.scan(out.TOTPURI)
	now, err := twofactor.VerifyTOTP(w.as, w.auth, twofactor.VerifyInput{Code: a.code()})
	if err != nil {
		w.Fatal(err)
	}
	w.as, w.token = kernia.As(w.Context(), now.Token), now.Token
	w.next()
	return a, out.BackupCodes
}

// next waits for the next code of the app.
func (w *world) next() { w.clock.Advance(30 * time.Second) }

// challenge gives the password and returns the challenge.
func (w *world) challenge() twofactor.Answer {
	w.Helper()
	out, err := emailpassword.SignIn(w.Context(), w.auth, emailpassword.SignInInput{Email: address, Password: password})
	d, ok := errors.AsType[*kernia.Diversion](err)
	if !ok || out.Token != "" {
		w.Fatalf("SignIn = %v, %v, want a Diversion", out, err)
	}
	return d.Answer.(twofactor.Answer)
}

func (w *world) totp(challenge, code string) (twofactor.VerifyOutput, error) {
	return twofactor.VerifyTOTP(w.Context(), w.auth, twofactor.VerifyInput{Code: code, Challenge: challenge})
}

// wrong returns a code that is none of the app's.
func (a app) wrong() string {
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if code != a.code() && code != a.at(a.clock.Now().Add(30*time.Second)) && code != a.at(a.clock.Now().Add(-30*time.Second)) {
			return code
		}
	}
	panic("four codes at once")
}

func (w *world) want(err, want error, what string) {
	w.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		w.Errorf("%s = %v, want %v", what, err, want)
	}
}

func TestAuthenticator(t *testing.T) {
	w := build(t, twofactor.Feature{Issuer: "Acme & Co"})
	_, err := twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: "wrong"})
	w.want(err, twofactor.ErrPassword, "Enable with a wrong password")
	_, err = twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: strings.Repeat("x", 10_000)})
	w.want(err, kernia.ErrPasswordTooLong, "Enable with a long password")
	_, err = twofactor.Enable(t.Context(), w.auth, twofactor.EnableInput{Password: password})
	w.want(err, kernia.ErrUnauthorized, "Enable of nobody")
	_, err = twofactor.TOTPURI(w.as, w.auth, password)
	w.want(err, twofactor.ErrNoTOTP, "TOTPURI without an app")
	_, err = twofactor.NewBackupCodes(w.as, w.auth, password)
	w.want(err, twofactor.ErrNotEnabled, "NewBackupCodes without an app")
	_, err = twofactor.VerifyTOTP(w.as, w.auth, twofactor.VerifyInput{Code: "000000"})
	w.want(err, twofactor.ErrNoTOTP, "VerifyTOTP without an app")

	out, err := twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: password})
	if err != nil || out.Method != twofactor.MethodTOTP || len(out.BackupCodes) != 10 || len(out.BackupCodes[0]) != 11 {
		t.Fatalf("Enable = %+v, %v", out, err)
	}
	if want := "otpauth://totp/Acme%20%26%20Co:ann%40example.com?secret="; !strings.HasPrefix(out.TOTPURI, want) ||
		!strings.HasSuffix(out.TOTPURI, "&issuer=Acme+%26+Co&digits=6&period=30") {
		t.Errorf("TOTPURI = %s", out.TOTPURI)
	}
	if _, err := emailpassword.SignIn(t.Context(), w.auth, emailpassword.SignInInput{Email: address, Password: password}); err != nil {
		t.Errorf("before the app was seen to work SignIn = %v", err)
	}
	a := w.scan(out.TOTPURI)
	_, err = twofactor.VerifyTOTP(w.as, w.auth, twofactor.VerifyInput{Code: a.wrong()})
	w.want(err, twofactor.ErrCode, "VerifyTOTP of a wrong code")
	now, err := twofactor.VerifyTOTP(w.as, w.auth, twofactor.VerifyInput{Code: a.code()})
	if err != nil || now.Token == w.token || !twofactor.Enabled.Of(&now.User) {
		t.Fatalf("VerifyTOTP = %+v, %v", now, err)
	}
	if p, err := w.auth.Verify(t.Context(), w.token); p != nil || err != nil {
		t.Errorf("the old session lives: %v, %v", p, err)
	}
	w.as = kernia.As(t.Context(), now.Token)
	_, err = twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: password})
	w.want(err, twofactor.ErrHasTOTP, "Enable again")
	if uri, err := twofactor.TOTPURI(w.as, w.auth, password); uri != out.TOTPURI || err != nil {
		t.Errorf("TOTPURI = %s, %v, want %s", uri, err, out.TOTPURI)
	}

	ask := w.challenge()
	if !slices.Equal(ask.Methods, []string{twofactor.MethodTOTP}) {
		t.Errorf("methods = %v", ask.Methods)
	}
	w.next()
	in, err := w.totp(ask.Challenge, a.code())
	if err != nil || in.User.ID != w.user.ID {
		t.Fatalf("VerifyTOTP = %+v, %v", in, err)
	}
	if p, err := w.auth.Verify(t.Context(), in.Token); p == nil || err != nil {
		t.Errorf("the new session is nobody's: %v", err)
	}
	done, err := twofactor.Disable(w.as, w.auth, password)
	if err != nil || !done.Status || w.count("twoFactor") != 0 {
		t.Fatalf("Disable = %+v, %v, with %d rows left", done, err, w.count("twoFactor"))
	}
	if _, err := emailpassword.SignIn(t.Context(), w.auth, emailpassword.SignInInput{Email: address, Password: password}); err != nil {
		t.Errorf("after Disable SignIn = %v", err)
	}
}

func TestCodesByMail(t *testing.T) {
	w := withMail(t)
	ask := w.challenge()
	if !slices.Equal(ask.Methods, []string{twofactor.MethodOTP}) {
		t.Errorf("methods = %v", ask.Methods)
	}
	verify := func(code string) (twofactor.VerifyOutput, error) {
		return twofactor.VerifyOTP(t.Context(), w.auth, twofactor.VerifyInput{Code: code, Challenge: ask.Challenge})
	}
	_, err := verify("000000")
	w.want(err, twofactor.ErrCodeExpired, "VerifyOTP before a code was sent")
	send := func() string {
		t.Helper()
		if err := twofactor.SendOTP(t.Context(), w.auth, twofactor.SendInput{Challenge: ask.Challenge}); err != nil {
			t.Fatal(err)
		}
		return <-w.mail
	}
	first, second := send(), send()
	if len(first) != 6 || strings.Trim(first, kernia.Digits) != "" {
		t.Errorf("code = %q", first)
	}
	if first != second {
		_, err = verify(first)
		w.want(err, twofactor.ErrCode, "VerifyOTP of a code that another replaced")
	}
	w.clock.Advance(3 * time.Minute)
	_, err = verify(second)
	w.want(err, twofactor.ErrCodeExpired, "VerifyOTP after three minutes")
	out, err := verify(send())
	if err != nil || out.Token == "" {
		t.Fatalf("VerifyOTP = %v, %v", out, err)
	}
	_, err = twofactor.TOTPURI(kernia.As(t.Context(), out.Token), w.auth, password)
	w.want(err, twofactor.ErrNoTOTP, "TOTPURI of a user of mailed codes")
	if _, err := w.totp(w.challenge().Challenge, "000000"); !errors.Is(err, twofactor.ErrNoTOTP) {
		t.Errorf("VerifyTOTP of a user of mailed codes = %v", err)
	}

	none := build(t, twofactor.Feature{})
	_, err = twofactor.Enable(none.as, none.auth, twofactor.EnableInput{Password: password, Method: kernia.Some(twofactor.MethodOTP)})
	none.want(err, twofactor.ErrNoSender, "Enable without a sender")
	none.want(twofactor.SendOTP(none.as, none.auth, twofactor.SendInput{}), twofactor.ErrNoSender, "SendOTP without a sender")
}

func TestBackupCodes(t *testing.T) {
	w := build(t, twofactor.Feature{})
	_, codes := w.enable()
	use := func(in twofactor.BackupCodeInput) (twofactor.VerifyOutput, error) {
		in.Challenge = w.challenge().Challenge
		return twofactor.VerifyBackupCode(t.Context(), w.auth, in)
	}
	if out, err := use(twofactor.BackupCodeInput{Code: codes[3]}); err != nil || out.Token == "" {
		t.Fatalf("VerifyBackupCode = %v, %v", out, err)
	}
	_, err := use(twofactor.BackupCodeInput{Code: codes[3]})
	w.want(err, twofactor.ErrBackupCode, "VerifyBackupCode again")
	before := w.count("session")
	if out, err := use(twofactor.BackupCodeInput{Code: codes[4], DisableSession: kernia.Some(true)}); err != nil || out.Token != "" || out.User.ID != w.user.ID {
		t.Errorf("VerifyBackupCode without a session = %v, %v", out, err)
	}
	if n := w.count("session"); n != before {
		t.Errorf("%d sessions, want %d", n, before)
	}
	if out, err := twofactor.VerifyBackupCode(w.as, w.auth, twofactor.BackupCodeInput{Code: codes[5]}); err != nil || out.Token != w.token {
		t.Errorf("VerifyBackupCode of a caller who is signed in = %v, %v", out, err)
	}
	left, err := twofactor.ViewBackupCodes(t.Context(), w.auth, w.user.ID)
	if err != nil || len(left) != 7 || slices.Contains(left, codes[3]) || !slices.Contains(left, codes[6]) {
		t.Errorf("ViewBackupCodes = %v, %v", left, err)
	}
	fresh, err := twofactor.NewBackupCodes(w.as, w.auth, password)
	if err != nil || len(fresh) != 10 {
		t.Fatalf("NewBackupCodes = %v, %v", fresh, err)
	}
	_, err = use(twofactor.BackupCodeInput{Code: codes[6]})
	w.want(err, twofactor.ErrBackupCode, "VerifyBackupCode of a replaced code")
	_, err = twofactor.ViewBackupCodes(t.Context(), w.auth, "nobody")
	w.want(err, twofactor.ErrNoBackupCode, "ViewBackupCodes of nobody")
}

func TestE03_OneCodeCountsOnce(t *testing.T) {
	w := build(t, twofactor.Feature{})
	a, _ := w.enable()
	if n := len(a.secret) * 6; n < 160 {
		t.Errorf("a secret of %d bits", n)
	}
	code := a.code()
	if _, err := w.totp(w.challenge().Challenge, code); err != nil {
		t.Fatal(err)
	}
	_, err := w.totp(w.challenge().Challenge, code)
	w.want(err, twofactor.ErrCode, "the same code again")
	w.next()
	_, err = w.totp(w.challenge().Challenge, code)
	w.want(err, twofactor.ErrCode, "the same code in the trailing step")
	var wins int
	var mu sync.Mutex
	var wg sync.WaitGroup
	code = a.code()
	for range 4 {
		ask := w.challenge().Challenge
		wg.Go(func() {
			if _, err := w.totp(ask, code); err == nil {
				mu.Lock()
				wins++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if wins > 1 {
		t.Errorf("one code began %d sessions", wins)
	}
}

func TestB07_LocksTheAccount(t *testing.T) {
	var w *world
	w = build(t, mailing(&w))
	a, codes := w.enable()
	kinds := []func(challenge string) error{
		func(challenge string) error { _, err := w.totp(challenge, a.wrong()); return err },
		func(challenge string) error {
			_, err := twofactor.VerifyBackupCode(t.Context(), w.auth, twofactor.BackupCodeInput{Code: "nope", Challenge: challenge})
			return err
		},
		func(challenge string) error {
			if err := twofactor.SendOTP(t.Context(), w.auth, twofactor.SendInput{Challenge: challenge}); err != nil {
				t.Fatal(err)
			}
			<-w.mail
			_, err := twofactor.VerifyOTP(t.Context(), w.auth, twofactor.VerifyInput{Code: "nope", Challenge: challenge})
			return err
		},
	}
	fail := func(n int) {
		t.Helper()
		for i := range n { // each in a challenge of its own: a new one forgets nothing
			if err := kinds[i%3](w.challenge().Challenge); !errors.Is(err, twofactor.ErrCode) && !errors.Is(err, twofactor.ErrBackupCode) {
				t.Fatalf("failure %d = %v", i+1, err)
			}
		}
	}
	old := w.challenge().Challenge
	for range 2 { // once it has passed, a lock is there to come again
		fail(10)
		for _, challenge := range []string{w.challenge().Challenge, old} {
			_, err := w.totp(challenge, a.code())
			w.want(err, twofactor.ErrLocked, "the right code of a locked account")
			_, err = twofactor.VerifyBackupCode(t.Context(), w.auth, twofactor.BackupCodeInput{Code: codes[0], Challenge: challenge})
			w.want(err, twofactor.ErrLocked, "a backup code of a locked account")
		}
		w.clock.Advance(15*time.Minute - time.Second)
		_, err := w.totp(w.challenge().Challenge, a.code())
		w.want(err, twofactor.ErrLocked, "a second before the lock ends")
		w.clock.Advance(time.Second)
		old = w.challenge().Challenge
	}
	fail(9)
	if _, err := w.totp(w.challenge().Challenge, a.code()); err != nil {
		t.Fatalf("after 9 failures = %v", err)
	}
	w.next()
	fail(9)
	if _, err := w.totp(w.challenge().Challenge, a.code()); err != nil {
		t.Errorf("a success forgets failures: %v", err)
	}
}

func TestB07_LocksWhoHasMailAlone(t *testing.T) {
	w := withMail(t)
	for i := range 10 {
		ask := w.challenge().Challenge
		if err := twofactor.SendOTP(t.Context(), w.auth, twofactor.SendInput{Challenge: ask}); err != nil {
			t.Fatal(err)
		}
		<-w.mail
		_, err := twofactor.VerifyOTP(t.Context(), w.auth, twofactor.VerifyInput{Code: "nope", Challenge: ask})
		w.want(err, twofactor.ErrCode, fmt.Sprint("guess ", i+1))
	}
	ask := w.challenge().Challenge
	if err := twofactor.SendOTP(t.Context(), w.auth, twofactor.SendInput{Challenge: ask}); err != nil {
		t.Fatal(err)
	}
	_, err := twofactor.VerifyOTP(t.Context(), w.auth, twofactor.VerifyInput{Code: <-w.mail, Challenge: ask})
	w.want(err, twofactor.ErrLocked, "the right code")
}

func TestB07_GuessesAtOnce(t *testing.T) {
	w := build(t, twofactor.Feature{})
	a, _ := w.enable()
	asks := make([]string, 24)
	for i := range asks {
		asks[i] = w.challenge().Challenge
	}
	var judged int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, ask := range asks {
		wg.Go(func() {
			if _, err := w.totp(ask, a.wrong()); errors.Is(err, twofactor.ErrCode) {
				mu.Lock()
				judged++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if judged > 10 {
		t.Errorf("%d guesses were judged, want 10", judged)
	}
}

func TestB07_TriesOfAChallenge(t *testing.T) {
	w := build(t, twofactor.Feature{Lock: twofactor.Lock{Disabled: true}})
	a, _ := w.enable()
	b := kerniatest.NewBrowser(t, w.auth)
	b.Post("/sign-in/email", `{"email":"`+address+`","password":"`+password+`"}`)
	for range 5 {
		if got := b.Post("/two-factor/verify-totp", `{"code":"`+a.wrong()+`"}`); got.Status != 401 || got.Code() != "INVALID_CODE" {
			t.Fatalf("wrong code = %d %s", got.Status, got.Body)
		}
	}
	kept := b.Cookies()["better-auth.two_factor"]
	if got := b.Post("/two-factor/verify-totp", `{"code":"`+a.code()+`"}`); got.Status != 400 || got.Code() != "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE" {
		t.Errorf("the right code after five wrong ones = %d %s", got.Status, got.Body)
	}
	if b.Cookie() != "" {
		t.Errorf("cookies = %s, want none", b.Cookie())
	}
	b.Cookies()["better-auth.two_factor"] = kept
	if got := b.Post("/two-factor/verify-totp", `{"code":"`+a.code()+`"}`); got.Code() != "INVALID_TWO_FACTOR_COOKIE" {
		t.Errorf("the old cookie = %d %s", got.Status, got.Body)
	}
}

// byName is another feature that signs in by a password.
type byName struct{}

type byNameInput struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func (byName) Declare(d *kernia.Declaration) {
	d.Name("byname")
	kernia.Post(d, "/sign-in/username", func(ctx context.Context, c *kernia.Call, in byNameInput) (kernia.SignInOutput, error) {
		return c.SignInByPassword(ctx, kernia.PasswordAttempt{
			Method: "username", Name: in.Username, Password: in.Password, Wrong: kernia.ErrUnauthorized,
			Find: func(ctx context.Context, name string) (*kernia.Credential, error) {
				return c.Auth().Accounts.FindCredential(ctx, name+"@example.com")
			},
		})
	}, kernia.SignsIn())
	kernia.Get(d, "/link", func(ctx context.Context, c *kernia.Call, in linkInput) (kernia.Status, error) {
		u, err := c.Auth().Users.FindByEmail(ctx, in.Email)
		if err != nil || u == nil {
			return kernia.Status{}, errors.Join(err, kernia.ErrUnauthorized)
		}
		c.Redirect("/home")
		_, err = c.SignIn(ctx, kernia.Attempt{User: *u, Method: "link"})
		return kernia.Status{Status: true}, err
	})
}

type linkInput struct {
	Email string `json:"email" in:"query"`
}

// TestD01_NothingBeforeTheSecondFactor: after the password there is no session, whatever the way in.
func TestD01_NothingBeforeTheSecondFactor(t *testing.T) {
	for path, body := range map[string]string{
		"/sign-in/email":    `{"email":"` + address + `","password":"` + password + `"}`,
		"/sign-in/username": `{"username":"ann","password":"` + password + `"}`,
	} {
		w := build(t, twofactor.Feature{}, byName{})
		a, _ := w.enable()
		if err := w.auth.Sessions.RevokeAll(t.Context(), w.user.ID); err != nil {
			t.Fatal(err)
		}
		b := kerniatest.NewBrowser(t, w.auth)
		got := b.Post(path, body)
		if got.Status != 200 || got.Body != `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}` {
			t.Errorf("%s = %d %s", path, got.Status, got.Body)
		}
		if n := w.count("session"); n != 0 {
			t.Errorf("%s began %d sessions", path, n)
		}
		if got.Value("set-auth-token") != "" || len(b.Cookies()) != 1 || b.Cookies()["better-auth.two_factor"] == "" {
			t.Errorf("%s: cookies %v, header %q", path, b.Cookies(), got.Value("set-auth-token"))
		}
		if b.SignedIn() {
			t.Errorf("%s signs in", path)
		}
		if got := b.Post("/two-factor/verify-totp", `{"code":"`+a.code()+`"}`); got.Status != 200 || got.Value("set-auth-token") == "" || !b.SignedIn() {
			t.Errorf("the code = %d %s", got.Status, got.Body)
		}
		if b.Cookies()["better-auth.two_factor"] != "" {
			t.Error("the challenge's cookie is still there")
		}
	}
}

// TestD01_EveryWayIn: with a page for it a link asks for the second factor as well.
func TestD01_EveryWayIn(t *testing.T) {
	for page, want := range map[string]string{"": "/home", "/second-factor": "/second-factor"} {
		w := build(t, twofactor.Feature{Page: page}, byName{})
		a, _ := w.enable()
		b := kerniatest.NewBrowser(t, w.auth)
		got := b.Get("/link?email=" + address)
		if got.Status != 302 || got.Value("location") != want || b.SignedIn() != (page == "") {
			t.Errorf("page %q: %d to %q, signed in: %v", page, got.Status, got.Value("location"), b.SignedIn())
		}
		if page == "" {
			continue
		}
		if got := b.Post("/two-factor/verify-totp", `{"code":"`+a.code()+`"}`); got.Status != 200 || !b.SignedIn() {
			t.Errorf("the code = %d %s", got.Status, got.Body)
		}
	}
}

func TestD17_TrustedBrowser(t *testing.T) {
	const cookie = "better-auth.trust_device"
	w := build(t, twofactor.Feature{}, byName{})
	a, _ := w.enable()
	enter := func(b *kerniatest.Browser, email, secret string) bool { // reports whether a second factor was asked for
		t.Helper()
		got := b.Post("/sign-in/email", `{"email":"`+email+`","password":"`+secret+`"}`)
		if got.Status != 200 {
			t.Fatalf("sign-in = %d %s", got.Status, got.Body)
		}
		return got.JSON["twoFactorRedirect"] == true
	}
	trusted := func(secret string) *kerniatest.Browser {
		t.Helper()
		b := kerniatest.NewBrowser(t, w.auth)
		enter(b, address, secret)
		w.next()
		if got := b.Post("/two-factor/verify-totp", `{"code":"`+a.code()+`","trustDevice":true}`); got.Status != 200 {
			t.Fatalf("verify = %d %s", got.Status, got.Body)
		}
		return b
	}
	b := trusted(password)
	first := b.Cookies()[cookie]
	if enter(b, address, password) {
		t.Error("a trusted browser is asked again")
	}
	if b.Cookies()[cookie] == first {
		t.Error("the cookie is not rotated")
	}
	thief := kerniatest.NewBrowser(t, w.auth)
	thief.Cookies()[cookie] = first
	if !enter(thief, address, password) {
		t.Error("a cookie counts twice")
	}
	other, err := emailpassword.SignUp(t.Context(), w.auth, emailpassword.SignUpInput{Name: "Bob", Email: "bob@example.com", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	as := kernia.As(t.Context(), *other.Token)
	out, err := twofactor.Enable(as, w.auth, twofactor.EnableInput{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := twofactor.VerifyTOTP(as, w.auth, twofactor.VerifyInput{Code: w.scan(out.TOTPURI).code()}); err != nil {
		t.Fatal(err)
	}
	if !enter(b, "bob@example.com", password) {
		t.Error("a browser is trusted by another user")
	}
	if enter(b, address, password) {
		t.Error("another user's sign-in made the browser a stranger")
	}

	w.clock.Advance(time.Minute)
	changed, err := emailpassword.ChangePassword(w.as, w.auth, emailpassword.ChangePasswordInput{CurrentPassword: password, NewPassword: "battery staple"})
	if err != nil {
		t.Fatal(changed, err)
	}
	if !enter(b, address, "battery staple") {
		t.Error("trust outlives the password")
	}
	b = trusted("battery staple")
	if _, err := twofactor.Disable(w.as, w.auth, "battery staple"); err != nil {
		t.Fatal(err)
	}
	if enter(b, address, "battery staple") {
		t.Fatal("a second factor is asked for that was disabled")
	}
	in, err := emailpassword.SignIn(t.Context(), w.auth, emailpassword.SignInInput{Email: address, Password: "battery staple"})
	if err != nil {
		t.Fatal(err)
	}
	as = kernia.As(t.Context(), in.Token)
	if out, err = twofactor.Enable(as, w.auth, twofactor.EnableInput{Password: "battery staple"}); err != nil {
		t.Fatal(err)
	}
	a = w.scan(out.TOTPURI)
	if _, err := twofactor.VerifyTOTP(as, w.auth, twofactor.VerifyInput{Code: a.code()}); err != nil {
		t.Fatal(err)
	}
	if !enter(b, address, "battery staple") {
		t.Error("trust outlives the second factor that it was given for")
	}
	b = trusted("battery staple")
	w.clock.Advance(30 * 24 * time.Hour)
	if !enter(b, address, "battery staple") {
		t.Error("trust never ends")
	}
}

func TestD18_ChallengesEnd(t *testing.T) {
	w := build(t, twofactor.Feature{})
	a, codes := w.enable()
	late := w.challenge().Challenge
	w.clock.Advance(10 * time.Minute)
	_, err := w.totp(late, a.code())
	w.want(err, twofactor.ErrChallenge, "after ten minutes")

	ask, before := w.challenge().Challenge, w.count("session")
	var wg sync.WaitGroup
	for _, code := range append(codes, a.code()) {
		wg.Go(func() {
			if strings.Contains(code, "-") {
				_, _ = twofactor.VerifyBackupCode(t.Context(), w.auth, twofactor.BackupCodeInput{Code: code, Challenge: ask})
				return
			}
			_, _ = w.totp(ask, code)
		})
	}
	wg.Wait()
	if n := w.count("session") - before; n != 1 {
		t.Errorf("one challenge began %d sessions", n)
	}
	_, err = w.totp(ask, a.at(w.clock.Now().Add(30*time.Second)))
	w.want(err, twofactor.ErrChallenge, "a challenge that was met")

	ask = w.challenge().Challenge
	if _, err := twofactor.Disable(w.as, w.auth, password); err != nil {
		t.Fatal(err)
	}
	w.next()
	_, err = w.totp(ask, a.code())
	w.want(err, twofactor.ErrChallenge, "once the second factor is disabled")
	for _, challenge := range []string{"", "x", strings.Repeat("x", 32), strings.Repeat("x", 5000)} {
		_, err = w.totp(challenge, "000000")
		w.want(err, twofactor.ErrChallenge, "an unknown challenge")
	}
}

// TestE11_OneBackupCodeCountsOnce: of two who both have read the codes that are left one wins.
func TestE11_OneBackupCodeCountsOnce(t *testing.T) {
	w := build(t, twofactor.Feature{Lock: twofactor.Lock{Disabled: true}})
	_, codes := w.enable()
	asks := []string{w.challenge().Challenge, w.challenge().Challenge}
	var reads atomic.Int32
	both := make(chan struct{})
	w.store.found = func(model string) {
		if model != "twoFactor" {
			return
		}
		if reads.Add(1) == 2 {
			close(both)
		}
		<-both
	}
	var wins atomic.Int32
	var wg sync.WaitGroup
	for _, ask := range asks {
		wg.Go(func() {
			_, err := twofactor.VerifyBackupCode(t.Context(), w.auth, twofactor.BackupCodeInput{Code: codes[0], Challenge: ask})
			if err == nil {
				wins.Add(1)
			} else if !errors.Is(err, twofactor.ErrBackupCode) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := wins.Load(); n != 1 {
		t.Errorf("one backup code began %d sessions", n)
	}
}

func TestClientsCannotSwitchItOff(t *testing.T) {
	w := build(t, twofactor.Feature{})
	b := kerniatest.NewBrowser(t, w.auth)
	got := b.Post("/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"`+password+`","twoFactorEnabled":true}`)
	if user, _ := got.JSON["user"].(map[string]any); user["twoFactorEnabled"] != false {
		t.Errorf("sign-up = %d %s", got.Status, got.Body)
	}
	if got := b.Post("/update-user", `{"twoFactorEnabled":true}`); got.Status != 400 {
		t.Errorf("update-user = %d %s", got.Status, got.Body)
	}
	if got := b.Post("/two-factor/view-backup-codes", `{"userId":"`+w.user.ID+`"}`); got.Status != 404 {
		t.Errorf("view-backup-codes = %d", got.Status)
	}
}

func TestSettings(t *testing.T) {
	send := func(context.Context, kernia.User, string) error { return nil }
	for _, f := range []twofactor.Feature{
		{TOTP: twofactor.TOTP{Digits: 5}},
		{TOTP: twofactor.TOTP{Period: 90*time.Second + time.Millisecond}},
		{TOTP: twofactor.TOTP{Disabled: true}},
		{OTP: twofactor.OTP{Send: send, Digits: 3}},
		{Backup: twofactor.Backup{Amount: -1}},
		{Backup: twofactor.Backup{Length: 4}},
		{Lock: twofactor.Lock{Failures: -1}},
		{Challenge: -1},
		{Trust: 1000 * 24 * time.Hour},
	} {
		cfg := kernia.Config{BaseURL: kerniatest.BaseURL, Secret: kerniatest.Secret, Store: memory.New()}
		if _, err := kernia.New(cfg, f); err == nil || !strings.Contains(err.Error(), "twofactor") {
			t.Errorf("New with %+v = %v", f, err)
		}
	}
	w := build(t, twofactor.Feature{TOTP: twofactor.TOTP{Disabled: true}, OTP: twofactor.OTP{Send: send}})
	_, err := twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: password})
	w.want(err, twofactor.ErrTOTPOff, "Enable of an app where there are none")
	w = build(t, twofactor.Feature{SkipVerify: true})
	out, err := twofactor.Enable(w.as, w.auth, twofactor.EnableInput{Password: password})
	if err != nil || out.Token == "" || len(w.challenge().Methods) != 1 {
		t.Errorf("Enable that counts at once = %+v, %v", out, err)
	}
}
