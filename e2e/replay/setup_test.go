package replay_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/kernia-go/kernia/cmd/kernia/config"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/twofactor"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A setup is what a recording does not hold: the options of its server, and steps between its requests.
type setup struct {
	options string // in Better Auth's names; "": the core profile
	// what the options cannot say of a feature: functions
	feature func(w *world, f kernia.Feature) kernia.Feature
	config  func(cfg *kernia.Config)
	before  map[string]func(w *world)
}

// coreProfile are the options of the server that most recordings are from.
const coreProfile = `{"baseURL": "http://127.0.0.1:4101", "emailAndPassword": {"enabled": true},
	"user": {"changeEmail": {"enabled": true, "sendChangeEmailConfirmation": true}, "deleteUser": {"enabled": true}}}`

var setups = map[string]setup{
	"01-routing-errors.json": {},
	"02-sign-up.json":        {},
	"03-sign-in.json":        {},
	"04-session.json": {before: map[string]func(w *world){
		"get-session disableRefresh past updateAge: no refresh": func(w *world) { w.age(36 * time.Hour) },
		"get-session expired": func(w *world) { w.age(8 * 24 * time.Hour) },
	}},
	"05-csrf-origin.json": {},
	"06-user-password-email.json": {before: map[string]func(w *world){
		"update-user emailVerified is silently ignored / rejected": at("2026-11-22T09:10:44.721Z"), // as answers after it say
		"verify-email ok, redirect":                                at("2026-11-22T09:10:46.663Z"),
		"request again":                                            func(w *world) { w.nextMail(ports.MailReset, "carol@example.com") }, // of forget-password
	}},
	"07-delete-user.json": {before: map[string]func(w *world){
		"delete-user stale session without password": func(w *world) { w.age(25*time.Hour, "createdAt") },
	}},
	"10-rate-limit.json": {
		options: `{"baseURL": "http://127.0.0.1:4110", "emailAndPassword": {"enabled": true}, "rateLimit": {"enabled": true}}`,
		before:  map[string]func(w *world){"get-session attempt 100": func(w *world) { w.repeat(98) }},
	},
	"10b-rate-limit-database.json": {options: `{"baseURL": "http://127.0.0.1:4111", "emailAndPassword": {"enabled": true},
		"rateLimit": {"enabled": true, "storage": "database", "customRules": {"/get-session": {"window": 60, "max": 1}}}}`},
	"11-cookie-cache-compact.json": {options: `{"baseURL": "http://127.0.0.1:4112", "emailAndPassword": {"enabled": true}, "session": {"cookieCache": {"enabled": true}}}`, before: cacheSteps},
	"11-cookie-cache-jwt.json":     {options: `{"baseURL": "http://127.0.0.1:4113", "emailAndPassword": {"enabled": true}, "session": {"cookieCache": {"enabled": true, "strategy": "jwt"}}}`, before: cacheSteps},
	"11-cookie-cache-jwe.json":     {options: `{"baseURL": "http://127.0.0.1:4114", "emailAndPassword": {"enabled": true}, "session": {"cookieCache": {"enabled": true, "strategy": "jwe"}}}`, before: cacheSteps},
	"11-cookie-cache-chunked.json": {options: `{"baseURL": "http://127.0.0.1:4115", "emailAndPassword": {"enabled": true}, "session": {"cookieCache": {"enabled": true}}}`},
	"12-secure-cookies.json":       {options: `{"baseURL": "https://auth.example.com", "emailAndPassword": {"enabled": true}}`},
	"12b-custom-cookies.json": {options: `{"baseURL": "http://127.0.0.1:4117", "emailAndPassword": {"enabled": true}, "advanced": {
		"cookiePrefix": "acme", "crossSubDomainCookies": {"enabled": true, "domain": ".example.com"},
		"defaultCookieAttributes": {"sameSite": "none", "partitioned": true}}}`},
	"12c-useSecureCookies.json": {options: `{"baseURL": "http://127.0.0.1:4118", "emailAndPassword": {"enabled": true},
		"advanced": {"useSecureCookies": true}}`},
	"13-require-email-verification.json": {options: `{"baseURL": "http://127.0.0.1:4119",
		"emailAndPassword": {"enabled": true, "requireEmailVerification": true},
		"emailVerification": {"sendOnSignUp": true, "sendOnSignIn": true, "autoSignInAfterVerification": true}}`},
	"13b-autoSignIn-false.json": {options: `{"baseURL": "http://127.0.0.1:4120", "emailAndPassword": {"enabled": true, "autoSignIn": false}}`},
	"13c-disabled-features.json": {options: `{"baseURL": "http://127.0.0.1:4121", "emailAndPassword": {"enabled": false},
		"disabledPaths": ["/list-accounts"]}`, config: func(cfg *kernia.Config) { cfg.Mailer = nil }},
	"13d-disableSignUp.json": {options: `{"baseURL": "http://127.0.0.1:4122", "emailAndPassword": {"enabled": true, "disableSignUp": true}}`},
	"14-delete-user-verification.json": {options: `{"baseURL": "http://127.0.0.1:4123", "emailAndPassword": {"enabled": true},
		"user": {"deleteUser": {"enabled": true, "sendDeleteAccountVerification": true}}}`, before: map[string]func(w *world){
		"delete-user with token in body": func(w *world) {
			w.tokens["frue1ktfpk8qwvedjp5v41wqqyt4jf9t"] = w.nextMail(ports.MailDelete, "bob@example.com").Token
		},
	}},
	"14b-delete-user-disabled.json": {options: `{"baseURL": "http://127.0.0.1:4124", "emailAndPassword": {"enabled": true}}`},
	"15-deferSessionRefresh.json": {
		options: `{"baseURL": "http://127.0.0.1:4125", "emailAndPassword": {"enabled": true}, "session": {"deferSessionRefresh": true}}`,
		before: map[string]func(w *world){
			"GET get-session past updateAge: needsRefresh true, no write": func(w *world) { w.age(48*time.Hour, "expiresAt") },
		},
	},
	"16-additional-fields.json": {options: `{"baseURL": "http://127.0.0.1:4126", "emailAndPassword": {"enabled": true},
		"user": {"additionalFields": {
			"plan": {"type": "string", "required": false, "defaultValue": "free"},
			"level": {"type": "number", "required": false, "input": false},
			"nick": {"type": "string", "required": true},
			"secretNote": {"type": "string", "required": false, "returned": false}}},
		"session": {"additionalFields": {"theme": {"type": "string", "required": false}}}}`},
	"17-ids-uuid.json": {options: `{"baseURL": "http://127.0.0.1:4127", "emailAndPassword": {"enabled": true},
		"advanced": {"database": {"generateId": "uuid"}}}`},
	"17b-ids-serial.json": {options: `{"baseURL": "http://127.0.0.1:4128", "emailAndPassword": {"enabled": true},
		"advanced": {"database": {"generateId": "serial"}}}`},
	"18-verification-hashed.json": {options: `{"baseURL": "http://127.0.0.1:4129", "emailAndPassword": {"enabled": true}}`},
	"19-errorURL.json": {options: `{"baseURL": "http://127.0.0.1:4130", "emailAndPassword": {"enabled": true},
		"onAPIError": {"errorURL": "http://app.example.com/err?x=1"}}`},
	"19b-server-error.json": {
		options: `{"baseURL": "http://127.0.0.1:4131", "emailAndPassword": {"enabled": true}}`,
		config: func(cfg *kernia.Config) {
			cfg.Hooks.User.BeforeCreate = func(context.Context, *kernia.User) error { return errors.New("no") }
		},
	},
	"20-custom-basePath.json": {options: `{"baseURL": "http://127.0.0.1:4132/auth", "emailAndPassword": {"enabled": true}}`},
	"20b-no-baseURL.json":     {options: `{"development": true, "emailAndPassword": {"enabled": true}}`},
	"40-plugin-bearer.json":   {options: `{"baseURL": "http://127.0.0.1:4200", "emailAndPassword": {"enabled": true}, "plugins": {"bearer": {}}}`},
	"40-plugin-email-otp.json": {
		options: `{"baseURL": "http://127.0.0.1:4203", "emailAndPassword": {"enabled": true, "revokeSessionsOnPasswordReset": false},
			"plugins": {"emailOTP": {"changeEmail": {"enabled": true}}}}`,
		before: codeSteps,
	},
	"40-plugin-magic-link.json": {
		options: `{"baseURL": "http://127.0.0.1:4202", "emailAndPassword": {"enabled": true}, "plugins": {"magicLink": {}}}`,
		before: map[string]func(w *world){
			"send (new user)": at("2026-11-22T09:17:56.444Z"), // of the row
			"verify absolute callback": func(w *world) { // this mail was not recorded
				w.tokens["QQrgmTVOknwXcGHvVBBHaUpMfocbwRsJ"] = w.nextMail(ports.MailLink, "new@example.com").Token
			},
		},
	},
	"40-plugin-two-factor.json": {
		options: `{"baseURL": "http://127.0.0.1:4204", "emailAndPassword": {"enabled": true}, "plugins": {"twoFactor": {"issuer": "RefApp"}}}`,
		feature: mailCodes,
		before: map[string]func(w *world){
			"verify-totp ok (enables)":   func(w *world) { w.code("765093", 0) },
			"challenge ok + trustDevice": func(w *world) { w.code("765093", 30*time.Second) }, // the next one: each counts once
			"verify-otp ok":              func(w *world) { <-w.codes; w.tokens["973706"] = <-w.codes },
		},
	},
	"40-plugin-username.json": {options: `{"baseURL": "http://127.0.0.1:4201", "emailAndPassword": {"enabled": true}, "plugins": {"username": {}}}`},
}

