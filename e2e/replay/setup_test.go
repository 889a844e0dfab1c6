package replay_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/base32"
	"encoding/binary"
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
	before  map[string]func(w *world)
}

// coreProfile are the options of the server that most recordings are from.
const coreProfile = `{"baseURL": "http://127.0.0.1:4101", "emailAndPassword": {"enabled": true}}`

var setups = map[string]setup{
	"01-routing-errors.json": {},
	"02-sign-up.json":        {},
	"03-sign-in.json":        {},
	"04-session.json": {before: map[string]func(w *world){
		"get-session disableRefresh past updateAge: no refresh": func(w *world) { w.age(36 * time.Hour) },
		"get-session expired": func(w *world) { w.age(8 * 24 * time.Hour) },
	}},
	"05-csrf-origin.json": {},
	"10-rate-limit.json": {
		options: `{"baseURL": "http://127.0.0.1:4110", "emailAndPassword": {"enabled": true}, "rateLimit": {"enabled": true}}`,
		before:  map[string]func(w *world){"get-session attempt 100": func(w *world) { w.repeat(98) }},
	},
	"10b-rate-limit-database.json": {options: `{"baseURL": "http://127.0.0.1:4111", "emailAndPassword": {"enabled": true},
		"rateLimit": {"enabled": true, "storage": "database", "customRules": {"/get-session": {"window": 60, "max": 1}}}}`},
	"12-secure-cookies.json": {options: `{"baseURL": "https://auth.example.com", "emailAndPassword": {"enabled": true}}`},
	"12b-custom-cookies.json": {options: `{"baseURL": "http://127.0.0.1:4117", "emailAndPassword": {"enabled": true}, "advanced": {
		"cookiePrefix": "acme", "crossSubDomainCookies": {"enabled": true, "domain": ".example.com"},
		"defaultCookieAttributes": {"sameSite": "none", "partitioned": true}}}`},
	"12c-useSecureCookies.json": {options: `{"baseURL": "http://127.0.0.1:4118", "emailAndPassword": {"enabled": true},
		"advanced": {"useSecureCookies": true}}`},
	"13b-autoSignIn-false.json": {options: `{"baseURL": "http://127.0.0.1:4120", "emailAndPassword": {"enabled": true, "autoSignIn": false}}`},
	"13c-disabled-features.json": {options: `{"baseURL": "http://127.0.0.1:4121", "emailAndPassword": {"enabled": false},
		"disabledPaths": ["/list-accounts"]}`},
	"13d-disableSignUp.json": {options: `{"baseURL": "http://127.0.0.1:4122", "emailAndPassword": {"enabled": true, "disableSignUp": true}}`},
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
	"20-custom-basePath.json": {options: `{"baseURL": "http://127.0.0.1:4132/auth", "emailAndPassword": {"enabled": true}}`},
	"20b-no-baseURL.json":     {options: `{"development": true, "emailAndPassword": {"enabled": true}}`},
	"40-plugin-bearer.json":   {options: `{"baseURL": "http://127.0.0.1:4200", "emailAndPassword": {"enabled": true}, "plugins": {"bearer": {}}}`},
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

// age moves the session of the last sign-in into the past, row and all.
func (w *world) age(by time.Duration) {
	w.t.Helper()
	p, err := w.auth.Verify(w.t.Context(), w.last)
	if err != nil || p == nil {
		w.t.Fatalf("age: no session: %v", err)
	}
	m := &ports.Update{Model: w.store.session, Key: ports.Key{"id"}, Set: []ports.Change{{Field: "createdAt"}, {Field: "updatedAt"}, {Field: "expiresAt"}}}
	_, found, err := w.store.Update(w.t.Context(), m, []ports.Value{
		ports.String(p.Session.ID), ports.Time(p.Session.CreatedAt.Add(-by)), ports.Time(p.Session.UpdatedAt.Add(-by)), ports.Time(p.Session.ExpiresAt.Add(-by)),
	})
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
