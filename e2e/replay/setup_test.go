package replay_test

import (
	"context"
	"net/http"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A setup is what a recording does not hold: the settings of its server, and steps between its requests.
type setup struct {
	config   func() kernia.Config // nil: the core profile
	features []kernia.Feature
	before   map[string]func(w *world)
}

var defaultFeatures = []kernia.Feature{emailpassword.Feature{}}

func at(base string) func() kernia.Config {
	return func() kernia.Config { return kernia.Config{BaseURL: base} }
}

var yes = true

var setups = map[string]setup{
	"01-routing-errors.json": {},
	"02-sign-up.json":        {},
	"03-sign-in.json":        {},
	"04-session.json": {before: map[string]func(w *world){
		"get-session disableRefresh past updateAge: no refresh": func(w *world) { w.age(36 * time.Hour) },
		"get-session expired": func(w *world) { w.age(8 * 24 * time.Hour) },
	}},
	"05-csrf-origin.json": {},
	"10-rate-limit.json": {config: func() kernia.Config {
		return kernia.Config{BaseURL: "http://127.0.0.1:4110", RateLimit: kernia.RateLimitConfig{Enabled: true}}
	}, before: map[string]func(w *world){"get-session attempt 100": func(w *world) { w.repeat(98) }}},
	"10b-rate-limit-database.json": {config: func() kernia.Config {
		return kernia.Config{BaseURL: "http://127.0.0.1:4111", RateLimit: kernia.RateLimitConfig{
			Enabled: true, InStore: true, Rules: []kernia.RateRule{{Path: "/get-session", Window: time.Minute, Max: 1}},
		}}
	}},
	"12-secure-cookies.json": {config: at("https://auth.example.com")},
	"12b-custom-cookies.json": {config: func() kernia.Config {
		return kernia.Config{BaseURL: "http://127.0.0.1:4117", Cookies: kernia.CookieConfig{
			Prefix: "acme", Domain: ".example.com", SameSite: "None", Partitioned: true,
		}}
	}},
	"12c-useSecureCookies.json": {config: func() kernia.Config {
		return kernia.Config{BaseURL: "http://127.0.0.1:4118", Cookies: kernia.CookieConfig{Secure: &yes}}
	}},
	"13b-autoSignIn-false.json": {config: at("http://127.0.0.1:4120"), features: []kernia.Feature{emailpassword.Feature{NoSignInOnJoin: true}}},
	"13c-disabled-features.json": {config: func() kernia.Config {
		return kernia.Config{BaseURL: "http://127.0.0.1:4121", DisabledPaths: []string{"/list-accounts"}}
	}, features: []kernia.Feature{emailpassword.Feature{Disabled: true}}},
	"13d-disableSignUp.json":    {config: at("http://127.0.0.1:4122"), features: []kernia.Feature{emailpassword.Feature{DisableSignUp: true}}},
	"16-additional-fields.json": {config: additional},
	"17-ids-uuid.json":          {config: func() kernia.Config { return kernia.Config{BaseURL: "http://127.0.0.1:4127", IDs: ports.IDUUID} }},
	"17b-ids-serial.json":       {config: func() kernia.Config { return kernia.Config{BaseURL: "http://127.0.0.1:4128", IDs: ports.IDSerial} }},
	"20-custom-basePath.json":   {config: at("http://127.0.0.1:4132/auth")},
	"20b-no-baseURL.json":       {config: func() kernia.Config { return kernia.Config{Development: true} }},
	"40-plugin-bearer.json":     {config: at("http://127.0.0.1:4200"), features: []kernia.Feature{emailpassword.Feature{}, bearer.Feature{}}},
}

func additional() kernia.Config {
	return kernia.Config{
		BaseURL: "http://127.0.0.1:4126",
		UserFields: []kernia.Extra{
			kernia.Field[string]{Name: "plan", Default: kernia.Some("free"), Input: true},
			kernia.Field[int64]{Name: "level"},
			kernia.Field[string]{Name: "nick", Input: true, Required: true},
			kernia.Field[string]{Name: "secretNote", Input: true, Hidden: true},
		},
		SessionFields: []kernia.Extra{kernia.Field[string]{Name: "theme", Input: true}},
	}
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
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.t.Fatal(err)
		}
		res.Body.Close()
	}
}