// codeSteps are about codes whose mails were not recorded, and their time.
var codeSteps = map[string]func(w *world){
	"send sign-in otp (unknown user)": at("2026-11-22T09:17:56.510Z"), // of the row
	"check ok":                        mailed("244271", "email-verification", "alice@example.com"),
	"expired: sign-in": func(w *world) {
		w.nextMail(ports.MailCode, "alice@example.com") // of "too many: send"
		mailed("171278", "sign-in", "alice@example.com")(w)
		w.clock.Advance(5 * time.Minute)
	},
	"request-password-reset": at("2026-11-22T09:17:56.700Z"),
	"reset-password ok":      mailed("720086", "forget-password", "alice@example.com"),
	"change-email ok":        mailed("777987", "change-email", "alice2@example.com"),
}

// mailed puts the next code that was mailed to the address in the place of a recorded one.
func mailed(recorded, purpose, to string) func(w *world) {
	return func(w *world) {
		w.t.Helper()
		m := w.nextMail(ports.MailCode, to)
		if m.Purpose != purpose {
			w.t.Errorf("the code to %s is for %q, want %q", to, m.Purpose, purpose)
		}
		w.tokens[recorded] = m.Code
	}
}

// cacheSteps delete the row of the session, as the recorder did.
var cacheSteps = map[string]func(w *world){
	"get-session after DB row deleted: still served from cache": func(w *world) {
		if _, err := w.auth.Sessions.Revoke(w.t.Context(), w.last); err != nil {
			w.t.Fatal(err)
		}
	},
}

// at moves the clock on to a time that no answer of the exchange says.
func at(text string) func(w *world) {
	return func(w *world) { w.clock.Set(parse(w.t, text)) }
}

// configured returns what the options say to the core.
func configured(t *testing.T, options string) (kernia.Config, []kernia.Feature) {
	t.Helper()
	if options == "" {
		options = coreProfile
	}
	s, err := config.Decode([]byte(options), nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg, features, err := s.Core()
	if err != nil {
		t.Fatal(err)
	}
	return cfg, features
}

// mailCodes lets a second factor send codes to the world.
func mailCodes(w *world, f kernia.Feature) kernia.Feature {
	two, ok := f.(twofactor.Feature)
	if !ok {
		return f
	}
	two.OTP.Send = func(_ context.Context, _ kernia.User, code string) error {
		w.codes <- code
		return nil
	}
	return two
}

// code puts a code of the authenticator that was scanned in the place of a recorded one.
func (w *world) code(recorded string, later time.Duration) {
	w.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(w.tokens["JF4VQ2DKHBHVA3RXJF3W2UCYMRRVMQKQOFTGSNRUONVGIWRQL5TA"])
	if err != nil || len(key) == 0 {
		w.t.Fatalf("no authenticator: %v", err)
	}
	mac := hmac.New(sha1.New, key) //nolint:gosec // RFC 6238
	_ = binary.Write(mac, binary.BigEndian, w.clock.Now().Add(later).Unix()/30)
	sum := mac.Sum(nil)
	w.tokens[recorded] = fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff)%1_000_000)
}

// age moves times of the session of the last sign-in into the past: all of them, or the fields.
func (w *world) age(by time.Duration, fields ...string) {
	w.t.Helper()
	p, err := w.auth.Verify(w.t.Context(), w.last)
	if err != nil || p == nil {
		w.t.Fatalf("age: no session: %v", err)
	}
	if fields == nil {
		fields = []string{"createdAt", "updatedAt", "expiresAt"}
	}
	times := map[string]time.Time{"createdAt": p.Session.CreatedAt, "updatedAt": p.Session.UpdatedAt, "expiresAt": p.Session.ExpiresAt}
	m, args := &ports.Update{Model: w.store.session, Key: ports.Key{"id"}}, []ports.Value{ports.String(p.Session.ID)}
	for _, f := range fields {
		m.Set, args = append(m.Set, ports.Change{Field: f}), append(args, ports.Time(times[f].Add(-by)))
	}
	_, found, err := w.store.Update(w.t.Context(), m, args)
	if err != nil || !found {
		w.t.Fatalf("age: %v, %v", found, err)
	}
}

// A knowing store remembers the model of sessions, for steps that no client can take.
type knowing struct {
	*memory.Store
	session *ports.Model
}

func (k *knowing) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if m.Name == "session" {
		k.session = m
	}
	return k.Store.Create(ctx, m, r)
}

// repeat sends a get-session n times, as the recorder did between two that it kept.
func (w *world) repeat(n int) {
	w.t.Helper()
	for range n {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+"/api/auth/get-session", nil)
		if err != nil {
			w.t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "198.51.100.1")
		w.do(req)
	}
}
